//! What a preflight looks at: [`Check`].

use std::fmt;

use serde::{Serialize, Serializer};

/// What a preflight looks at. Its `Display` is its id, which never changes: `fhir-base-url`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Check {
    /// The configuration itself: what is missing and what cannot be used.
    Configuration,
    /// Whether the redirect URI can lead a browser back.
    RedirectUri,
    /// Whether an EHR answers at the FHIR base URL.
    FhirBaseUrl,
    /// Whether TLS with the EHR works, and if not, what is wrong with the certificate.
    Tls,
    /// Where the EHR sends whoever asks at the FHIR base URL.
    Redirect,
    /// Whether this machine's clock agrees with the EHR's.
    Clock,
    /// Whether the server metadata can be read and names what a launch needs.
    Metadata,
    /// Whether the EHR says that it can do what the registration wants.
    Capabilities,
    /// Whether the EHR lists this registration's way of client authentication.
    ClientAuth,
    /// Whether the EHR lists the algorithm of the signing key.
    SigningAlgorithm,
    /// Whether the EHR lists the PKCE method `S256`.
    Pkce,
    /// What the EHR's list says of the scopes, and what follows from those that are not asked for.
    Scopes,
    /// Whether there are keys to verify id tokens with.
    IdTokenKeys,
    /// Whether the EHR would find this application's public keys at their address.
    OwnKeys,
    /// Whether the EHR answers without an error where this client's browsers ask for its sign-in page.
    SignInPage,
    /// Whether the token endpoint accepts the credentials.
    TokenEndpoint,
    /// Whether the EHR gives the application a token without a user.
    BackendToken,
    /// Whether the EHR tells the application about the tokens of its callers.
    CallerTokens,
    /// Whether the application takes only callers' tokens that are for it.
    CallerAudience,
    /// Whether the application can register itself at the EHR.
    Registration,
    /// Whether the token store answers.
    Store,
    /// Whether the token store throws launches away when its memory is short.
    StoreEviction,
    /// Whether the token store keeps launches over its own restart.
    StoreDisk,
    /// Whether launches survive that a standby of the store takes over.
    StoreFailOver,
    /// Whether the store lets the application do what it has to.
    StoreRights,
    /// Whether one lost part of the store makes all of it unavailable.
    StoreCoverage,
    /// Whether launches can open in a frame of the EHR.
    Frames,
}

impl Check {
    /// Its id.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::RedirectUri => "redirect-uri",
            Self::FhirBaseUrl => "fhir-base-url",
            Self::Tls => "tls",
            Self::Redirect => "redirect",
            Self::Clock => "clock",
            Self::Metadata => "metadata",
            Self::Capabilities => "capabilities",
            Self::ClientAuth => "client-auth",
            Self::SigningAlgorithm => "signing-algorithm",
            Self::Pkce => "pkce",
            Self::Scopes => "scopes",
            Self::IdTokenKeys => "id-token-keys",
            Self::OwnKeys => "own-keys",
            Self::SignInPage => "sign-in-page",
            Self::TokenEndpoint => "token-endpoint",
            Self::BackendToken => "backend-token",
            Self::CallerTokens => "caller-tokens",
            Self::CallerAudience => "caller-audience",
            Self::Registration => "registration",
            Self::Store => "store",
            Self::StoreEviction => "store-eviction",
            Self::StoreDisk => "store-disk",
            Self::StoreFailOver => "store-fail-over",
            Self::StoreRights => "store-rights",
            Self::StoreCoverage => "store-coverage",
            Self::Frames => "frames",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// As its id.
impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
