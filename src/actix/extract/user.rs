//! Extractors: who signed in, as handler arguments.

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use super::{ExtractFuture, missing};
use crate::{
    actix::{error::SmartSessionError, load},
    launch::session::SmartSession,
    protocol::id_token::{FhirUserReference, FhirUserType, IdTokenClaims},
    web::ContextMember,
};

/// The user of this launch, as a FHIR resource: who signed in at the EHR (`fhirUser`, from the verified id token).
///
/// It needs the scopes `openid` and `fhirUser`. Where the EHR did not say, the request is refused with 403, and the
/// answer says that it is not known who the user is. Take `Option<FhirUser>` only for pages that make sense without: it
/// is `None` on *any* error. To tell the cases apart take `Result<FhirUser, SmartSessionError>`.
///
/// It is who *opened the launch*. To recognise a user of yours take [`IdTokenClaims`] and the pair of its issuer and
/// subject: not every EHR has a FHIR resource for everybody, and a resource may be merged with another.
#[derive(Debug, Clone)]
pub struct FhirUser {
    reference: FhirUserReference,
    session: SmartSession,
}

impl FhirUser {
    /// The id of the resource.
    #[must_use]
    pub fn id(&self) -> &str {
        self.reference.id()
    }

    /// What kind of person: practitioner, patient, ….
    #[must_use]
    pub const fn resource_type(&self) -> FhirUserType {
        self.reference.resource_type()
    }

    /// The reference relative to its FHIR server, for example `Practitioner/123`.
    #[must_use]
    pub fn reference(&self) -> String {
        self.reference.reference()
    }

    /// The absolute URL. Send the launch's access token to it only if [`is_readable`](Self::is_readable) says so.
    #[must_use]
    pub fn url(&self) -> String {
        self.reference.url()
    }

    /// Whether the resource is on the FHIR server of the launch, where the access token may go.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.reference.is_on(self.session.fhir_base_url())
    }

    /// The launch that the user opened.
    #[must_use]
    pub const fn session(&self) -> &SmartSession {
        &self.session
    }
}

impl FromRequest for FhirUser {
    type Error = SmartSessionError;
    type Future = ExtractFuture<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let session = load::launch_of(&request).await?;
            match session.fhir_user().cloned() {
                Some(reference) => Ok(Self { reference, session }),
                None => Err(missing(&request, ContextMember::FhirUser, &session)),
            }
        })
    }
}

/// The claims of the launch's verified id token. Refused with 403 where there is none, and optional, as
/// [`FhirUser`] is.
impl FromRequest for IdTokenClaims {
    type Error = SmartSessionError;
    type Future = ExtractFuture<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let session = load::launch_of(&request).await?;
            match session.id_token_claims().cloned() {
                Some(claims) => Ok(claims),
                None => Err(missing(&request, ContextMember::IdToken, &session)),
            }
        })
    }
}
