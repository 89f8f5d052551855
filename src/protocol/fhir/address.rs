//! Which addresses belong to a FHIR server: [`within`]. A token goes to no others.

use url::Url;

use crate::protocol::query::{Plus, decode};

/// Why an address is not one of the FHIR server of a launch. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FhirAddressError {
    /// It is no address.
    #[error("it is no address, or has white space, a backslash or control characters")]
    Malformed,
    /// It is on another server: another scheme, host or port, or it names a user. The token stays here.
    #[error("it is at {origin}, which is not the FHIR server of the launch; the token is sent nowhere else")]
    OtherServer {
        /// Its origin.
        origin: String,
    },
    /// It is on the same server, and not below the FHIR base URL.
    #[error("it is not below the FHIR base URL of the launch")]
    OutsideBase,
    /// A server could read it as an address outside the base: `..` or a slash written in percent.
    #[error("it has a part that a server could read as a way out of the FHIR base URL")]
    Ambiguous,
    /// The type of the resource is not written like one.
    #[error("a resource type is a word of letters that begins with a capital, such as Patient")]
    NoResourceType,
    /// The id of the resource is not written like one.
    #[error("an id has letters, digits and `-._~` only")]
    NoId,
    /// The name of an operation is not written like one.
    #[error("the name of an operation is a word of letters and hyphens, such as $everything")]
    NoOperation,
    /// A conditional request has no condition: servers take it for one about all resources of the type.
    #[error(
        "a conditional update or delete needs a search parameter with a value; without one it is about all resources of the type"
    )]
    NoCondition,
    /// It is `#…`, and the resource has nothing of that name inside.
    #[error("the reference is to a contained resource, and there is none of that id in the resource")]
    NotContained,
    /// It is `#…`: the resource is inside the one that refers to it.
    #[error("the resource is contained in the one that refers to it; look there (`contained`)")]
    Contained,
}

/// The address that `text` names, seen from the FHIR base URL, if it is the base or below it.
///
/// Compared are the parsed parts: as texts, `https://ehr.example` is the beginning of `https://ehr.example.evil`.
pub(crate) fn within(base: &Url, text: &str) -> Result<Url, FhirAddressError> {
    let text = text.trim();
    // A parser of browsers leaves some of these out and turns others around.
    if text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(FhirAddressError::Malformed);
    }
    let mut address = match Url::parse(text) {
        Ok(absolute) => absolute,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            let joined = as_directory(base).join(text);
            joined.map_err(|_| FhirAddressError::Malformed)?
        }
        Err(_) => return Err(FhirAddressError::Malformed),
    };
    address.set_fragment(None);
    let same_server = address.scheme() == base.scheme()
        && address.host().is_some()
        && address.host() == base.host()
        && address.port_or_known_default() == base.port_or_known_default()
        && address.username().is_empty()
        && address.password().is_none();
    if !same_server {
        return Err(FhirAddressError::OtherServer {
            origin: address.origin().ascii_serialization(),
        });
    }
    let root = base.path().trim_end_matches('/');
    let Some(rest) = address.path().strip_prefix(root) else {
        return Err(FhirAddressError::OutsideBase);
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        return Err(FhirAddressError::OutsideBase);
    }
    if rest.split('/').any(is_ambiguous) {
        return Err(FhirAddressError::Ambiguous);
    }
    Ok(address)
}

/// The address of something below the base, from segments that are checked.
pub(crate) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut address = base.clone();
    address.set_fragment(None);
    if let Ok(mut path) = address.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    address
}

pub(crate) fn check_type(resource_type: &str) -> Result<(), FhirAddressError> {
    let is_type = resource_type.starts_with(|c: char| c.is_ascii_uppercase())
        && resource_type.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_type.then_some(()).ok_or(FhirAddressError::NoResourceType)
}

/// The name of an operation without its `$`.
pub(crate) fn check_operation(name: &str) -> Result<&str, FhirAddressError> {
    let name = name.strip_prefix('$').unwrap_or(name);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    is_name.then_some(name).ok_or(FhirAddressError::NoOperation)
}

/// The path below the base as a log line may have it: the type, and nothing that names one of its resources.
pub(crate) fn loggable_path(base: &Url, address: &Url) -> String {
    let root = base.path().trim_end_matches('/');
    let rest = address.path().strip_prefix(root).unwrap_or_default();
    let mut segments = rest.split('/').filter(|segment| !segment.is_empty());
    let Some(first) = segments.next() else {
        return root.to_owned();
    };
    let is_word = first
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'_' | b'-'));
    let first = if is_word { first } else { "…" };
    let more = if segments.next().is_some() { "/…" } else { "" };
    format!("{root}/{first}{more}")
}

fn as_directory(base: &Url) -> Url {
    let mut base = base.clone();
    if !base.path().ends_with('/') {
        let path = format!("{}/", base.path());
        base.set_path(&path);
    }
    base
}

/// Servers decode once more than the parser does, and some drop what follows a `;`.
fn is_ambiguous(segment: &str) -> bool {
    let once = String::from_utf8_lossy(&decode(segment, Plus::Itself)).into_owned();
    let twice = String::from_utf8_lossy(&decode(&once, Plus::Itself)).into_owned();
    [once, twice].iter().any(|segment| {
        segment.starts_with("..") || segment.contains(['/', '\\']) || segment.chars().any(char::is_control)
    })
}

#[cfg(test)]
mod tests;
