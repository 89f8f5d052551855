//! [`Route`]: which route of ours a request is for.

use actix_web::{dev::ServiceRequest, http::Method};

use crate::{config::LaunchNaming, protocol::launch_id::LaunchId, smart_config::SmartConfig};

/// A route of ours.
#[derive(Debug, Clone)]
pub(in crate::actix) enum Route {
    /// `GET /auth/launch`
    Launch,
    /// `GET /auth/callback`
    Callback,
    /// `POST /auth/logout` ends all launches of this browser; `GET` says whether any is open.
    LogoutAll,
    /// `POST /~{smart_launch}/auth/logout` ends that launch; `GET` says whether it is open.
    Logout(LaunchId),
    /// `GET /.well-known/jwks.json`
    Jwks,
}

impl Route {
    /// The route that the request is for, if it is one of ours.
    pub(in crate::actix) fn of(request: &ServiceRequest, config: &SmartConfig) -> Option<Self> {
        // As routes see it: percent-decoded. `/%6Caunch` is `/launch` to a router.
        let path = request.match_info().as_str();
        let paths = &config.runtime().settings.paths;
        if path == paths.launch() {
            Some(Self::Launch)
        } else if paths.is_callback(path) {
            Some(Self::Callback)
        } else if path == paths.logout() {
            Some(Self::LogoutAll)
        } else if path == paths.jwks() {
            Some(Self::Jwks)
        } else if paths.naming() == LaunchNaming::ByPath {
            let id = path.strip_prefix("/~")?.strip_suffix(paths.logout())?;
            Some(Self::Logout(LaunchId::parse(id)?))
        } else {
            None
        }
    }

    pub(super) fn has(&self, method: &Method) -> bool {
        match self {
            Self::Launch | Self::Callback => *method == Method::GET,
            Self::Jwks => matches!(*method, Method::GET | Method::HEAD),
            Self::LogoutAll | Self::Logout(_) => matches!(*method, Method::GET | Method::HEAD | Method::POST),
        }
    }

    /// The methods that have an answer.
    pub(super) const fn allow(&self) -> &'static str {
        match self {
            Self::Launch | Self::Callback | Self::Jwks => "GET, HEAD",
            Self::LogoutAll | Self::Logout(_) => "GET, HEAD, POST",
        }
    }
}
