//! Who a certificate is for and who signed it, for people: [`names_of`]. What is trusted, rustls decides.

use crate::{protocol::visible::visible, transport::tls_look::Names};

/// Reads the names out of certificates (RFC 5280, section 4.1).
pub(crate) fn names_of<C: AsRef<[u8]>>(end_entity: &C, intermediates: &[C]) -> Names {
    let own = parties(end_entity.as_ref());
    let last = intermediates.last().unwrap_or(end_entity);
    Names {
        subject: own.and_then(|own| text_of(own.subject)),
        authority: parties(last.as_ref()).and_then(|last| text_of(last.issuer)),
        is_self_signed: own.is_some_and(|own| own.issuer == own.subject),
        shown: intermediates.len().saturating_add(1),
    }
}

const SEQUENCE: u8 = 0x30;
/// Forms of text that are not UTF-8, which authorities of old use.
const LATIN_1: u8 = 0x14;
const UTF_16: u8 = 0x1e;
/// `[0]`, constructed: the version.
const VERSION: u8 = 0xa0;
/// `id-at-commonName`, 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// `id-at-organizationName`, 2.5.4.10
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
/// The longest name that is shown.
const LONGEST: usize = 100;

#[derive(Clone, Copy)]
struct Parties<'a> {
    issuer: &'a [u8],
    subject: &'a [u8],
}

/// The two names of a certificate, as DER.
fn parties(certificate: &[u8]) -> Option<Parties<'_>> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    if element(rest)?.0 == VERSION {
        rest = element(rest)?.2;
    }
    // The serial number and the algorithm of the signature.
    for _ in 0..2 {
        rest = element(rest)?.2;
    }
    let (_, issuer, rest) = element(rest)?;
    // The dates.
    let (_, _, rest) = element(rest)?;
    let (tag, subject, _) = element(rest)?;
    (tag == SEQUENCE).then_some(Parties { issuer, subject })
}

/// Common name and organization, whichever are there.
fn text_of(name: &[u8]) -> Option<String> {
    let (mut common, mut organization) = (None, None);
    let mut rest = name;
    while let Some((_, set, after)) = element(rest) {
        rest = after;
        let mut attributes = set;
        while let Some((_, attribute, after)) = element(attributes) {
            attributes = after;
            let Some((_, kind, value)) = element(attribute) else {
                continue;
            };
            let Some((tag, text, _)) = element(value) else { continue };
            match kind {
                COMMON_NAME => common = shown(tag, text).or(common),
                ORGANIZATION => organization = shown(tag, text).or(organization),
                _ => {}
            }
        }
    }
    match (common, organization) {
        (Some(common), Some(organization)) => Some(format!("{common} ({organization})")),
        (one, other) => one.or(other),
    }
}

/// `None`: nothing of it can be seen.
fn shown(tag: u8, text: &[u8]) -> Option<String> {
    let text = match tag {
        LATIN_1 => text.iter().copied().map(char::from).collect(),
        UTF_16 => {
            let units = text.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        _ => String::from_utf8_lossy(text).into_owned(),
    };
    let text: String = visible(&text).collect();
    let text: String = text.trim().chars().take(LONGEST).collect();
    (!text.is_empty()).then_some(text)
}

/// Tag, content, and what comes after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let length = if first < 0x80 {
        usize::from(first)
    } else {
        let count = usize::from(first & 0x7f);
        if !(1..=3).contains(&count) {
            return None;
        }
        let (digits, after) = rest.split_at_checked(count)?;
        rest = after;
        digits.iter().fold(0, |sum, &digit| (sum << 8) | usize::from(digit))
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
