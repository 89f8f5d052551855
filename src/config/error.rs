//! Everything that is wrong with a configuration, at once: [`ConfigError`].

use std::fmt;

use super::{cookies::CookiePolicyError, http::CertificateError, paths::PathError};
use crate::protocol::{
    client_auth::KeyError,
    network_guard::AllowedHostError,
    scope::{InvalidScope, Scopes},
    sign_in::SignInProblem,
    urls::UrlError,
};

/// Why a configuration cannot be built: every missing and every invalid value, so that all of them can be mended in one
/// go. No secret is in it.
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<ConfigProblem>,
}

/// One thing that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigProblem {
    /// Which EHR it is about (`EHR "Lakeside"`, or `EHR 2` when it has no name), if there are several.
    pub ehr: Option<String>,
    /// The field, by the name of its builder method or of what goes into it: `redirect_uri`, `private_key`, `kid`.
    pub field: &'static str,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// It is needed and not there, or empty.
    Missing,
    /// It is there and cannot be used.
    Invalid(InvalidReason),
}

/// Why a value cannot be used. Each message says how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReason {
    /// It is not a usable URL.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// It is not a usable key.
    #[error("(kid {kid:?}) {error}")]
    Key {
        /// The key's id, as configured.
        kid: String,
        /// Why the key is refused.
        error: KeyError,
    },
    /// Two different keys have the same id.
    #[error("{kid:?} names two different keys; give each key an id of its own")]
    DuplicateKid {
        /// The id.
        kid: String,
    },
    /// Two of the keys that sign for one registration have the same algorithm.
    #[error(
        "has the algorithm of another key; `PrivateKeyJwt::or` is for one key of the other one (RS384: RSA, ES384: P-384). A key \
         that was used before belongs into `PrivateKeyJwt::previous`"
    )]
    SameAlgorithm,
    /// [`PrivateKeyJwt::previous`](crate::PrivateKeyJwt::previous) was called more than once.
    #[error("is given more than once, and one is tried; publish the others with `PrivateKeyJwt::also_publish`")]
    SeveralPrevious,
    /// [`ClientSecretBasic::previous`](crate::ClientSecretBasic::previous) was called more than once.
    #[error("is given more than once, and one is tried; keep the one that the EHR accepted last")]
    SeveralPreviousSecrets,
    /// The lifetime of an assertion is outside what the specification allows.
    #[error("must be between 1 and 300 seconds (SMART App Launch 2.2 allows five minutes at most)")]
    AssertionLifetime,
    /// A secret and a key are configured for the same EHR.
    #[error(
        "a secret and a private key are both set; unset SMART_CLIENT_SECRET, or SMART_PRIVATE_KEY_PATH, SMART_KEY_ID \
         and SMART_JWKS_URI"
    )]
    SecretAndKey,
    /// A client id with `:` cannot be sent by HTTP Basic without encoding.
    #[error("contains `:`, which `BasicEncoding::Raw` cannot carry; use `BasicEncoding::FormEncoded`")]
    ColonInClientId,
    /// It contains a control character.
    #[error("contains a line end or another control character; was it copied with its line end?")]
    ControlCharacters,
    /// There are blanks before or behind it.
    #[error("has blanks before or behind it; take them away")]
    Blanks,
    /// It is the address of something below the FHIR base URL.
    #[error("is the address of something below the FHIR base URL; write `{write}`")]
    BehindTheBase {
        /// What the base URL is, as far as can be told.
        write: String,
    },
    /// A redirect URI without a path.
    #[error("has no path; the callback needs one of its own, such as https://app.example/auth/callback")]
    NoPath,
    /// Scopes with commas between them.
    #[error("has commas; separate scopes by spaces")]
    CommaInScopes,
    /// A frame ancestor is not an origin.
    #[error("must be an https origin without a path, for example https://ehr.example or https://*.ehr.example")]
    NotAnOrigin,
    /// A scope contains a character that RFC 6749 (section 3.3) does not allow.
    #[error("contains a quotation mark, a backslash or a character outside ASCII; separate scopes by single spaces")]
    ScopeCharacters,
    /// It is not a scope of SMART App Launch 2.2.
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    /// Scopes are required that a launch does not ask for, so no launch could open.
    #[error("`scopes` does not ask for {scopes}; ask for it there, or do not require it")]
    NotRequested {
        /// The scopes that are not asked for.
        scopes: Scopes,
    },
    /// It is not a usable path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The launch cookie cannot be set like this.
    #[error(transparent)]
    Cookie(#[from] CookiePolicyError),
    /// It holds no usable certificates.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// It is no client certificate that can be used.
    #[cfg(any(feature = "actix", feature = "reqwest"))]
    #[error(transparent)]
    ClientCertificate(#[from] crate::transport::client_certificate::ClientCertificateError),
    /// The store of the operating system has no root certificate that can be used.
    #[error(
        "found no usable certificate in the store of the operating system; install one (Debian: `ca-certificates`), name a \
         file in the environment variable SSL_CERT_FILE, or use `Roots::BuiltIn`"
    )]
    NoSystemRoots,
    /// It is no forward proxy that can be used.
    #[cfg(feature = "reqwest")]
    #[error(transparent)]
    Proxy(#[from] crate::transport::forward_proxy::ProxyError),
    /// It is no host that can be allowed.
    #[error(transparent)]
    AllowedHost(#[from] AllowedHostError),
    /// An id token is required, and not asked for.
    #[error("`IdTokenPolicy::Required` needs the scope `openid`; add it, or use `IdTokenPolicy::IfPresent`")]
    RequiredWithoutOpenid,
    /// Id tokens are to be looked at, and with endpoints that were configured by hand nobody says who issues them.
    #[error(
        "with endpoints that are configured by hand nobody says who issues id tokens: add `Quirks::id_token_issuer`, or \
         leave out the scope `openid`, or use `IdTokenPolicy::Ignore`"
    )]
    NoIssuer,
    /// A new sign-in cannot be demanded with this registration.
    #[error(transparent)]
    SignIn(#[from] SignInProblem),
    /// It is zero.
    #[error("must be more than zero")]
    Zero,
    /// It is longer than it may be.
    #[error("must be {} s at most", most.as_secs())]
    TooLong {
        /// The longest.
        most: std::time::Duration,
    },
    /// It cannot stand in a header.
    #[error("must be printable ASCII, such as `my-app/1.0`")]
    HeaderCharacters,
    /// A header of the metadata request that has no possible name, or one that is the crate's or the connection's own.
    #[error("`{name}` is no name for an additional header")]
    HeaderName {
        /// The name, as configured.
        name: &'static str,
    },
    /// A header that a request would have twice.
    #[error("the header `{name}` is given twice; leave one of them out")]
    RepeatedHeader {
        /// The name, as configured.
        name: &'static str,
    },
    /// An additional parameter of the authorization request that is the crate's own, comes twice or has no name.
    #[error("`{name}` is a parameter of the authorization request already, or no name for one")]
    Parameter {
        /// The name, as configured.
        name: &'static str,
    },
    /// An additional parameter of token requests that is the crate's own, comes twice or has no name.
    #[error("`{name}` is a parameter of token requests already, or no name for one")]
    TokenParameter {
        /// The name, as configured.
        name: &'static str,
    },
    /// It has no value.
    #[error("has an empty value; leave it out")]
    Empty,
    /// An option that looks at the metadata, beside endpoints that are configured so that it is never asked.
    #[error("needs the EHR's metadata, which is not asked when `endpoints` are configured; use one or the other")]
    NeedsMetadata,
    /// A scope for all resource types, at an EHR that refuses those.
    #[error(
        "has `*` in place of a resource type, which this EHR refuses; name the types, such as `patient/Patient.rs`"
    )]
    WildcardScope,
    /// A code that does not say that a refresh token is dead, or that is no OAuth error code.
    #[error("`{code}` never means that a refresh token is dead, and launches would end for it; take it out")]
    NotDead {
        /// The code; `unknown` when it is not of that form.
        code: String,
    },
    /// Two EHRs have the same FHIR base URL.
    #[error("is the same server as that of {other}; register each FHIR base URL once")]
    SameFhirBase {
        /// The other EHR.
        other: String,
    },
    /// The redirect URI does not lead to the application's callback.
    #[error(
        "has to be `{callback}`, or that with one more segment such as `{callback}/north`: one application has one \
         origin and one callback path"
    )]
    OtherCallback {
        /// The callback address of the application.
        callback: String,
    },
    /// A resolver answered with another EHR than the one it was asked for.
    #[error("is not the server that the resolver was asked for")]
    NotTheOneAsked,
    /// The application has scopes for itself, and nothing that proves who it is.
    #[error(
        "`backend_scopes` need a key or a secret, as nobody signs in there: add `.client_auth(PrivateKeyJwt::new(…))`"
    )]
    BackendWithoutCredentials,
    /// A scope that only a person can give, among those that the application has for itself.
    #[error("`{scope}` is a scope of launches, where a person signs in; for the application itself take `system/…`")]
    ScopeOfLaunches {
        /// The scope.
        scope: String,
    },
    /// What the authorization server has said of a caller's token is to be used for too long.
    #[error("must be 5 minutes at most: a token that was revoked goes on working for as long")]
    KeptTooLong,
    /// The server is given too long to answer about a caller's token.
    #[error("must be 30 seconds at most: callers wait for it")]
    AnsweredTooLate,
    /// A brand bundle is to be asked for more often than once a minute.
    #[error("must be a minute at least: bundles have tens of megabytes and change once a day or less")]
    RefreshedTooOften,
    /// Callers' tokens are to be introspected with a token that the registration cannot get.
    #[error("`IntrospectWith::BackendToken` needs a token of the application's own: add `.backend_scopes(…)`")]
    NoBackendToken,
    /// Launches are to be repeated standalone, and standalone launches are not offered.
    #[error("`Relaunch::Standalone` needs `StandaloneLaunch::Offered`")]
    RelaunchNotOffered,
}

