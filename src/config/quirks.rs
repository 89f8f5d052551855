//! What an EHR does differently, as data: [`Quirks`].
//!
//! [`choices`] has the values of the options, [`discovery_header`] the one that is more than a choice, [`check`] what a
//! configuration is refused for, [`apply`] what the rest of the crate asks, [`presets`] the vendors.

mod apply;
pub(super) mod check;
mod choices;
mod discovery_header;
mod presets;
mod token_request_extra;

use std::time::Duration;

pub use choices::{
    ActivityOnRefresh, PkceListing, PostedLaunches, RefreshScope, ScopeVersionChoice, UnprefixedScopes, WildcardScopes,
};
pub use discovery_header::DiscoveryHeader;
pub(crate) use token_request_extra::TokenExtra;

use super::policies::{Revocation, SubjectOnRefresh};
use crate::protocol::{
    client_auth::{AssertionAudience, AuthStyle, BasicEncoding, ClientIdInBody, ClientSecretIn},
    id_token::{NoncePolicy, OtherAudiences},
    secret::ClientSecret,
    token::PatientOnRefresh,
    token_type::TokenType,
};

/// What one EHR does differently from the specification, or where the specification leaves it a choice.
///
/// The default is what SMART App Launch 2.2 says. One value belongs to one registration
/// ([`EhrBuilder::quirks`](crate::EhrBuilder::quirks)). For Epic, Oracle Health and athenahealth there are presets, on
/// which single options can be set anew. [`guide::ehr_quirks`](crate::guide::ehr_quirks) lists what is known of which EHR,
/// and what of it needs no option.
///
/// Each option says where it comes from: the specification, a vendor's documentation, or a public thread
/// (`repository#number`). Vendors change their servers: look there again before you rely on one.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use actix_smart_auth::{Ehr, Quirks, options::RefreshScope, scope::ScopeVersion};
///
/// let ehr = Ehr::builder("https://ehr.example/fhir/r4").quirks(
///     Quirks::none()
///         .refresh_scope(RefreshScope::Granted)
///         .min_refresh_interval(Duration::from_secs(120)),
/// );
/// let oracle = Quirks::oracle_health().scope_version(ScopeVersion::V2);
/// # let _ = (ehr, oracle);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quirks {
    // Authentication of the client.
    pub(crate) auth: AuthStyle,

    // Identity.
    pub(crate) id_token_issuer: Option<String>,
    pub(crate) id_token_jwks_uri: Option<String>,
    pub(crate) nonce: NoncePolicy,
    pub(crate) clock_tolerance: Option<Duration>,
    pub(crate) other_audiences: OtherAudiences,
    pub(crate) subject_on_refresh: SubjectOnRefresh,

    // Discovery.
    pub(crate) discovery_headers: Vec<DiscoveryHeader>,
    pub(crate) pkce_listing: PkceListing,

    // Authorization request.
    pub(crate) scope_version: ScopeVersionChoice,
    pub(crate) wildcard_scopes: WildcardScopes,
    pub(crate) aud: Option<String>,
    pub(crate) posted_launches: PostedLaunches,
    pub(crate) authorization_parameters: Vec<(&'static str, String)>,

    // Token request.
    pub(crate) token_parameters: Vec<TokenExtra>,
    pub(crate) token_headers: Vec<TokenExtra>,

    // Token response.
    pub(crate) unprefixed_scopes: UnprefixedScopes,
    pub(crate) token_lifetime: Option<Duration>,
    pub(crate) token_type: TokenType,

    // End.
    pub(crate) revocation: Revocation,

    // Refresh.
    pub(crate) refresh_scope: RefreshScope,
    pub(crate) patient_on_refresh: PatientOnRefresh,
    pub(crate) activity_on_refresh: ActivityOnRefresh,
    pub(crate) min_refresh_interval: Option<Duration>,
    pub(crate) dead_refresh_codes: Vec<String>,
}

impl Quirks {
    /// No quirks: what the specification says.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }
}

/// Authentication of the client.
impl Quirks {
    /// How client id and secret are written into the `Authorization` header. Default: [`BasicEncoding::FormEncoded`],
    /// as RFC 6749 (section 2.3.1) says and Epic's documentation repeats.
    ///
    /// Servers that compare what they decoded from base64 as it is need [`BasicEncoding::Raw`]
    /// (`panva/openid-client#236`, 2020, `oauth-wg/oauth-v2-1#128`, 2022; the SMART launcher is one). It makes no difference for ids
    /// and secrets of letters, digits, `-`, `.`, `_` and `*`.
    #[must_use]
    pub const fn basic_encoding(mut self, encoding: BasicEncoding) -> Self {
        self.auth.basic_encoding = encoding;
        self
    }

