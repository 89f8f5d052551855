//! Buffers for what is secret before it is in its box: wiped when they are dropped, errors included, and never grown,
//! since growing leaves a copy behind that nobody wipes.

use secrecy::{SecretString, zeroize::Zeroizing};

/// Puts a text into its box. A box has no room to spare, so a text that has some is copied, and then wiped.
pub(crate) fn boxed(text: String) -> SecretString {
    if text.len() == text.capacity() {
        SecretString::from(text)
    } else {
        SecretString::from(Zeroizing::new(text).as_str())
    }
}

/// Bytes as text. What is not UTF-8 becomes U+FFFD.
pub(crate) fn text_of(bytes: &[u8]) -> Zeroizing<String> {
    // Each byte may become a character of three.
    let mut text = with_room_for(bytes.len().saturating_mul(3));
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}

/// An empty text that takes this many bytes without growing.
pub(crate) fn with_room_for(bytes: usize) -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(bytes))
}

#[cfg(test)]
mod tests;
