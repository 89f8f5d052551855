//! How references are read that stand in resources.

/// `Type/id`, where a reference of this server stands for that: without the address of the server and without a version (FHIR R4, References,
/// 2.3.0.2). Another reference, such as one to another server, stays as it is. `None`: what stands behind the version makes no sense.
pub(super) fn local<'a>(reference: &'a str, fhir_base: &str) -> Option<&'a str> {
    let own = reference
        .strip_prefix(fhir_base)
        .and_then(|rest| rest.strip_prefix('/'));
    without_version(own.unwrap_or(reference))
}

/// A reference without the version that it names.
pub(super) fn without_version(reference: &str) -> Option<&str> {
    match reference.split_once("/_history/") {
        Some((_, version)) if version.contains('/') => None,
        Some((bare, _)) => Some(bare),
        None => Some(reference),
    }
}
