//! Fetching the EHR's look: [`SmartSession::smart_style`].

mod error;
mod kept;

use std::{sync::Arc, time::Duration};

use url::Url;

pub use self::error::SmartStyleError;
pub(crate) use self::kept::KeptStyles;
use self::kept::StyleKey;
use crate::{
    config::Ehr,
    launch::session::SmartSession,
    protocol::{http::HttpRequest, smart_style::SmartStyle, urls::parse_https},
    runtime::Runtime,
};

/// A page waits for it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Eleven short values fit many times.
const BODY_LIMIT: usize = 64 * 1024;

impl SmartSession {
    /// How the EHR of this launch looks, where it says so (`smart_style_url`; SMART App Launch 2.2, "Styling", experimental). `None`:
    /// it does not.
    ///
    /// It is fetched without the token, once for all launches of the EHR: its address changes when the look does, so that each process
    /// keeps what came from it, for a day at most. A failure is told again for 10 s. It comes from the origin of the FHIR server, of the
    /// token endpoint, or of [`smart_style_origin`](crate::SmartConfigBuilder::smart_style_origin), and from nowhere else.
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
        let key = StyleKey {
            ehr: self.ehr_key().to_owned(),
            address: address.to_owned(),
        };
        let runtime = self.runtime();
        let fetch = fetch(Arc::clone(&runtime), self.ehr(), key.ehr.clone(), url);
        let style = self.styles().get(key, &runtime.clock, &runtime.engine, fetch);
        style.await.map(Some)
    }

    fn may_style(&self, url: &Url) -> bool {
        let runtime = self.runtime();
        let origin = url.origin();
        let fhir = Url::parse(self.fhir_base_url()).ok();
        let token = self.record().origin.endpoints.token.url();
        let allowed = runtime.settings.style_origins.iter();
        allowed.chain([token]).chain(&fhir).any(|own| own.origin() == origin)
    }
}

async fn fetch(
    runtime: Arc<Runtime>,
    ehr: Option<Arc<Ehr>>,
    ehr_key: String,
    url: Url,
) -> Result<SmartStyle, SmartStyleError> {
    let ehr = match ehr {
        Some(ehr) => ehr,
        None => runtime.ehr_of_record(&ehr_key).await?,
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
    SmartStyle::read(&response.body).ok_or(SmartStyleError::Malformed)
}
