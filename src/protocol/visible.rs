//! Text from outside without what nobody sees: characters that change the direction of what stands beside them, that
//! have no width, or that control a terminal. With them one text looks like another.

/// How many characters of somebody else's text a line of a log has room for.
pub(crate) const LOG_CHARS: usize = 300;

/// The characters that can be seen. What ends a line, or controls, becomes a space.
pub(crate) fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !is_invisible(*c)).map(|c| {
        let separates = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if separates { ' ' } else { c }
    })
}

/// Text from outside as it may be in a log: what can be seen of its first 300 characters.
pub(crate) fn in_log(text: &str) -> String {
    visible(text).take(LOG_CHARS).collect()
}

/// An address as it may be in a log: its query may hold a key.
pub(crate) fn without_query(url: &url::Url) -> String {
    let mut address = url.clone();
    address.set_query(None);
    in_log(address.as_str())
}

/// Whether a character is there without being seen: Unicode's `Default_Ignorable_Code_Point`, which has everything
/// that changes direction, has no width or selects a variant, and the controls of annotations, hieroglyphs and shorthand.
///
/// A text loses nothing that a reader needs. Joiners are among them: in Persian or Hindi a word may look a little
/// different without, and an emoji falls into its parts.
pub(crate) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        // Soft hyphen; combining grapheme joiner; Arabic letter mark.
        '\u{00AD}' | '\u{034F}' | '\u{061C}'
        // Fillers of Hangul; inherent vowels of Khmer; selectors and the vowel separator of Mongolian.
        | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        // Zero width spaces, joiners, directional marks, embeddings, overrides and isolates; word joiner, invisible operators.
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        // More fillers of Hangul; variation selectors; the byte order mark; annotations.
        | '\u{3164}' | '\u{FFA0}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}'
        // Controls of hieroglyphs, of shorthand, of musical notation.
        | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        // Tags and further variation selectors.
        | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests;