impl ConfigError {
    pub(super) const fn new(problems: Vec<ConfigProblem>) -> Self {
        Self { problems }
    }

    /// The names of the fields that are missing, in the order of the configuration.
    #[must_use]
    pub fn missing(&self) -> Vec<&str> {
        self.of_missing().map(|problem| problem.field).collect()
    }

    /// Everything that is wrong.
    #[must_use]
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }

    fn of_missing(&self) -> impl Iterator<Item = &ConfigProblem> {
        self.problems
            .iter()
            .filter(|problem| problem.kind == ProblemKind::Missing)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing: Vec<String> = self.of_missing().map(ConfigProblem::place).collect();
        if missing.is_empty() {
            f.write_str("Configuration invalid:")?;
        } else {
            write!(f, "Configuration missing: {}", missing.join(", "))?;
        }
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

debug_is_its_text!(ConfigError);

impl std::error::Error for ConfigError {}

impl ConfigProblem {
    /// Where its value comes from.
    pub(crate) fn how_to_give(&self) -> &'static str {
        how_to_give(self.field)
    }

    /// The field, with its EHR when there are several.
    pub(crate) fn place(&self) -> String {
        match &self.ehr {
            Some(ehr) => format!("{} of {ehr}", self.field),
            None => self.field.to_owned(),
        }
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ProblemKind::Missing => write!(f, "{}: {}", self.place(), how_to_give(self.field)),
            ProblemKind::Invalid(reason) => write!(f, "{}: {reason}", self.place()),
        }
    }
}