    /// Whether a confidential client sends its id in the body too. Default: [`ClientIdInBody::Omit`], as the
    /// specification says; Epic's documentation forbids it beside Basic.
    ///
    /// No EHR is known to want it of a client that authenticates properly. The threads that name one are about refreshes
    /// without credentials: OpenEMR (`openemr/openemr#7182`, 2024) and public clients at Keycloak
    /// (`smart-on-fhir/client-js#175`, 2024). A public client sends its id in any case.
    #[must_use]
    pub const fn client_id_in_body(mut self, policy: ClientIdInBody) -> Self {
        self.auth.client_id_in_body = policy;
        self
    }
}

/// Authentication of the client: where the credentials stand.
impl Quirks {
    /// Whether a client secret is sent in the header or in the body, also for revocation and introspection. Default:
    /// [`ClientSecretIn::AsListed`], in the body where the metadata lists `client_secret_post` and not
    /// `client_secret_basic`.
    ///
    /// SMART App Launch 2.2 knows the header only. ModMed's metadata lists `client_secret_post` alone (2026); MEDITECH's
    /// sandbox lists both, and the secret goes into the body there (`mock-health/the-map`, 2026).
    #[must_use]
    pub const fn client_secret_in(mut self, place: ClientSecretIn) -> Self {
        self.auth.client_secret_in = place;
        self
    }

    /// For whom client assertions are (`aud`). Default: [`AssertionAudience::TokenEndpoint`], as SMART App Launch 2.2 says.
    ///
    /// RFC 7523bis will want the issuer (`oauth-wg/oauth-v2-1#183`, 2024, asks which is right), and some servers take nothing
    /// else already (`bluesky-social/atproto#4127`, 2025).
    #[must_use]
    pub fn assertion_audience(mut self, audience: AssertionAudience) -> Self {
        self.auth.assertion_audience = audience;
        self
    }
}

/// Identity.
impl Quirks {
    /// The issuer of this EHR's id tokens, where it is not the `issuer` of its metadata. Its keys are then looked up at
    /// `{issuer}/.well-known/openid-configuration`. Default: the metadata's.
    #[must_use]
    pub fn id_token_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.id_token_issuer = Some(issuer.into());
        self
    }

    /// Where the keys of this EHR's id tokens are, where neither its metadata nor its issuer says so, or wrongly. Default:
    /// the `jwks_uri` of the metadata; with [`id_token_issuer`](Self::id_token_issuer) that of the issuer's OpenID
    /// configuration.
    #[must_use]
    pub fn id_token_jwks_uri(mut self, url: impl Into<String>) -> Self {
        self.id_token_jwks_uri = Some(url.into());
        self
    }

    /// What an id token has to do with the nonce of its sign-in. Default: [`NoncePolicy::IfReturned`], as SMART servers
    /// need not support it (SMART App Launch 2.2 demands of OpenID Connect what the code flow needs, and no nonce).
    #[must_use]
    pub const fn nonce(mut self, policy: NoncePolicy) -> Self {
        self.nonce = policy;
        self
    }

    /// How far this EHR's clock may differ from ours: the times in its id tokens (`exp`, `iat`, `nbf`, `auth_time`) are
    /// compared with it. Default: 60 s; at most 10 minutes.
    ///
    /// A server whose clock runs ahead issues tokens from the future (`panva/openid-client#126`, 2018); the line in the log
    /// names the difference. Where this machine's clock is wrong, correct that instead.
    #[must_use]
    pub const fn clock_tolerance(mut self, tolerance: Duration) -> Self {
        self.clock_tolerance = Some(tolerance);
        self
    }

    /// Whether an id token that is for others beside us has to say that it was issued to us (`azp`). Default:
    /// [`OtherAudiences::WithAuthorizedParty`] (OpenID Connect Core 1.0, section 3.1.3.7). Errata set 2 dropped that rule
    /// (`panva/openid-client#569`, 2023, `hashicorp/cap#53`, 2022).
    #[must_use]
    pub const fn other_audiences(mut self, policy: OtherAudiences) -> Self {
        self.other_audiences = policy;
        self
    }

    /// What happens when a refresh brings the id token of another user. Default: [`SubjectOnRefresh::EndIfOther`] (OpenID
    /// Connect Core 1.0, section 12.2).
    #[must_use]
    pub const fn subject_on_refresh(mut self, policy: SubjectOnRefresh) -> Self {
        self.subject_on_refresh = policy;
        self
    }
}

/// The end of a launch.
impl Quirks {
    /// Whether tokens are revoked when their launch ends. Default: [`Revocation::WhereOffered`] (RFC 7009).
    #[must_use]
    pub const fn revocation(mut self, policy: Revocation) -> Self {
        self.revocation = policy;
        self
    }
}

