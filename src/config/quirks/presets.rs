//! What is known of vendors, as [`Quirks`].

use std::time::Duration;

use super::{DiscoveryHeader, PkceListing, Quirks, UnprefixedScopes, WildcardScopes};
use crate::protocol::{
    client_auth::{BasicEncoding, ClientIdInBody},
    scope::ScopeVersion,
};

/// Vendors. A preset is a beginning: each option can be set anew on it.
impl Quirks {
    /// Epic, after its documentation (<https://fhir.epic.com/Documentation?docId=oauth2>).
    ///
    /// | option | value | why |
    /// |---|---|---|
    /// | [`discovery_header`](Self::discovery_header) | `Epic-Client-ID`: the client id | a customer can set other endpoints for one client |
    /// | [`unprefixed_scopes`](Self::unprefixed_scopes) | as requested | `Patient.read` and `Patient.Read` are granted |
    /// | [`basic_encoding`](Self::basic_encoding) | form-encoded | the documentation demands it (also the default) |
    /// | [`client_id_in_body`](Self::client_id_in_body) | omitted | not beside Basic (also the default) |
    ///
    /// For the application to say: the client id (production and non-production have different ones), and a secret per
    /// customer. v2 scopes since August 2024 only, and as the application is registered: for an older customer add
    /// [`scope_version(ScopeVersion::V1)`](Self::scope_version). Refresh tokens are for confidential clients. Long
    /// launches: [`AuthorizeMethod::Post`](crate::options::AuthorizeMethod::Post).
    #[must_use]
    pub fn epic() -> Self {
        Self::none()
            .basic_encoding(BasicEncoding::FormEncoded)
            .client_id_in_body(ClientIdInBody::Omit)
            .discovery_header(DiscoveryHeader::client_id("Epic-Client-ID"))
            .unprefixed_scopes(UnprefixedScopes::AsRequested)
    }

    /// Oracle Health (Cerner Millennium), after its authorization guide (`cerner/fhir.cerner.com`,
    /// `content/authorization.md`).
    ///
    /// | option | value | why |
    /// |---|---|---|
    /// | [`scope_version`](Self::scope_version) | v1 | v2 is listed, and not taken from applications that are registered with v1 (`smart-on-fhir/cumulus-etl#403`) |
    /// | [`wildcard_scopes`](Self::wildcard_scopes) | refused | "not supported" |
    /// | [`min_refresh_interval`](Self::min_refresh_interval) | 60 s | more often may be throttled |
    /// | [`token_lifetime`](Self::token_lifetime) | 570 s | the life of all its tokens |
    ///
    /// For the application to say: **whether it is registered with SMART v2**, which is chosen once at registration
    /// (Oracle's Developer Portal guide). Then its v1 scopes are dropped without a word (`jwilleke/yourphr#338`), and
    /// [`scope_version(ScopeVersion::V2)`](Self::scope_version) is needed. And the issuer of id tokens, where it is the URL
    /// of the tenant's identity provider rather than the `issuer` of the metadata:
    /// [`id_token_issuer`](Self::id_token_issuer).
    ///
    /// `offline_access` is for confidential clients and not for providers; `online_access` ends with the session at the
    /// EHR. So that a refresh is refused one day is normal: the person launches again.
    #[must_use]
    pub fn oracle_health() -> Self {
        Self::none()
            .scope_version(ScopeVersion::V1)
            .wildcard_scopes(WildcardScopes::Refused)
            .min_refresh_interval(Duration::from_secs(60))
            .token_lifetime(Duration::from_secs(570))
    }

    /// athenahealth (athenaOne and athenaFlex), after public threads.
    ///
    /// | option | value | why |
    /// |---|---|---|
    /// | [`pkce_listing`](Self::pkce_listing) | ignored | PKCE works and was not listed for years (`smart-on-fhir/client-js#174`; also the default) |
    /// | [`authorization_parameter`](Self::authorization_parameter) | `response_mode`: `query` | athenaFlex sends a form POST otherwise (`athenahealth/apiserver-athenaFlex#172`) |
    ///
    /// For the application to say: [`aud`](Self::aud), if the server wants another address than its FHIR base URL there
    /// (athenaFlex with and without `/fhir/r4`: `athenahealth/apiserver-athenaFlex#156`, `#313`, `#383`), and scopes in the
    /// version that the release takes (`#356`). It grants a part of what was asked for where a provider may not do more
    /// (`#246`, `#347`).
    #[must_use]
    pub fn athenahealth() -> Self {
        Self::none()
            .pkce_listing(PkceListing::Ignored)
            .authorization_parameter("response_mode", "query")
    }
}
