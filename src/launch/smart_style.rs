//! Fetching the EHR's look: [`SmartSession::smart_style`].

use std::time::Duration;

use url::Url;

use crate::{
    launch::session::SmartSession,
    protocol::{
        http::HttpRequest,
        smart_style::SmartStyle,
        transport_error::TransportError,
        urls::{UrlError, parse_https},
    },
    runtime::registrations::EhrLookupError,
};

/// A page waits for it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Eleven short values fit many times.
const BODY_LIMIT: usize = 64 * 1024;

/// Why there is no [`SmartStyle`]. Go on in the application's own look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmartStyleError {
    /// `smart_style_url` is no https URL (http on a loopback host). Nothing was fetched.
    #[error("the EHR's `smart_style_url` cannot be used: {0}")]
    Address(#[from] UrlError),
    /// It leads to a host that is neither that of the FHIR server nor that of the token endpoint. Nothing was fetched.
    #[error(
        "the EHR's `smart_style_url` leads to {origin}; if that is the EHR's, allow it with \
         `SmartConfigBuilder::smart_style_origin`"
    )]
    OtherOrigin {
        /// Where it leads.
        origin: String,
    },
    /// The registration of the EHR is gone, or its resolver cannot say where its requests may go. Nothing was fetched.
    #[error(transparent)]
    Registration(#[from] EhrLookupError),
    /// There was no complete answer within 5 s, or it is larger than 64 KiB.
    #[error("the EHR's style could not be fetched: {0}")]
    Transport(#[from] TransportError),
    /// The answer has another status than 2xx. Redirects are not followed.
    #[error("the EHR's style could not be fetched: status {0}")]
    Status(u16),
    /// It is no JSON object.
    #[error("the EHR's style is no JSON object")]
    Malformed,
}

impl SmartSession {
    /// How the EHR of this launch looks, where it says so (`smart_style_url`; SMART App Launch 2.2, "Styling", experimental). `None`:
    /// it does not.
    ///
    /// It is fetched each time, without the token. Its address changes when the look does: keep what came under the address, and do not
    /// fetch it for each page. It comes from the origin of the FHIR server, of the token endpoint, or of
    /// [`smart_style_origin`](crate::SmartConfigBuilder::smart_style_origin), and from nowhere else.
    ///
    /// # Errors
    ///
    /// [`SmartStyleError`]. No page should fail for it.
    pub async fn smart_style(&self) -> Result<Option<SmartStyle>, SmartStyleError> {
        let Some(address) = self.launch_context().smart_style_url() else {
            return Ok(None);
        };
        let url = parse_https(address)?;
        if !self.may_style(&url) {
            return Err(SmartStyleError::OtherOrigin {
                origin: url.origin().ascii_serialization(),
            });
        }
        let runtime = self.runtime();
        let ehr = match self.ehr() {
            Some(ehr) => ehr,
            None => runtime.ehr_of_record(self.ehr_key()).await?,
        };
        let mut request = HttpRequest::get(url, PATIENCE);
        request.body_limit = Some(BODY_LIMIT);
        request.addresses = ehr.addresses().clone();
        // Whatever an EHR puts there, it is not for the log.
        request.logged_path = Some("/…".to_owned());
        let response = runtime.transport().send(request).await?;
        if !(200..=299).contains(&response.status) {
            return Err(SmartStyleError::Status(response.status));
        }
        SmartStyle::read(&response.body)
            .map(Some)
            .ok_or(SmartStyleError::Malformed)
    }

    fn may_style(&self, url: &Url) -> bool {
        let runtime = self.runtime();
        let origin = url.origin();
        let fhir = Url::parse(self.fhir_base_url()).ok();
        let token = self.record().endpoints.token.url();
        let allowed = runtime.settings.style_origins.iter();
        allowed.chain([token]).chain(&fhir).any(|own| own.origin() == origin)
    }
}
