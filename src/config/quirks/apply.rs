//! What the rest of the crate asks about an EHR's quirks.

use std::time::Duration;

use super::{
    ActivityOnRefresh, PkceListing, PostedLaunches, Quirks, RefreshScope, ScopeVersionChoice, UnprefixedScopes,
};
use crate::{
    protocol::{
        authorization::AuthorizeMethod,
        id_token::CLOCK_TOLERANCE,
        metadata::ServerMetadata,
        scope::{Scope, ScopeKind, ScopeVersion, Scopes},
        token::TokenSet,
        token_response::TokenResponse,
    },
    store::{LaunchKind, LaunchUse},
};

impl Quirks {
    /// The headers of a metadata request.
    pub(crate) fn headers_for_discovery(&self, client_id: &str) -> impl Iterator<Item = (&'static str, String)> {
        self.discovery_headers.iter().map(|header| header.of_client(client_id))
    }

    /// Whether a launch may begin by what the metadata says about PKCE.
    pub(crate) fn accepts_pkce_of(&self, metadata: &ServerMetadata) -> bool {
        let listed = metadata.code_challenge_methods_supported().unwrap_or_default();
        self.pkce_listing == PkceListing::Ignored || listed.iter().any(|method| method == "S256")
    }

    /// How a launch of this kind may send its authorization request, of what is configured.
    pub(crate) const fn method_of(&self, kind: LaunchKind, configured: AuthorizeMethod) -> AuthorizeMethod {
        match (self.posted_launches, kind) {
            (PostedLaunches::FromEhr, LaunchKind::Standalone) => AuthorizeMethod::Get,
            _ => configured,
        }
    }

    /// The scopes as this EHR is asked for them. Without metadata where the endpoints are configured.
    pub(crate) fn scopes_to_request(&self, scopes: Scopes, metadata: Option<&ServerMetadata>) -> Scopes {
        let version = match self.scope_version {
            ScopeVersionChoice::AsConfigured => None,
            ScopeVersionChoice::Always(version) => Some(version),
            ScopeVersionChoice::FromMetadata => metadata.and_then(only_version_of),
        };
        match version {
            Some(version) => scopes.in_version(version),
            None => scopes,
        }
    }

    /// How far clocks may be apart.
    pub(crate) fn tolerated_clock_difference(&self) -> Duration {
        self.clock_tolerance.unwrap_or(CLOCK_TOLERANCE)
    }

    /// What the EHR meant by a token response.
    pub(crate) fn normalize(&self, mut response: TokenResponse, requested: &Scopes) -> TokenResponse {
        if self.unprefixed_scopes == UnprefixedScopes::AsRequested {
            response.scope = response.scope.map(|granted| granted.with_prefixes_of(requested));
        }
        response.expires_in = response.expires_in.or(self.token_lifetime);
        response
    }

    /// The scopes that a refresh names.
    pub(crate) fn scopes_of_refresh<'a>(&self, granted: &'a Scopes, requested: &'a Scopes) -> Option<&'a Scopes> {
        let scopes = match self.refresh_scope {
            RefreshScope::Omit => return None,
            RefreshScope::Granted => granted,
            RefreshScope::Requested => requested,
        };
        (!scopes.is_empty()).then_some(scopes)
    }

    /// Whether a refresh of these tokens says that the person is at work.
    pub(crate) fn says_active(&self, tokens: &TokenSet, launch_use: LaunchUse) -> bool {
        self.activity_on_refresh == ActivityOnRefresh::ActiveAt
            && launch_use.counts()
            && tokens.context().other().contains_key("active_ttl")
    }

    /// Whether this OAuth error code says that a refresh token is dead, `invalid_grant` aside.
    pub(crate) fn is_dead_code(&self, code: &str) -> bool {
        self.dead_refresh_codes.iter().any(|dead| dead == code)
    }
}

fn only_version_of(metadata: &ServerMetadata) -> Option<ScopeVersion> {
    let capable = |name| metadata.has_capability(name);
    only(capable("permission-v1"), capable("permission-v2")).or_else(|| {
        if capable("permission-v1") {
            return None;
        }
        let listed = metadata.scopes_supported().unwrap_or_default();
        let has = |version| listed.iter().any(|scope| is_of_version(scope, version));
        only(has(ScopeVersion::V1), has(ScopeVersion::V2))
    })
}

const fn only(v1: bool, v2: bool) -> Option<ScopeVersion> {
    match (v1, v2) {
        (true, false) => Some(ScopeVersion::V1),
        (false, true) => Some(ScopeVersion::V2),
        _ => None,
    }
}

fn is_of_version(scope: &str, version: ScopeVersion) -> bool {
    matches!(Scope::parse(scope).kind(), ScopeKind::Resource(resource) if resource.version() == version)
}

#[cfg(test)]
mod tests;
