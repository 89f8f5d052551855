//! Whether there are keys to verify id tokens with.

use super::{check::Check, finding::Findings, trouble::Trouble};
use crate::{
    config::{Ehr, IdTokenPolicy},
    launch::id_token::{IdTokenVerifier, IdentityError},
    runtime::discovery::DiscoveryError,
    store::PinnedEndpoints,
};

/// How the address of the keys is configured.
const SETTING: &str = "the EHR's `jwks_uri` (`Quirks::id_token_jwks_uri`)";

pub(super) async fn look(verifier: &IdTokenVerifier, ehr: &Ehr, endpoints: &PinnedEndpoints, findings: &mut Findings) {
    if ehr.id_token_policy() == IdTokenPolicy::Ignore || !ehr.scopes().contains("openid") {
        findings.not_checked(
            Check::IdTokenKeys,
            "No id token is asked for, so that no keys are needed.",
        );
        return;
    }
    let error = match verifier.keys_of(ehr, endpoints).await {
        Ok((at, keys)) => {
            let number = keys.len();
            let keys = if number == 1 { "1 key that" } else { "keys that" };
            findings.ok(Check::IdTokenKeys, format!("{} has {keys} can be used.", at.as_str()));
            return;
        }
        Err(error) => error,
    };
    let trouble = match error {
        IdentityError::Keys(DiscoveryError::Transport { endpoint, source }) => {
            Trouble::of_transport(source, &endpoint, SETTING)
        }
        IdentityError::NoIssuer => Trouble::new(
            "`openid` is asked for, and the metadata has neither `issuer` nor `jwks_uri`: no id token could be verified, and no \
             launch with one opens.",
            "Ask the EHR's administrators for the issuer and configure it (`Quirks::id_token_issuer`, `Quirks::id_token_jwks_uri`), or \
             leave `openid` out of SMART_SCOPES.",
        ),
        error => Trouble::new(
            format!("There are no keys to verify id tokens with, and no launch with one opens: {error}."),
            "Ask the EHR's administrators for the address of its keys (`jwks_uri`) and configure it \
             (`Quirks::id_token_jwks_uri`), or leave `openid` out of SMART_SCOPES.",
        ),
    };
    findings.failure(Check::IdTokenKeys, trouble.found, trouble.cure);
}
