//! The application's own token, as a handler argument.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload};

use crate::{
    actix::request::{AsItself, Installed},
    backend::{BackendClient, BackendError, BackendToken},
};

/// For handlers that act without a user. Whoever may call such a handler, the application decides: no launch stands behind it.
impl FromRequest for BackendToken {
    type Error = BackendError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, BackendError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let client = client_of(request);
        Box::pin(async move { client?.token().await })
    }
}

/// The client at the only EHR of the configuration that has
/// [`backend_scopes`](crate::EhrBuilder::backend_scopes): for [`fhir`](Self::fhir) in a handler that acts without a user.
impl FromRequest for BackendClient {
    type Error = BackendError;
    type Future = std::future::Ready<Result<Self, BackendError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(client_of(request))
    }
}

fn client_of(request: &HttpRequest) -> Result<BackendClient, BackendError> {
    let smart = Installed::of(request).ok_or(BackendError::NotInstalled)?;
    request.extensions_mut().insert(AsItself);
    smart.config.backends().only()
}