/// Where a missing value comes from.
fn how_to_give(field: &str) -> &'static str {
    match field {
        "ehr" => {
            "register at least one EHR with `.ehr(Ehr::builder(\"https://…\"))`, or say that they come later: `.ehrs_come_later()`"
        }
        "fhir_base_url" => "the EHR's FHIR base URL: `Ehr::builder(…)` or FHIR_BASE_URL",
        "client_id" => "the id that the EHR gave you at registration: `.client_id(…)` or SMART_CLIENT_ID",
        "redirect_uri" => {
            "the callback address registered with the EHR, such as https://app.example/auth/callback: \
             `.redirect_uri(…)` or SMART_REDIRECT_URI"
        }
        "scopes" => {
            "what to ask for, such as `launch/patient patient/*.rs openid fhirUser`: `.scopes(…)` or SMART_SCOPES"
        }
        "client_secret" => "the secret is empty: `ClientAuth::client_secret(…)` or SMART_CLIENT_SECRET",
        "private_key" => "the key that signs: `PrivateKey::file(…)`, `PrivateKey::pem(…)` or SMART_PRIVATE_KEY_PATH",
        "other_private_key" => "the second key: `PrivateKeyJwt::or(kid, …)`",
        "other_kid" => "the id of the second key: `PrivateKeyJwt::or(kid, …)`",
        "kid" => "the key's id, as in the JWKS that the EHR knows: `PrivateKeyJwt::new(kid, …)` or SMART_KEY_ID",
        "authorization_endpoint" | "token_endpoint" => {
            "give both with `.endpoints(authorization, token)`, or neither, and the EHR's metadata is asked"
        }
        "sealing_keys" => {
            "the store has none, and what browsers keep while they sign in has to be sealed, with the same keys in all \
             processes: `.sealing_keys(…)`"
        }
        "registration_sealing_keys" => {
            "registrations in a store of your own are sealed with keys that survive a restart, the same in all processes: \
             `.sealing_keys(…)`"
        }
        "transport" => {
            "nothing here can send requests: switch the feature `reqwest` on (or `actix`, in an Actix application), or bring a \
             transport of your own with `.transport(…)`"
        }
        _ => "it was given empty; give a value or leave it out",
    }
}
