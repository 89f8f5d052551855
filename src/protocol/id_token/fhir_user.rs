//! The user as a FHIR resource: [`FhirUserReference`].

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::protocol::{
    launch_context::is_id,
    urls::{FhirBaseUrl, UrlError},
};

const LONGEST: usize = 2_048;

/// What kind of person a user is (SMART App Launch 2.2, Scopes for requesting identity data).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FhirUserType {
    /// A patient, using the application about him- or herself.
    Patient,
    /// A clinician or other member of the staff.
    Practitioner,
    /// A clinician in a certain role at a certain place.
    PractitionerRole,
    /// Somebody who belongs to a patient: a parent, a guardian.
    RelatedPerson,
    /// Somebody for whom none of the others fits.
    Person,
}

impl FhirUserType {
    /// The name of the FHIR resource type.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Practitioner => "Practitioner",
            Self::PractitionerRole => "PractitionerRole",
            Self::RelatedPerson => "RelatedPerson",
            Self::Person => "Person",
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        [
            Self::Patient,
            Self::Practitioner,
            Self::PractitionerRole,
            Self::RelatedPerson,
            Self::Person,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for FhirUserType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which FHIR resource the user is: the claim `fhirUser`, relative or absolute.
///
/// `Debug` shows the type only: an id identifies a person.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FhirUserReference {
    kind: FhirUserType,
    id: String,
    /// Without a slash at its end.
    base: String,
}

/// Why a `fhirUser` cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FhirUserError {
    /// Longer than 2,048 bytes, with the base that it is relative to.
    #[error("it is longer than 2048 bytes")]
    TooLong,
    /// Has a query, a fragment, a space, a control character or a backslash.
    #[error("it has a query, a fragment, a space, a control character or a backslash")]
    Characters,
    /// Has a segment `.` or `..`, or the base has that it is relative to.
    #[error("it, or the FHIR base URL that it is relative to, has a segment `.` or `..`")]
    DotSegment,
    /// Does not end in `Type/id`.
    #[error("it does not end in a resource type and an id")]
    NotAReference,
    /// The type is none that a user can have.
    #[error("its resource type is none of Patient, Practitioner, PractitionerRole, RelatedPerson and Person")]
    OtherType,
    /// The id has characters that no id has, or too many.
    #[error("its id is not a FHIR id")]
    BadId,
    /// What stands before `Type/id` is not a FHIR base URL.
    #[error("the address before the resource type {0}")]
    BadBase(#[source] UrlError),
}

impl FhirUserReference {
    /// Reads a `fhirUser`: `Practitioner/123`, or an absolute URL that ends like this.
    ///
    /// `fhir_base_url` is where a relative one belongs: the `aud` of the launch (SMART App Launch 2.2). It is put in
    /// front, with a slash between, whether it ends in one or not; joining URLs would drop its last segment.
    ///
    /// A version (`/_history/3`) is dropped: the user is the resource, not one of its states. An absolute URL has to be
    /// https (http on loopback), without credentials, query and fragment. An id may have the characters `_` and `~` and
    /// a length of 128 as well, as ids of patients may here: EHRs have such.
    ///
    /// # Errors
    ///
    /// [`FhirUserError`] says what is wrong.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_smart_auth::context::{FhirUserReference, FhirUserType};
    ///
    /// let user = FhirUserReference::parse("Practitioner/123", "https://ehr.example/fhir")?;
    /// assert_eq!(user.resource_type(), FhirUserType::Practitioner);
    /// assert_eq!(user.url(), "https://ehr.example/fhir/Practitioner/123");
    ///
    /// let elsewhere = FhirUserReference::parse("https://idp.example/r4/Patient/a", "https://ehr.example/fhir")?;
    /// assert!(!elsewhere.is_on("https://ehr.example/fhir"));
    /// # Ok::<(), actix_smart_auth::error::FhirUserError>(())
    /// ```
    pub fn parse(text: &str, fhir_base_url: &str) -> Result<Self, FhirUserError> {
        if text.len() > LONGEST {
            return Err(FhirUserError::TooLong);
        }
        if text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '?' | '#'))
        {
            return Err(FhirUserError::Characters);
        }
        if text.split('/').any(is_dot_segment) {
            return Err(FhirUserError::DotSegment);
        }
        let text = without_version(text);
        let (rest, id) = text.rsplit_once('/').ok_or(FhirUserError::NotAReference)?;
        let (base, kind) = match rest.rsplit_once('/') {
            Some((base, kind)) => (Some(base), kind),
            None => (None, rest),
        };
        if kind.is_empty() || id.is_empty() {
            return Err(FhirUserError::NotAReference);
        }
        let base = base.unwrap_or(fhir_base_url);
        // Or the URL that is stored could not be read again.
        if base.split('/').any(is_dot_segment) {
            return Err(FhirUserError::DotSegment);
        }
        FhirBaseUrl::parse(base).map_err(FhirUserError::BadBase)?;
        let kind = FhirUserType::by_name(kind).ok_or(FhirUserError::OtherType)?;
        if !is_id(id) {
            return Err(FhirUserError::BadId);
        }
        let user = Self {
            kind,
            id: id.to_owned(),
            base: base.trim_end_matches('/').to_owned(),
        };
        if user.url().len() > LONGEST {
            return Err(FhirUserError::TooLong);
        }
        Ok(user)
    }

    /// What kind of person the user is.
    #[must_use]
    pub const fn resource_type(&self) -> FhirUserType {
        self.kind
    }

    /// The id of the resource.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The reference relative to its FHIR server, for example `Practitioner/123`.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }

    /// The absolute URL. Send the launch's access token to it only if it [`is_on`](Self::is_on) the launch's server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/{}/{}", self.base, self.kind, self.id)
    }

    /// Whether the resource is on this FHIR server: the same base URL, but for the case of scheme and host, the
    /// default port and a slash at the end.
    #[must_use]
    pub fn is_on(&self, fhir_base_url: &str) -> bool {
        FhirBaseUrl::parse(fhir_base_url).is_ok_and(|base| base.matches(&self.base))
    }
}

fn is_dot_segment(segment: &str) -> bool {
    let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
    matches!(decoded.as_str(), "." | "..")
}

/// The reference before `/_history/version`.
fn without_version(text: &str) -> &str {
    let Some((rest, version)) = text.rsplit_once('/') else {
        return text;
    };
    match rest.strip_suffix("/_history") {
        Some(reference) if is_id(version) => reference,
        _ => text,
    }
}

impl fmt::Debug for FhirUserReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FhirUserReference({}/…)", self.kind)
    }
}

/// The absolute URL, for the store format.
impl Serialize for FhirUserReference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.url())
    }
}

impl<'de> Deserialize<'de> for FhirUserReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let url = String::deserialize(deserializer)?;
        Self::parse(&url, "").map_err(de::Error::custom)
    }
}
