//! Extractor: the launch itself, as a handler argument.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::HeaderValue};

use super::ExtractFuture;
use crate::{
    actix::{error::SmartSessionError, load},
    launch::session::SmartSession,
};

/// Loads the launch, and refreshes its access token when that is due, before the handler runs.
impl FromRequest for SmartSession {
    type Error = SmartSessionError;
    type Future = ExtractFuture<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { load::launch_of(&request).await })
    }
}

impl SmartSession {
    /// The value for the `Authorization` header of a FHIR request, marked sensitive so that HTTP libraries keep it
    /// out of their logs.
    #[must_use]
    pub fn authorization_header(&self) -> HeaderValue {
        let text = format!("Bearer {}", self.access_token().expose_secret());
        // Token responses with characters that a header cannot hold are refused when they are parsed.
        let mut value = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        value.set_sensitive(true);
        value
    }
}
