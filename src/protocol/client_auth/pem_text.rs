//! Finds the key in a PEM text (RFC 7468; the headers of RFC 1421).
//!
//! Every copy of a key is wiped, which is why no library reads the text: theirs leave copies behind.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::zeroize::Zeroizing;

use super::key_error::KeyError;
use crate::protocol::wiped::with_room_for;

/// The content of a block, wiped when it is dropped.
pub(crate) type Der = Zeroizing<Vec<u8>>;

/// The one key of a PEM text, as DER.
pub(crate) enum Block {
    /// `PRIVATE KEY`
    Pkcs8(Der),
    /// `RSA PRIVATE KEY`
    Pkcs1(Der),
    /// `EC PRIVATE KEY`, with the `EC PARAMETERS` beside it.
    Sec1 { key: Der, parameters: Option<Der> },
    /// `PUBLIC KEY`
    Spki(Der),
    /// `RSA PUBLIC KEY`
    RsaPublic(Der),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pkcs8,
    Pkcs1,
    Sec1,
    Spki,
    RsaPublic,
    Certificate,
    Encrypted,
    Parameters,
    Unsupported(&'static str),
    /// Nothing that says anything about the key.
    Other,
}

impl Kind {
    fn of(label: &str, headers: &str) -> Self {
        match label {
            "ENCRYPTED PRIVATE KEY" => Self::Encrypted,
            _ if says_encrypted(headers) => Self::Encrypted,
            "PRIVATE KEY" => Self::Pkcs8,
            "RSA PRIVATE KEY" => Self::Pkcs1,
            "EC PRIVATE KEY" => Self::Sec1,
            "EC PARAMETERS" => Self::Parameters,
            "PUBLIC KEY" => Self::Spki,
            "RSA PUBLIC KEY" => Self::RsaPublic,
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Self::Certificate,
            "DSA PRIVATE KEY" => Self::Unsupported("a DSA key"),
            "OPENSSH PRIVATE KEY" => {
                Self::Unsupported("a key in OpenSSH's own form (convert it with `ssh-keygen -p -m PEM`)")
            }
            tag if tag.ends_with("PRIVATE KEY") => Self::Unsupported("a private key of an unknown form"),
            _ => Self::Other,
        }
    }

    const fn is_private(self) -> bool {
        matches!(
            self,
            Self::Pkcs8 | Self::Pkcs1 | Self::Sec1 | Self::Encrypted | Self::Unsupported(_)
        )
    }
}

/// The private key of the text. Certificates and public keys beside it are passed over.
pub(crate) fn private_block(text: &str) -> Result<Block, KeyError> {
    let (mut private, others): (Vec<_>, Vec<_>) = blocks(text)?.into_iter().partition(|(kind, _)| kind.is_private());
    let Some((kind, der)) = private.pop() else {
        let has = |wanted: &[Kind]| others.iter().any(|(kind, _)| wanted.contains(kind));
        return Err(if has(&[Kind::Certificate]) {
            KeyError::Certificate
        } else if has(&[Kind::Spki, Kind::RsaPublic]) {
            KeyError::PublicKey
        } else {
            KeyError::NoPem
        });
    };
    if !private.is_empty() {
        return Err(KeyError::SeveralKeys);
    }
    match kind {
        Kind::Pkcs8 => Ok(Block::Pkcs8(der)),
        Kind::Pkcs1 => Ok(Block::Pkcs1(der)),
        Kind::Sec1 => Ok(Block::Sec1 {
            key: der,
            parameters: others
                .into_iter()
                .find(|(kind, _)| *kind == Kind::Parameters)
                .map(|(_, der)| der),
        }),
        Kind::Encrypted => Err(KeyError::Encrypted),
        Kind::Unsupported(what) => Err(KeyError::Unsupported { what }),
        _ => Err(KeyError::Malformed),
    }
}

/// The public key of the text. A private key beside it is refused, since it does not belong where public keys are.
pub(super) fn public_block(text: &str) -> Result<Block, KeyError> {
    let blocks = blocks(text)?;
    if blocks.iter().any(|(kind, _)| kind.is_private()) {
        return Err(KeyError::PrivateKey);
    }
    let has_certificate = blocks.iter().any(|(kind, _)| *kind == Kind::Certificate);
    let mut public = blocks
        .into_iter()
        .filter(|(kind, _)| matches!(kind, Kind::Spki | Kind::RsaPublic));
    match (public.next(), public.next()) {
        (Some((Kind::Spki, der)), None) => Ok(Block::Spki(der)),
        (Some((_, der)), None) => Ok(Block::RsaPublic(der)),
        (Some(_), Some(_)) => Err(KeyError::SeveralKeys),
        (None, _) if has_certificate => Err(KeyError::Certificate),
        (None, _) => Err(KeyError::NoPem),
    }
}

/// Every block of the text. What stands around them is passed over, and so is one that begins and does not end.
fn blocks(text: &str) -> Result<Vec<(Kind, Der)>, KeyError> {
    if !text.contains("-----BEGIN ") {
        return Err(KeyError::NoPem);
    }
    let text = with_line_ends(text);
    let mut blocks = Vec::new();
    let mut rest = text.as_str();
    while let Some((label, content, end, after)) = next_block(rest) {
        rest = after;
        if label != end || label.is_empty() {
            return Err(KeyError::Malformed);
        }
        let (headers, data) = match content.split_once("\n\n") {
            // Base64 has no colon.
            Some((headers, data)) if headers.contains(':') => (headers, data),
            _ => ("", content),
        };
        blocks.push((Kind::of(label, headers), decoded(data)?));
    }
    if blocks.is_empty() {
        return Err(KeyError::Malformed);
    }
    Ok(blocks)
}

/// Label, content, the label at the end, and what stands after that.
fn next_block(text: &str) -> Option<(&str, &str, &str, &str)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (content, rest) = rest.split_once("-----END ")?;
    let (end, rest) = rest.split_once("-----")?;
    Some((label, content.trim_start(), end, rest))
}

/// The text with `\n` for each line end. Environment variables and .env files often carry line ends as a backslash and
/// a letter, and PEM has no backslash.
fn with_line_ends(text: &str) -> Zeroizing<String> {
    let mut plain = with_room_for(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\r', _) => {}
            ('\\', Some('r')) => {
                characters.next();
            }
            ('\\', Some('n')) => {
                characters.next();
                plain.push('\n');
            }
            _ => plain.push(character),
        }
    }
    plain
}

fn says_encrypted(headers: &str) -> bool {
    let mut fields = headers.lines().filter_map(|line| line.split_once(':'));
    fields.any(|(name, value)| name.trim() == "Proc-Type" && value.contains("ENCRYPTED"))
}

fn decoded(data: &str) -> Result<Der, KeyError> {
    let mut dense = with_room_for(data.len());
    dense.extend(data.chars().filter(|character| !character.is_whitespace()));
    // Three bytes of four characters, and no more: it is not grown either.
    let mut der = Zeroizing::new(vec![0; dense.len().div_ceil(4).saturating_mul(3)]);
    let length = STANDARD
        .decode_slice(dense.as_bytes(), &mut der)
        .map_err(|_| KeyError::Malformed)?;
    der.truncate(length);
    Ok(der)
}

#[cfg(test)]
mod tests;
