//! The launch context: what stands beside the access token in a token response.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    context_id::{ContextId, NoContextId, WrittenAs},
    findings::{TokenResponseFinding, TokenResponseReport},
    urls::FhirBaseUrl,
};

/// What the EHR said about the launch: which patient, which encounter, and more
/// (SMART App Launch 2.2, "Launch context arrives with your access_token").
///
/// `Debug` shows which members there are, not their values: they identify people.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LaunchContext {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) patient: Option<String>,
    /// Absent in records where it is the EHR.
    #[serde(default, skip_serializing_if = "ContextSource::is_ehr")]
    pub(crate) patient_source: ContextSource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encounter: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fhir_context: Option<Vec<FhirContextItem>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) need_patient_banner: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) smart_style_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) other: Map<String, Value>,
}

impl LaunchContext {
    /// Reads the context out of what a token response has beside the tokens; what is unknown goes to `other`.
    ///
    /// `base` is the FHIR base URL of the launch. A `patient` that [`ContextId`] does not understand is an error, never a
    /// guess. An encounter like that is left out: it says which visit, not whose. So is a display member of the wrong type.
    ///
    /// # Errors
    ///
    /// The name of the member that cannot be used: `patient`.
    pub(crate) fn from_members(
        mut members: Map<String, Value>,
        base: &FhirBaseUrl,
        report: &mut TokenResponseReport,
    ) -> Result<Self, &'static str> {
        let mut id = |member: &str, resource_type: &str| {
            let read = ContextId::read(members.remove(member), resource_type, base)?;
            Ok(read.map(|ContextId { id, written_as }| {
                match written_as {
                    WrittenAs::Id => {}
                    WrittenAs::Reference => report.note(TokenResponseFinding::IdIsReference),
                    WrittenAs::Number => report.note(TokenResponseFinding::IdIsNumber),
                }
                id
            }))
        };
        let patient = id("patient", "Patient").map_err(|NoContextId| "patient")?;
        let encounter = id("encounter", "Encounter");
        let encounter = encounter.unwrap_or_else(|NoContextId| {
            report.note(TokenResponseFinding::UnusableEncounter);
            None
        });
        Ok(Self {
            patient,
            patient_source: ContextSource::Ehr,
            encounter,
            fhir_context: fhir_context(members.remove("fhirContext")),
            need_patient_banner: flag(&mut members, "need_patient_banner"),
            intent: text(&mut members, "intent"),
            smart_style_url: text(&mut members, "smart_style_url"),
            tenant: text(&mut members, "tenant"),
            other: members,
        })
    }

    /// This context with what a refresh response says; what it does not say is unchanged
    /// (SMART App Launch 2.2: a refresh response need not repeat the context).
    #[must_use]
    pub(crate) fn merged_with(&self, newer: Self) -> Self {
        let mut other = self.other.clone();
        other.extend(newer.other);
        Self {
            patient_source: if newer.patient.is_some() {
                newer.patient_source
            } else {
                self.patient_source
            },
            patient: newer.patient.or_else(|| self.patient.clone()),
            encounter: newer.encounter.or_else(|| self.encounter.clone()),
            fhir_context: newer.fhir_context.or_else(|| self.fhir_context.clone()),
            need_patient_banner: newer.need_patient_banner.or(self.need_patient_banner),
            intent: newer.intent.or_else(|| self.intent.clone()),
            smart_style_url: newer.smart_style_url.or_else(|| self.smart_style_url.clone()),
            tenant: newer.tenant.or_else(|| self.tenant.clone()),
            other,
        }
    }

    /// The id of the patient in context (an id, not a reference).
    #[must_use]
    pub fn patient(&self) -> Option<&str> {
        self.patient.as_deref()
    }

    /// Who said which patient it is. [`ContextSource::Ehr`] where there is none.
    #[must_use]
    pub const fn patient_source(&self) -> ContextSource {
        self.patient_source
    }

    /// The id of the encounter in context.
    #[must_use]
    pub fn encounter(&self) -> Option<&str> {
        self.encounter.as_deref()
    }

    /// Other resources in context (`fhirContext`); empty when the EHR sent none.
    #[must_use]
    pub fn fhir_context(&self) -> &[FhirContextItem] {
        self.fhir_context.as_deref().unwrap_or_default()
    }

    /// The items of `fhirContext` with this role (`launch` is that of items without one), for example those that the launch is about:
    /// `fhir_context_with_role("launch")`.
    pub fn fhir_context_with_role<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a FhirContextItem> {
        self.fhir_context().iter().filter(move |item| item.role() == role)
    }

    /// The items of `fhirContext` that are resources of this type, for example `ImagingStudy`.
    pub fn fhir_context_of_type<'a>(&'a self, resource_type: &'a str) -> impl Iterator<Item = &'a FhirContextItem> {
        let items = self.fhir_context().iter();
        items.filter(move |item| item.resource_type() == Some(resource_type))
    }

    /// What the link or the task that opened the application says to it (`appContext`; CDS Hooks, SMART's task launch), as it came.
    #[must_use]
    pub fn app_context_text(&self) -> Option<&str> {
        self.other.get("appContext")?.as_str()
    }

    /// The same, read as JSON. An EHR that sends an object instead of a text is understood. `None`: there is none.
    ///
    /// It comes from outside: let `T` be what the application expects, and look whether the user may see what it names.
    ///
    /// # Errors
    ///
    /// [`AppContextError`] when it is not what `T` is. What it says is not repeated.
    pub fn app_context<T: DeserializeOwned>(&self) -> Result<Option<T>, AppContextError> {
        let read = match self.other.get("appContext") {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text),
            Some(value) => serde_json::from_value(value.clone()),
        };
        read.map(Some).map_err(|error| AppContextError {
            line: error.line(),
            column: error.column(),
        })
    }

    /// Whether the application has to show who the patient is. `None`: the EHR did not say, so show it.
    #[must_use]
    pub const fn need_patient_banner(&self) -> Option<bool> {
        self.need_patient_banner
    }

    /// What the EHR wants the application to do. An unknown one means the default view.
    #[must_use]
    pub fn intent(&self) -> Option<&str> {
        self.intent.as_deref()
    }

    /// Where the EHR's style description is. Text from outside: fetch it only from a host that you allow.
    #[must_use]
    pub fn smart_style_url(&self) -> Option<&str> {
        self.smart_style_url.as_deref()
    }

    /// The organisation that launched, as an opaque id.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// All other members of the token response, as they came (vendor extensions, `authorization_details`,
    /// `appContext`). No token is among them.
    #[must_use]
    pub const fn other(&self) -> &Map<String, Value> {
        &self.other
    }
}

