//! What is known of vendors, as [`Quirks`].

use std::time::Duration;

use super::{
    ActivityOnRefresh, DiscoveryHeader, PkceListing, PostedLaunches, Quirks, UnprefixedScopes, WildcardScopes,
};
use crate::protocol::{
    client_auth::{BasicEncoding, ClientIdInBody},
    scope::ScopeVersion,
};

/// Vendors. A preset is a beginning: each option can be set anew on it. Where each line comes from, with more that is known
/// and needs no option, is in [`guide::ehr_quirks`](crate::guide::ehr_quirks).
impl Quirks {
    /// Epic, after the two pages of its documentation about OAuth 2.0 (`fhir.epic.com`, `docId=oauth2` and
    /// `docId=oauth2tutorial`, as of 2026).
    ///
    /// | option | value | why |
    /// |---|---|---|
    /// | [`discovery_header`](Self::discovery_header) | `Epic-Client-ID`: the client id | a customer can set other endpoints for one client |
    /// | [`posted_launches`](Self::posted_launches) | from the EHR | POST is taken in launches from the EHR only, although `authorize-post` is listed |
    /// | [`unprefixed_scopes`](Self::unprefixed_scopes) | as requested | older samples grant `Patient.read` and `Patient.Read` |
    /// | [`basic_encoding`](Self::basic_encoding) | form-encoded | the documentation demands it (also the default) |
    /// | [`client_id_in_body`](Self::client_id_in_body) | omitted | not beside Basic (also the default) |
    ///
    /// For the application to say: the client id (production and non-production have different ones), and a secret per
    /// customer. Whether scopes are v1 or v2 is chosen on the application's page at Epic. Up to and including August 2024
    /// a customer's server answers with v1 all the same (one page says August 2024, the other November 2024): for those
    /// add [`scope_version(ScopeVersion::V1)`](Self::scope_version).
    ///
    /// Refresh tokens are for confidential clients whose page at Epic has *Requires Persistent Access* ticked; the scope
    /// `offline_access` alone brings none. EC keys are taken by JWK Set URL only; RSA keys can be uploaded as well.
    #[must_use]
    pub fn epic() -> Self {
        Self::none()
            .basic_encoding(BasicEncoding::FormEncoded)
            .client_id_in_body(ClientIdInBody::Omit)
            .discovery_header(DiscoveryHeader::client_id("Epic-Client-ID"))
            .posted_launches(PostedLaunches::FromEhr)
            .unprefixed_scopes(UnprefixedScopes::AsRequested)
    }

    /// Oracle Health (Cerner Millennium), after its authorization guide (`cerner/fhir.cerner.com`,
    /// `content/authorization.md`, last state of May 2024).
    ///
    /// | option | value | why |
    /// |---|---|---|
    /// | [`scope_version`](Self::scope_version) | v1 | both versions are listed, and one is taken: that of the registration. Which one that is nobody can guess; v1 is the older |
    /// | [`wildcard_scopes`](Self::wildcard_scopes) | refused | "not supported"; seen to be left out of the grant without an error |
    /// | [`min_refresh_interval`](Self::min_refresh_interval) | 60 s | more often may be throttled |
    /// | [`token_lifetime`](Self::token_lifetime) | 570 s | the life of all its tokens |
    /// | [`activity_on_refresh`](Self::activity_on_refresh) | `active_at` | where the token response has `active_ttl`, the refresh token dies without it |
    ///
    /// For the application to say:
    ///
    /// - **whether it is registered with SMART v2**, a choice in Oracle's console. Then its v1 scopes are dropped without
    ///   a word (`jwilleke/yourphr#338`, 2026), and [`scope_version(ScopeVersion::V2)`](Self::scope_version) is needed;
    /// - **what it cannot work without**, as
    ///   [`EhrBuilder::required_scopes`](crate::EhrBuilder::required_scopes): scopes that are not granted are dropped
    ///   without an error as long as one is left, and the FHIR server would be the first to say so;
    /// - the issuer of id tokens, which is the URL of the tenant's identity provider rather than the `issuer` of the
    ///   metadata: [`id_token_issuer`](Self::id_token_issuer).
    ///
    /// Which refresh tokens there are is decided by the type of access in the registration: an application of the type
    /// *Online* is not granted `offline_access`, without an error. `online_access` ends with the session at the EHR, and when
    /// nobody is at work where the token response has `active_ttl`. So that a refresh is refused one day is normal: the person
    /// launches again.
    #[must_use]
    pub fn oracle_health() -> Self {
        Self::none()
            .scope_version(ScopeVersion::V1)
            .wildcard_scopes(WildcardScopes::Refused)
            .min_refresh_interval(Duration::from_secs(60))
            .token_lifetime(Duration::from_secs(570))
            .activity_on_refresh(ActivityOnRefresh::ActiveAt)
    }

    /// athenahealth. It has two products whose servers have nothing to do with each other; this preset fits both. For
    /// athenaOne it changes nothing, as `response_mode=query` is the default there, by OAuth.
    ///
    /// | option | value | athenaOne | athenaPractice, athenaFlow |
    /// |---|---|---|---|
    /// | [`pkce_listing`](Self::pkce_listing) | ignored (also the default) | PKCE worked before it was listed (`smart-on-fhir/client-js#174`, 2023); its metadata lists it (2026) | nothing is known |
    /// | [`authorization_parameter`](Self::authorization_parameter) | `response_mode`: `query` | asks for what OAuth does anyway | the answer is a form POST otherwise (`athenahealth/apiserver-athenaFlex#159`, 2020, `#172`, 2021) |
    ///
    /// athenaOne is one server for all customers. Its id tokens are issued by another host, which the metadata names.
    ///
    /// athenaPractice and athenaFlow are run by each customer. For the application to say there: [`aud`](Self::aud), if
    /// the server wants another address than its FHIR base URL (`athenahealth/apiserver-athenaFlex#156`, 2020, `#313`,
    /// 2024, `#383`, 2026). They grant a part of what was asked for where a provider may not do more (`#246`, 2022,
    /// `#347`, 2025). Their staff write scopes in v1, and recommend user scopes instead of system scopes (`#405`, 2026).
    #[must_use]
    pub fn athenahealth() -> Self {
        Self::none()
            .pkce_listing(PkceListing::Ignored)
            .authorization_parameter("response_mode", "query")
    }
}