/// Discovery.
impl Quirks {
    /// Sends one more header when the metadata (`.well-known/smart-configuration`) is fetched, and nowhere else. Can be
    /// repeated. Default: none.
    ///
    /// Epic wants to know who asks (`Epic-Client-ID`), as a customer can set other endpoints for one client (its OAuth 2.0
    /// specification, 2026; that a customer does was not seen in public).
    #[must_use]
    pub fn discovery_header(mut self, header: DiscoveryHeader) -> Self {
        self.discovery_headers.push(header);
        self
    }

    /// What it means that the metadata does not list the PKCE method `S256`. Default: [`PkceListing::Ignored`].
    ///
    /// `S256` is sent in any case. athenaOne supported it before it listed it (`smart-on-fhir/client-js#174`, 2023). Every
    /// metadata that was read in 2026 lists it: Epic, Oracle Health, athenaOne, MEDITECH, NextGen, eClinicalWorks,
    /// Veradigm, ModMed.
    #[must_use]
    pub const fn pkce_listing(mut self, policy: PkceListing) -> Self {
        self.pkce_listing = policy;
        self
    }
}

/// Authorization request.
impl Quirks {
    /// In which version of SMART's grammar resource scopes are asked for. Default: [`ScopeVersionChoice::AsConfigured`].
    ///
    /// A [`ScopeVersion`](crate::scope::ScopeVersion) says always that one. What is rewritten how, and what v1 cannot say, is at
    /// [`Scopes::in_version`](crate::scope::Scopes::in_version).
    ///
    /// Oracle Health lists both versions, and was seen to drop the one that the application is not registered with
    /// (`jwilleke/yourphr#338`, 2026). Epic answers in the version that is chosen on the application's page, and in v1 where
    /// the customer's version is of August 2024 or older (its documentation of 2026; one of its pages says August, the
    /// other November 2024).
    #[must_use]
    pub fn scope_version(mut self, choice: impl Into<ScopeVersionChoice>) -> Self {
        self.scope_version = choice.into();
        self
    }

    /// Whether the configured scopes may have `*` in place of a resource type. Default: [`WildcardScopes::Allowed`].
    ///
    /// Oracle Health does not support them (its guide, 2024), and leaves them out of the grant without an error (reported in
    /// its forum, 2026). Refused here, the configuration does not build, rather than every launch lack them.
    #[must_use]
    pub const fn wildcard_scopes(mut self, policy: WildcardScopes) -> Self {
        self.wildcard_scopes = policy;
        self
    }

    /// What is sent as `aud`, in every launch. Default: the FHIR base URL; in a launch from the EHR `iss`, byte for byte.
    ///
    /// Some servers want another address of theirs there: one without, or one with the path of the FHIR server
    /// (athenaPractice and athenaFlow: `/fhir` in `athenahealth/apiserver-athenaFlex#156`, 2020, either in `#313`, 2024,
    /// `/fhir/r4` in `#383`, 2026). It changes nothing about where FHIR requests and the token go.
    #[must_use]
    pub fn aud(mut self, aud: impl Into<String>) -> Self {
        self.aud = Some(aud.into());
        self
    }

    /// Which launches may send their authorization request by POST. Default: [`PostedLaunches::Every`].
    ///
    /// The capability `authorize-post` does not tell the two kinds of launches apart. Epic lists it and takes POST in
    /// launches from the EHR only (its OAuth 2.0 specification and tutorial, 2026).
    #[must_use]
    pub const fn posted_launches(mut self, which: PostedLaunches) -> Self {
        self.posted_launches = which;
        self
    }

    /// Sends one more parameter with every authorization request. Can be repeated, with different names. Default: none.
    ///
    /// `prompt` is a list of words with spaces between them; a demand for a new sign-in
    /// ([`EhrBuilder::sign_in`](crate::EhrBuilder::sign_in)) adds `login` to it.
    ///
    /// athenaPractice and athenaFlow send the answer as a form POST, which brings no `SameSite=Lax` cookie along, unless
    /// `response_mode` is `query` (`athenahealth/apiserver-athenaFlex#159`, 2020, `#172`, 2021).
    #[must_use]
    pub fn authorization_parameter(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.authorization_parameters.push((name, value.into()));
        self
    }
}

/// Token request.
impl Quirks {
    /// Sends one more parameter with every token request, exchange and refresh alike. Can be repeated, with different names.
    /// Default: none.
    ///
    /// For servers that want to know more, for example `resource` (RFC 8707) or `audience`. The value may be a secret: it is in
    /// no log line and no `Debug`.
    #[must_use]
    pub fn token_parameter(mut self, name: &'static str, value: impl Into<ClientSecret>) -> Self {
        let value = value.into();
        self.token_parameters.push(TokenExtra { name, value });
        self
    }

