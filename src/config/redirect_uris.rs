//! Where redirect URIs may lead: [`RedirectRules`].

use url::Url;

use super::paths::Paths;

/// What the redirect URIs of one application have in common: its origin, and the callback path or one segment below it.
///
/// An EHR with a redirect URI of its own cannot pass its sign-ins off as another's (RFC 9700, section 4.4.2).
#[derive(Debug, Clone)]
pub(crate) struct RedirectRules {
    /// `None`: nobody launches this application, and nobody can be added who does.
    origin: Option<String>,
    paths: Paths,
    /// That of registrations that have none of their own.
    default: Option<String>,
}

impl RedirectRules {
    pub(super) fn new(lead: Option<&Url>, paths: Paths, default: Option<String>) -> Self {
        Self {
            origin: lead.map(|lead| lead.origin().ascii_serialization()),
            paths,
            default,
        }
    }

    /// The origin of the application; empty where nobody launches it, which is no origin.
    pub(crate) fn origin(&self) -> &str {
        self.origin.as_deref().unwrap_or_default()
    }

    pub(super) fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// The callback address that the others are compared with.
    pub(super) fn callback(&self) -> String {
        format!("{}{}", self.origin(), self.paths.external(self.paths.callback()))
    }

    pub(super) fn allow(&self, redirect_uri: &Url) -> bool {
        redirect_uri.origin().ascii_serialization() == self.origin()
            && redirect_uri
                .path()
                .strip_prefix(&self.paths.external(""))
                .is_some_and(|path| self.paths.is_callback(path))
    }
}
