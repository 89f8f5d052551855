//! Where in the application a browser goes after a launch: a path that cannot lead anywhere else.

use std::fmt;

use url::{Position, Url};

use crate::protocol::{
    after::After,
    launch_id::LaunchId,
    query::{Plus, decode},
};

/// A path of this application with an optional query, safe to redirect to.
///
/// It begins with one `/`, has no empty segment and no dot segment (percent-encoded ones included), no backslash, no
/// space or control character (nor an encoded CR, LF, NUL or backslash), no fragment, ASCII only, at most 2,048 bytes.
/// So it stays on the host it is used on, however a browser, a proxy or a router reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct ReturnTo(String);

/// Why a text is no [`ReturnTo`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReturnToError {
    /// It does not begin with `/`: it names a host, a scheme or a relative path.
    #[error("must be a path of this application that begins with one `/`, for example /patients?page=2")]
    NotAPath,
    /// It contains `//` (or `/%2F`): browsers read that as the name of another host when it comes first.
    #[error("must not contain an empty path segment (`//`, encoded or not)")]
    EmptySegment,
    /// A path segment is `.` or `..`, encoded or not.
    #[error("must not contain the path segments `.` or `..`, encoded or not")]
    DotSegment,
    /// It contains a backslash, a space, a control character (also encoded), or a character that has to be encoded.
    #[error("contains a backslash, a space, a control character or a character that must be percent-encoded")]
    Characters,
    /// It has a fragment, which a server never sees.
    #[error("must not have a fragment (`#…`)")]
    Fragment,
    /// It is longer than 2,048 bytes.
    #[error("is longer than 2,048 bytes")]
    TooLong,
}

impl ReturnTo {
    const MAX_BYTES: usize = 2_048;

    /// Checks a path with an optional query, as it stands in a URL (percent-encoded).
    ///
    /// # Errors
    ///
    /// [`ReturnToError`] says which rule is broken.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_smart_auth::{ReturnTo, error::ReturnToError};
    ///
    /// assert_eq!(ReturnTo::parse("/labs?page=2").map(|path| path.as_str().to_owned()), Ok("/labs?page=2".to_owned()));
    /// assert_eq!(ReturnTo::parse("https://evil.example/"), Err(ReturnToError::NotAPath));
    /// assert_eq!(ReturnTo::parse("//evil.example/"), Err(ReturnToError::EmptySegment));
    /// ```
    pub fn parse(text: &str) -> Result<Self, ReturnToError> {
        if text.len() > Self::MAX_BYTES {
            return Err(ReturnToError::TooLong);
        }
        if !text.starts_with('/') {
            return Err(ReturnToError::NotAPath);
        }
        if text.contains('#') {
            return Err(ReturnToError::Fragment);
        }
        let path = text.split_once('?').map_or(text, |(path, _)| path);
        check_characters(text)?;
        check_segments(path)?;
        check_resolution(text, path)?;
        Ok(Self(text.to_owned()))
    }

    /// The path and query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The launch that the path is inside. A segment that begins with `~` and names none may name one to a router that is
    /// more forgiving.
    #[must_use]
    pub(crate) fn launch(&self) -> Option<After> {
        let path = self.0.split_once('?').map_or(self.0.as_str(), |(path, _)| path);
        match launch_segment(path) {
            Some((id, _)) => Some(After::Launch(id)),
            None => first_segment(path).0.starts_with(b"~").then_some(After::Unknown),
        }
    }

    /// The same without the segment of a launch (`/~<launch id>`) in front; unchanged when there is none.
    ///
    /// What is left keeps every promise of this type, because no rule allows in the middle what it forbids in front.
    #[must_use]
    pub(crate) fn without_launch_segment(self) -> Self {
        let (path, query) = self
            .0
            .split_once('?')
            .map_or((self.0.as_str(), None), |(path, query)| (path, Some(query)));
        let Some((_, rest)) = launch_segment(path) else {
            return self;
        };
        let rest = if rest.is_empty() { "/" } else { rest };
        Self(query.map_or_else(|| rest.to_owned(), |query| format!("{rest}?{query}")))
    }
}

impl fmt::Debug for ReturnTo {
    /// Without the query, which may name a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.0.split_once('?').map_or(self.0.as_str(), |(path, _)| path);
        write!(f, "ReturnTo({path})")
    }
}

impl From<ReturnTo> for String {
    fn from(return_to: ReturnTo) -> Self {
        return_to.0
    }
}

fn check_characters(text: &str) -> Result<(), ReturnToError> {
    let raw_is_fine = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let decoded_is_fine = !decode(text, Plus::Itself)
        .iter()
        .any(|byte| matches!(byte, b'\0' | b'\r' | b'\n' | b'\\'));
    if raw_is_fine && decoded_is_fine {
        Ok(())
    } else {
        Err(ReturnToError::Characters)
    }
}

/// Looks at the path as a router or a proxy will see it, that is decoded.
fn check_segments(path: &str) -> Result<(), ReturnToError> {
    let decoded = decode(path, Plus::Itself);
    if decoded.windows(2).any(|pair| pair == b"//") {
        return Err(ReturnToError::EmptySegment);
    }
    if decoded
        .split(|byte| *byte == b'/')
        .any(|segment| segment == b"." || segment == b"..")
    {
        return Err(ReturnToError::DotSegment);
    }
    Ok(())
}

/// A URL parser decides last, the way browsers do: same origin, no credentials, and the path is what was checked.
fn check_resolution(text: &str, path: &str) -> Result<(), ReturnToError> {
    let base = Url::parse("https://a.example").map_err(|_| ReturnToError::NotAPath)?;
    let resolved = base.join(text).map_err(|_| ReturnToError::NotAPath)?;
    if resolved[..Position::BeforePath] != base[..Position::BeforePath] {
        return Err(ReturnToError::NotAPath);
    }
    if resolved.path() != path {
        return Err(ReturnToError::Characters);
    }
    Ok(())
}

/// The id in `/~<launch id>` and what follows, `None` when the path does not begin so. Decoded, as routers see it.
fn launch_segment(path: &str) -> Option<(LaunchId, &str)> {
    let (segment, after) = first_segment(path);
    let id = std::str::from_utf8(segment.strip_prefix(b"~")?).ok()?;
    LaunchId::parse(id).map(|id| (id, after))
}

/// The first segment, decoded, and what follows it.
fn first_segment(path: &str) -> (Vec<u8>, &str) {
    let rest = path.strip_prefix('/').unwrap_or(path);
    let (segment, after) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    (decode(segment, Plus::Itself).to_vec(), after)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
