//! The report: [`Preflight`].

use serde::{Serialize, Serializer, ser::SerializeStruct as _};
use serde_json::Value;

use super::finding::{Finding, Status};

/// What a preflight found: what to register at each EHR, and a [`Finding`] for everything that was looked at.
///
/// Its `Display` is a table for a terminal of 80 columns; [`table`](Self::table) has colours. It is safe to be sent to a colleague:
/// no secret is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preflight {
    pub(super) registrations: Vec<Registration>,
    pub(super) findings: Vec<Finding>,
}

/// What has to be registered at an EHR for this application, in exactly this spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Registration {
    /// The EHR's FHIR base URL.
    pub ehr: String,
    /// The id that the EHR gave to the application.
    pub client_id: String,
    /// Where the EHR opens the application; `None` where nobody launches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_url: Option<String>,
    /// Where the EHR sends the browser back to after the sign-in; `None` where nobody launches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// Where the EHR finds the application's public keys; `None` for a client without a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// Where the EHR sends the browser after a sign-out at the EHR; `None` when it is not told to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uri: Option<String>,
    /// Every scope that a launch may ask for, separated by spaces.
    pub scopes: String,
    /// The scopes of the application itself, separated by spaces; `None` where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend_scopes: Option<String>,
}

impl Preflight {
    /// What has to be registered at each EHR, in the order of the configuration.
    #[must_use]
    pub fn registrations(&self) -> &[Registration] {
        &self.registrations
    }

    /// Everything that was looked at, those of each EHR together.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether a launch can work: an EHR was looked at, and nothing that was found is a [`Status::Failure`].
    ///
    /// `false` where no EHR was looked at, because those of a resolver are looked at one by one
    /// ([`preflight_of`](crate::SmartConfig::preflight_of)). Where nobody launches, it says the same of the application's own tokens and of
    /// its callers'.
    ///
    /// It is no promise. What only a person at the EHR can see, such as whether the redirect URI is registered there, no
    /// preflight sees.
    #[must_use]
    pub fn can_launch(&self) -> bool {
        !self.registrations.is_empty() && self.findings.iter().all(|finding| finding.status != Status::Failure)
    }

    /// Whether people launch the application at an EHR that was looked at; `None` where none was.
    pub(super) fn is_launched(&self) -> Option<bool> {
        let mut registrations = self.registrations.iter().peekable();
        registrations.peek()?;
        Some(registrations.any(|registration| registration.redirect_uri.is_some()))
    }

    /// The report for a program: `can_launch`, `registrations` and `findings`, with the fields of [`Registration`] and
    /// [`Finding`].
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// As [`Preflight::to_json`].
impl Serialize for Preflight {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("Preflight", 3)?;
        report.serialize_field("can_launch", &self.can_launch())?;
        report.serialize_field("registrations", &self.registrations)?;
        report.serialize_field("findings", &self.findings)?;
        report.end()
    }
}