    /// Sends one more header with every token request, exchange and refresh alike. Can be repeated, with different names.
    /// Default: none.
    ///
    /// For gateways that want a key in front of the token endpoint. The value may be a secret: it is in no log line and no
    /// `Debug`.
    #[must_use]
    pub fn token_header(mut self, name: &'static str, value: impl Into<ClientSecret>) -> Self {
        let value = value.into();
        self.token_headers.push(TokenExtra { name, value });
        self
    }
}

/// Token response.
impl Quirks {
    /// What a granted resource scope without `patient/`, `user/` or `system/` means. Default:
    /// [`UnprefixedScopes::Verbatim`].
    ///
    /// Epic's OAuth 2.0 specification shows `Patient.read` and `Patient.Read`; the samples of its tutorial (2026) have the
    /// context.
    #[must_use]
    pub const fn unprefixed_scopes(mut self, policy: UnprefixedScopes) -> Self {
        self.unprefixed_scopes = policy;
        self
    }

    /// How long this EHR's access tokens live when it does not say (`expires_in`). Default:
    /// [`SmartConfigBuilder::default_token_lifetime`](crate::SmartConfigBuilder::default_token_lifetime).
    ///
    /// RFC 6749 (section 5.1) only recommends `expires_in`, so a server may leave it out. One sandbox did
    /// (`cds-hooks/sandbox#65`, 2018); which EHRs do was not found.
    #[must_use]
    pub const fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = Some(lifetime);
        self
    }

    /// What a missing `token_type` means, or another one than `Bearer`. Default: [`TokenType::Required`] (RFC 6749, section
    /// 5.1). The answer to a refresh may leave it out in any case.
    ///
    /// Servers without it: `ramosbugs/oauth2-rs#234`, 2023. With `BearerToken`: `spring-projects/spring-security#8598`, 2020,
    /// and Apigee by `DuendeArchive/Support#1413`, 2024.
    #[must_use]
    pub const fn token_type(mut self, policy: TokenType) -> Self {
        self.token_type = policy;
        self
    }
}

/// Refresh.
impl Quirks {
    /// Whether a refresh names scopes. Default: [`RefreshScope::Omit`].
    ///
    /// Some servers refresh only with `scope`, others only without it (`onc-healthit/inferno-community#246`, 2019, which
    /// names none).
    #[must_use]
    pub const fn refresh_scope(mut self, policy: RefreshScope) -> Self {
        self.refresh_scope = policy;
        self
    }

    /// Whether a refresh says that the person is at work. Default: [`ActivityOnRefresh::NotSaid`].
    ///
    /// A refresh token of Oracle Health for `online_access` dies after `active_ttl` seconds in which nobody has said so (its guide,
    /// `active-user-presence.md`, 2024).
    #[must_use]
    pub const fn activity_on_refresh(mut self, policy: ActivityOnRefresh) -> Self {
        self.activity_on_refresh = policy;
        self
    }

    /// What it means that a refresh names a patient where the launch has none. Default: [`PatientOnRefresh::Ignored`], with one
    /// line in the log.
    ///
    /// Blue Button names the patient only then (`jwilleke/yourphr#293`, 2026, quoting its documentation).
    #[must_use]
    pub const fn patient_on_refresh(mut self, policy: PatientOnRefresh) -> Self {
        self.patient_on_refresh = policy;
        self
    }

    /// The shortest time between two refreshes of one launch, failed ones included, while its token is usable. Default:
    /// between two successes the smaller of one minute and half of the token's life; after a failure what the EHR asks
    /// for, else 1, 2, 4 … 60 seconds.
    ///
    /// Oracle Health may throttle a client that refreshes more often than once a minute (its guide, 2024). A token that is
    /// not usable any more is refreshed all the same: the person could not go on otherwise.
    #[must_use]
    pub const fn min_refresh_interval(mut self, interval: Duration) -> Self {
        self.min_refresh_interval = Some(interval);
        self
    }

    /// OAuth error codes with which this EHR says that a refresh token will never work again, besides `invalid_grant`:
    /// the launch then ends at once. Default: none; `invalid_request`, `invalid_scope`, `unauthorized_client` and
    /// `unsupported_grant_type` then end it once its access token is not usable any more.
    ///
    /// Medplum answers `invalid_request` to a refresh token that was used before (`medplum/medplum#9113`, 2026).
    #[must_use]
    pub fn dead_refresh_codes<S: Into<String>>(mut self, codes: impl IntoIterator<Item = S>) -> Self {
        self.dead_refresh_codes = codes.into_iter().map(Into::into).collect();
        self
    }
}
