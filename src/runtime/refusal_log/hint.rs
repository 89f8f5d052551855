//! What to try where an EHR does not accept the credentials.

use crate::{
    config::Origin,
    protocol::client_auth::credentials::{ClientCredentials, CredentialSlot},
    runtime::clocks::Clocks,
    store::CredentialKind,
};

const NOT_DECODED: &str = "client id or secret have characters that are sent percent-encoded, as RFC 6749 says, and this EHR may not \
     decode them: try `Quirks::basic_encoding(BasicEncoding::Raw)`. Some EHRs want the client id in the body too: \
     `Quirks::client_id_in_body(ClientIdInBody::Send)`. If neither helps, compare client id and secret with the EHR's";

const NO_CREDENTIALS: &str = "this registration sends no credentials. If the EHR gave the application a secret, or knows a key of it, \
     configure that: `.client_auth(…)`, or SMART_CLIENT_SECRET, or SMART_PRIVATE_KEY_PATH. If not, compare the client id \
     with the EHR's";

const SECRET_IN_HEADER: &str = "compare client id and secret with the EHR's. Some EHRs want the secret in the body: \
     `Quirks::client_secret_in(ClientSecretIn::Always(SecretPlacement::Body))`; some want the client id in the body too: \
     `Quirks::client_id_in_body(ClientIdInBody::Send)`";

const SECRET_IN_BODY: &str = "compare client id and secret with the EHR's. Some EHRs want the secret in the header: \
     `Quirks::client_secret_in(ClientSecretIn::Always(SecretPlacement::Header))`";

const SET_THE_CLOCK: &str = "the clocks differ: set this machine's clock first (NTP). An assertion is good for minutes, so the key is \
     probably right. If the EHR refuses it still, compare the public key that `jwks_url` serves under this `kid`, or \
     `SmartConfig::jwks` where you handed it over by value, with the one that the EHR has";

const COMPARE_THE_KEY: &str = "the EHR has to have this public key under this `kid`: compare the one that `jwks_url` serves, or \
     `SmartConfig::jwks` where you handed it over by value, with the one that the EHR has, see that this URL is the one that is registered there, character by character, and that the EHR reaches it";

const REGISTERED_ITSELF: &str = "the application registered this client by itself, and the EHR may have deleted it since: look into its list \
     of clients. Where it is gone, `KeptRegistrations::forget` has the application registered anew when it is next needed (or call \
     `Registrar::register` again); launches of this client end then. Where it is there and has never worked, look at \
     `Quirks::basic_encoding` and `Quirks::client_secret_in`, and ask its operator";

const COMPARE_KEY_AND_CLOCK: &str = "the EHR has to have this public key under this `kid`: compare the one that `jwks_url` serves, or \
     `SmartConfig::jwks` where you handed it over by value, with the one that the EHR has, see that this URL is the one that is registered there, character by character, and that the EHR reaches it. See also that the clocks agree";

/// An answer that may be a refusal of the credentials.
pub(crate) struct RefusedCredentials<'a> {
    pub(crate) credentials: &'a ClientCredentials,
    /// With which of them the request was sent.
    pub(crate) slot: CredentialSlot,
    /// Whether they were in a header.
    pub(crate) has_authorization: bool,
    pub(crate) status: u16,
    /// The OAuth error code, or `none`.
    pub(crate) code: &'a str,
    pub(crate) clocks: Clocks,
    /// Who has registered the client.
    pub(crate) origin: Origin,
}

impl RefusedCredentials<'_> {
    /// What to try. Always there for `invalid_client`; for other refusals where the encoding of the credentials may be why.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        let is_invalid_client = self.code == "invalid_client";
        let may_be_about_credentials = is_invalid_client
            || self.code == "unauthorized_client"
            || (self.code == "none" && matches!(self.status, 401 | 403));
        let is_clock = matches!(self.clocks, Clocks::Ahead(_) | Clocks::Behind(_));
        if is_invalid_client
            && self.origin == Origin::Itself
            && !(is_clock && self.credentials.kind() == CredentialKind::PrivateKey)
        {
            return Some(REGISTERED_ITSELF);
        }
        if may_be_about_credentials && self.has_authorization && self.credentials.is_changed_by_encoding(self.slot) {
            return Some(NOT_DECODED);
        }
        is_invalid_client.then(|| match (self.credentials.kind(), self.clocks) {
            (CredentialKind::Public, _) => NO_CREDENTIALS,
            (CredentialKind::Secret, _) if self.has_authorization => SECRET_IN_HEADER,
            (CredentialKind::Secret, _) => SECRET_IN_BODY,
            (CredentialKind::PrivateKey, Clocks::Ahead(_) | Clocks::Behind(_)) => SET_THE_CLOCK,
            (CredentialKind::PrivateKey, Clocks::Agree) => COMPARE_THE_KEY,
            (CredentialKind::PrivateKey, Clocks::Unknown) => COMPARE_KEY_AND_CLOCK,
        })
    }
}
