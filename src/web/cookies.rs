//! Our cookies in a request. Read one by one: what is broken in another's cookie does not matter.
//!
//! Written by hand, as the cookie library at hand reads all cookies or none.

use memchr::memchr;

use super::request_head::RequestHead;

/// More cookies of one name are not looked at. Two come where a partitioned and an unpartitioned one exist; more are
/// planted.
pub(super) const MOST: usize = 32;

/// The values of the cookies with this name, in the order of the header.
pub(super) fn values<'r>(request: &'r impl RequestHead, name: &'r str) -> impl Iterator<Item = &'r str> {
    pairs(request)
        .filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        .filter_map(|value| std::str::from_utf8(value).ok())
        .take(MOST)
}

/// All cookies that are text, name and value.
pub(super) fn all(request: &impl RequestHead) -> impl Iterator<Item = (&str, &str)> {
    pairs(request).filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='))
}

fn pairs(request: &impl RequestHead) -> impl Iterator<Item = &[u8]> {
    request.header("cookie").flat_map(at_semicolons).map(without_blanks)
}

/// Without the blanks that RFC 6265 (section 5.4) puts between cookies, and no others: a browser does not see a prefix like
/// `__Host-` behind any other white space. If we dropped that, we would read a planted cookie under a protected name.
fn without_blanks(pair: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = pair.iter().position(|byte| !is_blank(byte)).unwrap_or(pair.len());
    let end = pair
        .iter()
        .rposition(|byte| !is_blank(byte))
        .map_or(start, |last| last + 1);
    pair.get(start..end).unwrap_or_default()
}

/// Every request with a launch passes here, and its cookies may be as long as the rest of it: byte by byte is too slow.
fn at_semicolons(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(header);
    std::iter::from_fn(move || {
        let now = rest?;
        let end = memchr(b';', now);
        rest = end.and_then(|end| now.get(end + 1..));
        now.get(..end.unwrap_or(now.len()))
    })
}

#[cfg(test)]
mod tests;
