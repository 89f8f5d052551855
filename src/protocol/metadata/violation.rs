//! One thing that a metadata document gets wrong: [`MetadataViolation`].

use crate::protocol::urls::UrlError;

/// One way in which a metadata document breaks SMART App Launch 2.2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataViolation {
    /// A member has the wrong JSON type, or an array has items of the wrong type; those were left out.
    #[error("`{field}` is not {expected}; what does not fit is ignored")]
    WrongType {
        /// The member.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// An endpoint cannot be used and was left out.
    #[error("`{field}` {reason}; it is ignored")]
    Url {
        /// The member.
        field: &'static str,
        /// Which rule it breaks.
        reason: UrlError,
    },
    /// An endpoint is relative. It was resolved against the FHIR base URL.
    #[error("`{field}` is a relative URL; it must be absolute")]
    RelativeUrl {
        /// The member.
        field: &'static str,
    },
    /// There is white space around an endpoint. It was cut off.
    #[error("`{field}` has white space around the URL")]
    BlanksAroundUrl {
        /// The member.
        field: &'static str,
    },
    /// A member that every server must send is not there.
    #[error("`{field}` is missing")]
    Missing {
        /// The member.
        field: &'static str,
    },
    /// A member that a capability of this server makes necessary is not there.
    #[error("`{field}` is missing, though the server lists the capability `{capability}`")]
    MissingForCapability {
        /// The member.
        field: &'static str,
        /// The capability.
        capability: &'static str,
    },
    /// A list lacks a value that a capability of this server makes necessary.
    #[error("`{field}` does not list `{value}`, though the server lists the capability `{capability}`")]
    NotListed {
        /// The list.
        field: &'static str,
        /// The value.
        value: &'static str,
        /// The capability.
        capability: &'static str,
    },
    /// There is an issuer, though users are not signed in with OpenID Connect.
    #[error("`issuer` must be left out when the capability `sso-openid-connect` is not listed")]
    IssuerWithoutOpenIdConnect,
    /// PKCE with SHA-256 is not listed.
    #[error("`code_challenge_methods_supported` does not list `S256`")]
    S256NotListed,
    /// PKCE without a hash is listed.
    #[error("`code_challenge_methods_supported` lists `plain`, which is forbidden")]
    PlainListed,
    /// Neither of the algorithms of which a server must accept one is accepted for the assertions of clients.
    #[error("`token_endpoint_auth_signing_alg_values_supported` lists neither `RS384` nor `ES384`")]
    NoKnownAlgorithm,
}