/// `appContext` is not what the application expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`appContext` cannot be read as what was asked for: reading fails at line {line}, column {column}")]
#[non_exhaustive]
pub struct AppContextError {
    /// Where reading fails; 0 when that is not known.
    pub line: usize,
    /// Where in that line.
    pub column: usize,
}

/// Who said what a launch is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContextSource {
    /// The EHR.
    #[default]
    Ehr,
    /// The application, in `on_launch`.
    Application,
}

impl ContextSource {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    const fn is_ehr(&self) -> bool {
        matches!(self, Self::Ehr)
    }
}

impl fmt::Debug for LaunchContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut present = Vec::new();
        for (name, there) in [
            ("patient", self.patient.is_some()),
            ("encounter", self.encounter.is_some()),
            ("fhirContext", self.fhir_context.is_some()),
            ("need_patient_banner", self.need_patient_banner.is_some()),
            ("intent", self.intent.is_some()),
            ("smart_style_url", self.smart_style_url.is_some()),
            ("tenant", self.tenant.is_some()),
        ] {
            if there {
                present.push(name);
            }
        }
        present.extend(self.other.keys().map(String::as_str));
        f.debug_tuple("LaunchContext").field(&present).finish()
    }
}

/// The rule for every id of a resource in this crate.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && !matches!(text, "." | "..")
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-'))
}

fn text(members: &mut Map<String, Value>, field: &'static str) -> Option<String> {
    match members.remove(field)? {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        Value::String(_) | Value::Null => None,
        _ => left_out(field),
    }
}

/// A truth value, also as the text that some servers send. Anything else is as if the EHR had not said, and then the
/// application shows who the patient is.
fn flag(members: &mut Map<String, Value>, field: &'static str) -> Option<bool> {
    match members.remove(field)? {
        Value::Bool(flag) => Some(flag),
        Value::String(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        Value::Null => None,
        _ => left_out(field),
    }
}

/// An array of objects; older servers send an array of reference texts. An item that is neither is left out.
fn fhir_context(value: Option<Value>) -> Option<Vec<FhirContextItem>> {
    let items = match value? {
        Value::Array(items) => items,
        Value::Null => return None,
        _ => return left_out("fhirContext"),
    };
    let item = |value| match value {
        Value::String(reference) => Some(FhirContextItem::from_reference(reference)),
        Value::Object(_) => serde_json::from_value(value)
            .ok()
            .or_else(|| left_out("fhirContext item")),
        _ => left_out("fhirContext item"),
    };
    Some(items.into_iter().filter_map(item).collect())
}

fn left_out<T>(field: &'static str) -> Option<T> {
    tracing::debug!(field, "a token response has a member of the wrong type; it is left out");
    None
}

/// One item of `fhirContext` (experimental in SMART App Launch 2.2).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct FhirContextItem {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) canonical: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identifier: Option<Value>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) resource_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    #[serde(flatten)]
    pub(crate) other: Map<String, Value>,
}

impl FhirContextItem {
    fn from_reference(reference: String) -> Self {
        Self {
            reference: Some(reference),
            canonical: None,
            identifier: None,
            resource_type: None,
            role: None,
            other: Map::new(),
        }
    }

    /// A relative reference, `Type/id`.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// A canonical URL.
    #[must_use]
    pub fn canonical(&self) -> Option<&str> {
        self.canonical.as_deref()
    }

    /// A FHIR Identifier.
    #[must_use]
    pub const fn identifier(&self) -> Option<&Value> {
        self.identifier.as_ref()
    }

    /// The FHIR resource type: what the EHR says, else that of the reference.
    #[must_use]
    pub fn resource_type(&self) -> Option<&str> {
        self.resource_type.as_deref().or_else(|| {
            let before_history = self.reference()?.split("/_history/").next()?;
            let (rest, _) = before_history.rsplit_once('/')?;
            rest.rsplit('/').next()
        })
    }

    /// The role of the resource; `launch` when the EHR did not say.
    #[must_use]
    pub fn role(&self) -> &str {
        self.role.as_deref().unwrap_or("launch")
    }

    /// Members that this crate does not know.
    #[must_use]
    pub const fn other(&self) -> &Map<String, Value> {
        &self.other
    }
}

impl fmt::Debug for FhirContextItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FhirContextItem")
            .field("role", &self.role())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
