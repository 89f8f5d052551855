//! Extractors: what the launch is about, as handler arguments.

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use super::{ExtractFuture, missing};
use crate::{
    actix::{error::SmartSessionError, load},
    fhir::FhirError,
    launch::session::SmartSession,
    pages::patient_banner::PatientBanner,
    protocol::{
        launch_context::{ContextSource, LaunchContext},
        patient::{date::FhirDate, facts::PatientFacts},
    },
    web::ContextMember,
};

/// The patient of this launch.
///
/// Without one in context the request is refused with 403, and the answer says that no patient is in context. Take
/// `Option<Patient>` only for pages that make sense without: it is `None` on *any* error. To tell the cases apart take
/// `Result<Patient, SmartSessionError>`.
#[derive(Debug, Clone)]
pub struct Patient {
    id: String,
    session: SmartSession,
}

impl Patient {
    /// The FHIR id, for `[base]/Patient/{id}`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The relative reference, `Patient/{id}`.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("Patient/{}", self.id())
    }

    /// Who said that it is this patient: the EHR, or the application
    /// ([`Launched::choose_patient`](crate::Launched::choose_patient)).
    #[must_use]
    pub fn source(&self) -> ContextSource {
        self.session.launch_context().patient_source()
    }

    /// Who the patient is: name, date of birth, gender, numbers ([`SmartSession::patient_facts`]).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn facts(&self) -> Result<PatientFacts, FhirError> {
        // A launch never changes to another patient.
        self.session.patient_facts().await?.ok_or(FhirError::OtherResource)
    }

    /// The head of a page that says whose record it is, where the application has to show that (`need_patient_banner`; SMART App Launch
    /// 2.2, "Launch context"). `None`: the EHR shows it, and nothing is fetched. Where the EHR does not say, the application shows it.
    ///
    /// `today` decides the age.
    ///
    /// # Errors
    ///
    /// As [`facts`](Self::facts). Show no record without saying whose it is: pass the error on.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// use actix_smart_auth::{Patient, fhir::FhirError, patient::FhirDate};
    ///
    /// async fn head(patient: &Patient) -> Result<String, FhirError> {
    ///     let banner = patient.banner(FhirDate::in_utc(SystemTime::now())).await?;
    ///     Ok(banner.map_or_else(String::new, |banner| banner.to_string()))
    /// }
    /// ```
    pub async fn banner(&self, today: FhirDate) -> Result<Option<PatientBanner>, FhirError> {
        if self.session.launch_context().need_patient_banner() == Some(false) {
            return Ok(None);
        }
        Ok(Some(PatientBanner::new(self.facts().await?, today)))
    }

    /// The launch that the patient is the context of.
    #[must_use]
    pub const fn session(&self) -> &SmartSession {
        &self.session
    }
}

impl FromRequest for Patient {
    type Error = SmartSessionError;
    type Future = ExtractFuture<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let session = load::launch_of(&request).await?;
            match session.patient().map(str::to_owned) {
                Some(id) => Ok(Self { id, session }),
                None => Err(missing(&request, ContextMember::Patient, &session)),
            }
        })
    }
}

/// The encounter of this launch. Refused and optional as [`Patient`] is.
#[derive(Debug, Clone)]
pub struct Encounter {
    id: String,
    session: SmartSession,
}

impl Encounter {
    /// The FHIR id, for `[base]/Encounter/{id}`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The relative reference, `Encounter/{id}`.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("Encounter/{}", self.id())
    }

    /// The launch that the encounter is the context of.
    #[must_use]
    pub const fn session(&self) -> &SmartSession {
        &self.session
    }
}

impl FromRequest for Encounter {
    type Error = SmartSessionError;
    type Future = ExtractFuture<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let session = load::launch_of(&request).await?;
            match session.encounter().map(str::to_owned) {
                Some(id) => Ok(Self { id, session }),
                None => Err(missing(&request, ContextMember::Encounter, &session)),
            }
        })
    }
}

/// All of the launch context; empty where the EHR said nothing.
impl FromRequest for LaunchContext {
    type Error = SmartSessionError;
    type Future = ExtractFuture<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(load::launch_of(&request).await?.launch_context().clone()) })
    }
}
