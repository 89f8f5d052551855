//! What real servers do differently: [`Peculiarity`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::written::seconds;

/// One thing that a real server does otherwise than SMART App Launch 2.2 says, or than most do.
///
/// Given to [`SandboxBuilder::peculiarity`](super::SandboxBuilder::peculiarity). They describe the *server*, after its
/// vendor's documentation or a public thread, and can be combined. [`SandboxBuilder::like`](super::SandboxBuilder::like)
/// gives all that are known of one vendor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Peculiarity {
    /// `.well-known/smart-configuration` is XML for whoever does not accept `application/json`. SMART App Launch 2.2
    /// forbids it, and no vendor is known for it: at Epic it is so at `/metadata` only (its OAuth 2.0 specification, 2026).
    XmlUnlessJsonIsAccepted,
    /// The metadata names the client's endpoints only to whoever sends the id of a registered client in this header,
    /// which is given in lower case. Others get addresses at which nothing is served (Epic's OAuth 2.0 specification, 2026:
    /// `epic-client-id`).
    EndpointsPerClient {
        /// The name of the header.
        header: String,
    },
    /// The metadata lacks this member although the server has what it is about (`smart-on-fhir/client-js#174`:
    /// athenahealth and `code_challenge_methods_supported`).
    Unlisted(String),
    /// There is no revocation endpoint. SMART App Launch 2.2 only recommends one; none is in Epic's metadata (2026).
    NoRevocation,
    /// Revoking a token ends every grant that its user has given to the client, as with servers that keep one grant per
    /// user and client (RFC 7009, section 2.1, leaves that to the server).
    OneGrantPerUser,

    /// A v2 resource scope gets `invalid_scope`, or is left out with [`ScopesDropped`](Self::ScopesDropped), although the
    /// metadata lists `permission-v2` (`smart-on-fhir/cumulus-etl#403`, 2025, says of Oracle Health that it does not take
    /// them; with which answer it does not say).
    #[serde(rename = "only-scopes-of-version-1")]
    OnlyScopesOfVersion1,
    /// A v1 resource scope gets `invalid_scope`, or is left out with [`ScopesDropped`](Self::ScopesDropped)
    /// (`jwilleke/yourphr#338`, 2026: Oracle Health leaves them out for an application that is registered with v2).
    #[serde(rename = "only-scopes-of-version-2")]
    OnlyScopesOfVersion2,
    /// A scope for all resource types gets `invalid_scope`, or is left out with [`ScopesDropped`](Self::ScopesDropped)
    /// (Oracle Health's guide, 2024: not supported).
    NoWildcardScopes,
    /// Scopes that this server does not take are left out of the grant, and nobody is told (`jwilleke/yourphr#338`, 2026:
    /// Oracle Health).
    ScopesDropped,
    /// What is granted is what was asked for and is registered ([`SandboxClient::scopes`](super::SandboxClient::scopes)),
    /// written as it is registered, in the version of the registration (Epic's OAuth 2.0 specification and tutorial, 2026).
    RegisteredScopes,
    /// An authorization request by POST is refused unless it has a `launch`, although the metadata lists `authorize-post`
    /// (Epic's OAuth 2.0 specification and tutorial, 2026; how it refuses is invented).
    PostFromEhrOnly,
    /// `aud` has to be this instead of the FHIR base URL (`athenahealth/apiserver-athenaFlex#313`).
    Audience(String),
    /// The answer to an authorization request comes as a form POST, unless the request has `response_mode=query`
    /// (`athenahealth/apiserver-athenaFlex#172`). In [`Mode::Automatic`](super::Mode::Automatic).
    FormPost,
    /// Errors have an `error_uri` and no description, at the callback and in the answers of the token endpoint (Oracle
    /// Health's guide, 2024).
    ErrorUriOnly,

    /// `prompt=login` and `max_age` ask nobody to sign in again: whoever is signed in stays so. SMART App Launch leaves
    /// both to the server. In [`Mode::Automatic`](super::Mode::Automatic).
    SignInKept,
    /// Id tokens have no `auth_time`, although `max_age` was sent. SMART App Launch leaves that to the server too.
    NoAuthTime,

    /// The credentials of HTTP Basic are compared as they are after base64 (`panva/openid-client#236`).
    UndecodedBasic,
    /// A refresh without `client_id` in the body gets `invalid_request`, whatever else authenticates the client. In other
    /// token requests it may be there (what `openemr/openemr#7182`, 2024, reports of requests without credentials).
    ClientIdOnRefresh,

    /// A client's assertions have this algorithm; others are refused, and the metadata lists it alone: `RS384` or `ES384`. SMART App Launch 2.2
    /// (Client Authentication: Asymmetric) asks a server for one of the two.
    OneAssertionAlgorithm(String),

    /// `token_type` is `bearer` (Epic's OAuth 2.0 specification, 2026).
    LowercaseTokenType,
    /// The token response has the `state` of the authorization request (Epic's OAuth 2.0 specification, 2026).
    StateEchoed,
    /// `need_patient_banner` is a text (Epic's tutorial, 2026).
    BannerAsText,
    /// Granted resource scopes come without their context, with a capital (`Patient.Read`) and with a space at the end
    /// (samples in Epic's OAuth 2.0 specification; those of its tutorial of 2026 have the context).
    UnprefixedScopes,
    /// `offline_access` and `online_access` are not in the granted scopes, although there is a refresh token
    /// (`smart-on-fhir/client-js#138`, 2021: Epic, whose samples of 2026 have it).
    OfflineAccessNotEchoed,
    /// A public client gets no refresh token (Epic's tutorial, 2026).
    NoRefreshForPublic,

    /// A refresh without `scope` gets `invalid_request` (`onc-healthit/inferno-community#246`).
    RefreshWithScope,
    /// A refresh with `scope` gets `invalid_scope` (the same thread).
    RefreshWithoutScope,
    /// A refresh so soon after the one before, failed or not, gets 429 (Oracle Health's guide, 2024: below one minute it
    /// may).
    RefreshThrottled(#[serde(with = "seconds")] Duration),
    /// A refresh token that was used before gets `invalid_request` instead of `invalid_grant`, and nothing is revoked
    /// (`medplum/medplum#9113`, 2026).
    SpentIsInvalidRequest,
}
