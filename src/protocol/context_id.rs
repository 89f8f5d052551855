//! The id of the patient or the encounter in context, as EHRs write it: [`ContextId`].

use serde_json::Value;

use super::{launch_context::is_id, urls::FhirBaseUrl};

/// The id of a resource that a launch is about.
///
/// The specification says that it is an id. Where a server sends a reference to that very type at that very server, or a
/// whole number, there is only one thing that it can mean. Everything else could open another chart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ContextId {
    pub(crate) id: String,
    pub(crate) written_as: WrittenAs,
}

/// How a server wrote an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrittenAs {
    Id,
    /// `Patient/x`, or the same with the FHIR base URL in front.
    Reference,
    /// A number of JSON.
    Number,
}

/// It is no id, or one of something else.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoContextId;

impl ContextId {
    /// Reads a value. `resource_type` is what it has to be of, `base` the FHIR base URL of the launch. `None` for a missing,
    /// `null` or blank one.
    ///
    /// FHIR allows 64 characters and no `_`; EHRs exceed both. The id goes into URLs, so nothing else is let through.
    ///
    /// # Errors
    ///
    /// [`NoContextId`] for another type, another server's address, a fraction, and what is no id.
    pub(crate) fn read(
        value: Option<Value>,
        resource_type: &str,
        base: &FhirBaseUrl,
    ) -> Result<Option<Self>, NoContextId> {
        let (text, as_number) = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => (text, false),
            // A larger number has lost its last digits already.
            Some(Value::Number(number)) if number.is_u64() || number.is_i64() => (number.to_string(), true),
            Some(_) => return Err(NoContextId),
        };
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let (id, written_as) = match id_in_reference(text, resource_type, base) {
            Some(id) => (id, WrittenAs::Reference),
            None if as_number => (text, WrittenAs::Number),
            None => (text, WrittenAs::Id),
        };
        if !is_id(id) {
            return Err(NoContextId);
        }
        Ok(Some(Self {
            id: id.to_owned(),
            written_as,
        }))
    }
}

/// The id in `Type/id` or `<base>/Type/id`, also with a version (`/_history/1`) behind it.
fn id_in_reference<'a>(text: &'a str, resource_type: &str, base: &FhirBaseUrl) -> Option<&'a str> {
    let (before, rest) = match text.rsplit_once(&format!("/{resource_type}/")) {
        Some((server, rest)) => (Some(server), rest),
        None => (None, text.strip_prefix(resource_type)?.strip_prefix('/')?),
    };
    if before.is_some_and(|server| !base.matches(server)) {
        return None;
    }
    Some(match rest.split_once("/_history/") {
        Some((id, version)) if is_id(version) => id,
        _ => rest,
    })
}

#[cfg(test)]
mod tests;
