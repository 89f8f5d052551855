//! Knobs about id tokens.

use serde_json::Value;

use super::{
    SandboxServer,
    settings::{IdTokenIssuer, IdTokens, KeyIds, KeyRotation},
};

/// Id tokens and the keys that sign them. All of it works at run time, for tokens that are issued from then on.
impl SandboxServer {
    /// The issuer of id tokens: the FHIR base URL, or an address of its own ([`IdTokenIssuer::Apart`]).
    #[must_use]
    pub fn id_token_issuer(&self) -> String {
        self.shared.issuer(self.shared.state().settings.id_token_issuer)
    }

    /// Where the keys are that id tokens are signed with.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        self.shared.jwks_url(self.shared.state().settings.id_token_issuer)
    }

    /// Makes another key sign, as servers do now and then.
    pub fn rotate_id_token_key(&self, rotation: KeyRotation) {
        self.shared.state().settings.keys.rotate(rotation);
    }

    /// Sets a claim of coming id tokens, over the sandbox's own; [`Value::Null`] removes it. The way to every id token
    /// that is well signed and wrong.
    pub fn set_id_token_claim(&self, name: impl Into<String>, value: impl Into<Value>) {
        let claim = (name.into(), value.into());
        self.shared.state().settings.id_token_claims.push(claim);
    }

    /// As [`set_id_token_claim`](Self::set_id_token_claim), for id tokens of refresh responses only.
    pub fn set_refresh_id_token_claim(&self, name: impl Into<String>, value: impl Into<Value>) {
        let claim = (name.into(), value.into());
        self.shared.state().settings.refresh_id_token_claims.push(claim);
    }

    /// Takes all changes of claims back.
    pub fn clear_id_token_claims(&self) {
        let settings = &mut self.shared.state().settings;
        settings.id_token_claims.clear();
        settings.refresh_id_token_claims.clear();
    }

    /// Whether id tokens are issued when `openid` is granted. Default: [`IdTokens::Issued`].
    pub fn set_id_tokens(&self, id_tokens: IdTokens) {
        self.shared.state().settings.id_tokens = id_tokens;
    }

    /// Whether refresh responses have an id token too, without `nonce` (OpenID Connect Core 1.0, section 12.2). Default:
    /// [`IdTokens::Withheld`].
    pub fn set_refresh_id_tokens(&self, id_tokens: IdTokens) {
        self.shared.state().settings.refresh_id_tokens = id_tokens;
    }

    /// How tokens and keys are told to belong together. Default: [`KeyIds::Published`].
    pub fn set_key_ids(&self, key_ids: KeyIds) {
        self.shared.state().settings.key_ids = key_ids;
    }

    /// Publishes these beside the sandbox's keys, whatever they are: other keys, the same ones again, malformed ones.
    pub fn set_more_keys(&self, keys: Vec<Value>) {
        self.shared.state().settings.more_keys = keys;
    }

    /// Who issues the id tokens. Default: [`IdTokenIssuer::FhirBase`].
    pub fn set_id_token_issuer(&self, issuer: IdTokenIssuer) {
        self.shared.state().settings.id_token_issuer = issuer;
    }
}
