//! The launch context: what stands beside the access token in a token response.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What the EHR said about the launch: which patient, which encounter, and more
/// (SMART App Launch 2.2, "Launch context arrives with your access_token").
///
/// `Debug` shows which members there are, not their values: they identify people.
#[derive(Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LaunchContext {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) patient: Option<String>,
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
    /// The id of the patient in context (an id, not a reference).
    #[must_use]
    pub fn patient(&self) -> Option<&str> {
        self.patient.as_deref()
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

    /// The FHIR resource type.
    #[must_use]
    pub fn resource_type(&self) -> Option<&str> {
        self.resource_type.as_deref()
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
