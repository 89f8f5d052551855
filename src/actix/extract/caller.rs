//! The token of somebody who calls the application, as a handler argument.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::AUTHORIZATION};

use crate::{
    actix::request::Installed,
    resource_server::{CallerToken, CallerTokenError, CallerTokenErrorKind, ResourceServer},
};

impl FromRequest for CallerToken {
    type Error = CallerTokenError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, CallerTokenError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (server, request) = (server_of(request), request.clone());
        Box::pin(async move {
            let headers = request.headers().get_all(AUTHORIZATION);
            server?.check_authorization(headers.map(|value| value.as_bytes())).await
        })
    }
}

/// The one that the route names, else the only one.
fn server_of(request: &HttpRequest) -> Result<ResourceServer, CallerTokenError> {
    if let Some(named) = request.app_data::<ResourceServer>() {
        return Ok(named.clone());
    }
    let smart = Installed::of(request).ok_or_else(|| CallerTokenError::new(CallerTokenErrorKind::NotInstalled))?;
    smart.config.resource_servers().only()
}
