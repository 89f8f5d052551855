//! What real servers do differently: [`Peculiarity`].

use std::time::Duration;

/// One thing that a real server does otherwise than SMART App Launch 2.2 says, or than most do.
///
/// Given to [`SandboxBuilder::peculiarity`](super::SandboxBuilder::peculiarity). They describe the *server*, after its
/// vendor's documentation or a public thread, and can be combined. [`SandboxBuilder::like`](super::SandboxBuilder::like)
/// gives all that are known of one vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peculiarity {
    /// The metadata is XML for whoever does not accept `application/json` (Epic's documentation).
    XmlUnlessJsonIsAccepted,
    /// The metadata names the client's endpoints only to whoever sends the id of a registered client in this header,
    /// which is given in lower case. Others get addresses at which nothing is served (Epic's documentation:
    /// `epic-client-id`).
    EndpointsPerClient {
        /// The name of the header.
        header: String,
    },
    /// The metadata lacks this member although the server has what it is about (`smart-on-fhir/client-js#174`:
    /// athenahealth and `code_challenge_methods_supported`).
    Unlisted(String),
    /// There is no revocation endpoint (Oracle Health's documentation).
    NoRevocation,
    /// Revoking a token ends every grant that its user has given to the client, as with servers that keep one grant per
    /// user and client (RFC 7009, section 2.1, leaves that to the server).
    OneGrantPerUser,

    /// A v2 resource scope gets `invalid_scope`, although the metadata lists `permission-v2`
    /// (`smart-on-fhir/cumulus-etl#403`: Oracle Health).
    OnlyScopesOfVersion1,
    /// A v1 resource scope gets `invalid_scope` (`athenahealth/apiserver-athenaFlex#356`).
    OnlyScopesOfVersion2,
    /// A scope for all resource types gets `invalid_scope` (Oracle Health's documentation).
    NoWildcardScopes,
    /// What is granted are the scopes of the registration ([`SandboxClient::scopes`](super::SandboxClient::scopes)),
    /// whatever was asked for (Epic's documentation).
    RegisteredScopes,
    /// `aud` has to be this instead of the FHIR base URL (`athenahealth/apiserver-athenaFlex#313`).
    Audience(String),
    /// The answer to an authorization request comes as a form POST, unless the request has `response_mode=query`
    /// (`athenahealth/apiserver-athenaFlex#172`). In [`Mode::Automatic`](super::Mode::Automatic).
    FormPost,
    /// Errors have an `error_uri` and no description (Oracle Health's documentation).
    ErrorUriOnly,

    /// `prompt=login` and `max_age` ask nobody to sign in again: whoever is signed in stays so. SMART App Launch leaves
    /// both to the server. In [`Mode::Automatic`](super::Mode::Automatic).
    SignInKept,
    /// Id tokens have no `auth_time`, although `max_age` was sent. SMART App Launch leaves that to the server too.
    NoAuthTime,

    /// The credentials of HTTP Basic are compared as they are after base64 (`panva/openid-client#236`).
    UndecodedBasic,
    /// A refresh without `client_id` in the body gets `invalid_request`, whatever else authenticates the client. In other
    /// token requests it may be there (`openemr/openemr#7182`).
    ClientIdOnRefresh,

    /// `token_type` is `bearer` (Epic's documentation).
    LowercaseTokenType,
    /// The token response has the `state` of the authorization request (Epic's documentation).
    StateEchoed,
    /// `need_patient_banner` is a text (Epic's documentation).
    BannerAsText,
    /// Granted resource scopes come without their context, with a capital (`Patient.Read`) and with a space at the end
    /// (Epic's documentation).
    UnprefixedScopes,
    /// `offline_access` and `online_access` are not in the granted scopes, although there is a refresh token
    /// (`smart-on-fhir/client-js#138`: Epic).
    OfflineAccessNotEchoed,
    /// A public client gets no refresh token (Epic's documentation).
    NoRefreshForPublic,

    /// A refresh without `scope` gets `invalid_request` (`onc-healthit/inferno-community#246`).
    RefreshWithScope,
    /// A refresh with `scope` gets `invalid_scope` (the same thread).
    RefreshWithoutScope,
    /// A refresh so soon after the one before, failed or not, gets 429 (Oracle Health's documentation: one minute).
    RefreshThrottled(Duration),
    /// A refresh token that was used before gets `invalid_request` instead of `invalid_grant`, and nothing is revoked
    /// (`medplum/medplum#9113`).
    SpentIsInvalidRequest,
}
