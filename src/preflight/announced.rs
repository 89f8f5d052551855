//! What the metadata says, against what the registration wants.

use super::{check::Check, finding::Findings};
use crate::{
    config::{Ehr, Settings, StandaloneLaunch},
    protocol::{
        client_auth::{SigningAlgorithm, credentials::Unlisted},
        metadata::{MetadataViolation, ServerMetadata},
        visible::in_log,
    },
    store::CredentialKind,
};

/// How credentials are configured, for those that an EHR lists.
const KEY: &str = "SMART_PRIVATE_KEY_PATH and SMART_KEY_ID (`PrivateKeyJwt`)";
const SECRET: &str = "SMART_CLIENT_SECRET (`ClientAuth::client_secret`)";

/// How many violations are named.
const NAMED: usize = 5;

pub(super) fn look(ehr: &Ehr, settings: &Settings, metadata: &ServerMetadata, findings: &mut Findings) {
    members(metadata, findings);
    capabilities(ehr, settings, metadata, findings);
    client_auth(ehr, metadata, findings);
    pkce(ehr, metadata, findings);
}

fn members(metadata: &ServerMetadata, findings: &mut Findings) {
    let needed = [
        ("authorization_endpoint", metadata.authorization_endpoint().is_some()),
        ("token_endpoint", metadata.token_endpoint().is_some()),
    ];
    let missing: Vec<_> = needed
        .iter()
        .filter(|(_, there)| !there)
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !missing.is_empty() {
        findings.failure(
            Check::Metadata,
            format!("The metadata has no {}, without which no launch can begin.", missing.join(" and no ")),
            "Ask the EHR's administrators to add it; if the EHR's documentation names the endpoints, configure them by hand \
             (`EhrBuilder::endpoints`).",
        );
        return;
    }
    // PKCE has a line of its own.
    let violations: Vec<_> = metadata
        .validate()
        .into_iter()
        .filter(|violation| {
            !matches!(
                violation,
                MetadataViolation::S256NotListed
                    | MetadataViolation::Missing {
                        field: "code_challenge_methods_supported"
                    }
            )
        })
        .collect();
    if violations.is_empty() {
        findings.ok(
            Check::Metadata,
            "It has every member that SMART App Launch 2.2 asks for.",
        );
        return;
    }
    let named: Vec<_> = violations.iter().take(NAMED).map(ToString::to_string).collect();
    let more = violations.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!("; and {more} more")
    } else {
        String::new()
    };
    findings.warning(
        Check::Metadata,
        format!(
            "It breaks SMART App Launch 2.2, and launches go on with it: {}{more}.",
            named.join("; ")
        ),
        "Tell the EHR's administrators.",
    );
}

fn capabilities(ehr: &Ehr, settings: &Settings, metadata: &ServerMetadata, findings: &mut Findings) {
    let scopes = ehr.scopes();
    let credentials = match ehr.client().credentials {
        CredentialKind::Public => "client-public",
        CredentialKind::Secret => "client-confidential-symmetric",
        CredentialKind::PrivateKey => "client-confidential-asymmetric",
    };
    let is_standalone = settings.policies.standalone == StandaloneLaunch::Offered;
    let has = |prefix: &str| scopes.iter().any(|scope| scope.starts_with(prefix));
    let wanted = [
        ("launch-ehr", true),
        ("launch-standalone", is_standalone),
        (credentials, true),
        ("sso-openid-connect", scopes.contains("openid")),
        ("permission-patient", has("patient/")),
        ("permission-user", has("user/")),
        ("permission-offline", scopes.contains("offline_access")),
        ("permission-online", scopes.contains("online_access")),
    ];
    let missing: Vec<_> = wanted
        .iter()
        .filter(|(name, wanted)| *wanted && !metadata.has_capability(name))
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if missing.is_empty() {
        findings.ok(
            Check::Capabilities,
            "The EHR says that it can do everything that this registration wants.",
        );
    } else {
        findings.warning(
            Check::Capabilities,
            format!("The EHR does not say that it can do {}, which this registration wants.", missing.join(", ")),
            "Many EHRs leave capabilities out of the list. If a launch fails, ask the EHR's administrators about these.",
        );
    }
}

fn client_auth(ehr: &Ehr, metadata: &ServerMetadata, findings: &mut Findings) {
    let kind = ehr.client().credentials;
    match ehr.credentials().unlisted(metadata) {
        Some(Unlisted::Method { used, listed }) => {
            let mut cure = format!(
                "Register the application at the EHR for one of those that it lists, and configure that: {}.",
                configured_by(&listed)
            );
            if used == "client_secret_basic" && listed.contains("client_secret_post") {
                "The secret belongs into the body here (`client_secret_post`): take \
                 `ClientSecretIn::Always(SecretPlacement::Header)` out of the quirks (`Quirks::client_secret_in`)."
                    .clone_into(&mut cure);
            }
            findings.warning(
                Check::ClientAuth,
                format!(
                    "This registration uses `{used}`, and the EHR lists only {}.",
                    in_log(&listed)
                ),
                cure,
            );
        }
        Some(Unlisted::Algorithm { used, listed }) => {
            findings.ok(
                Check::ClientAuth,
                "The EHR lists `private_key_jwt`, which this registration uses.",
            );
            findings.warning(
                Check::SigningAlgorithm,
                format!("The key signs with {used:?}, and the EHR lists only {}.", in_log(&listed)),
                "Make a key of a listed algorithm (RS384: RSA; ES384: the curve P-384), publish and register it, and name it in \
                 SMART_PRIVATE_KEY_PATH and SMART_KEY_ID, or add it to the one that there is (`PrivateKeyJwt::or`).",
            );
        }
        None if kind == CredentialKind::Public && !metadata.supports_public_auth() => findings.warning(
            Check::ClientAuth,
            "This registration sends no credentials, and the EHR does not list `client-public`.",
            format!("If the EHR gave the application a secret, set {SECRET}. If it knows a key of it, set {KEY}."),
        ),
        None => {
            let how = match kind {
                CredentialKind::Public => {
                    "This registration sends no credentials (a public client); the EHR lists that."
                }
                CredentialKind::Secret => {
                    "The EHR takes the way in which this registration sends its secret, or lists none."
                }
                CredentialKind::PrivateKey => {
                    "The EHR lists `private_key_jwt`, which this registration uses, or lists nothing."
                }
            };
            findings.ok(Check::ClientAuth, how);
            let only = SigningAlgorithm::only_listed(metadata.token_endpoint_auth_signing_alg_values_supported());
            let order = ehr.credentials().attempts(only);
            if let Some((kid, algorithm)) = order
                .first()
                .and_then(|slot| ehr.credentials().signed_with(*slot, only))
            {
                findings.ok(
                    Check::SigningAlgorithm,
                    format!(
                        "The key `{}` signs with {algorithm:?}, which the EHR takes.",
                        in_log(kid)
                    ),
                );
            }
        }
    }
}

/// How the listed ways of authentication are configured.
fn configured_by(listed: &str) -> String {
    let mut ways = Vec::new();
    if listed.contains("private_key_jwt") {
        ways.push(format!("a key with {KEY}"));
    }
    if listed.contains("client_secret") {
        ways.push(format!("a secret with {SECRET}"));
    }
    if listed.split(", ").any(|method| method == "none") {
        ways.push("no credentials (`ClientAuth::public`)".to_owned());
    }
    if ways.is_empty() {
        return "ask the EHR's administrators which".to_owned();
    }
    ways.join(", or ")
}

fn pkce(ehr: &Ehr, metadata: &ServerMetadata, findings: &mut Findings) {
    let listed = metadata.code_challenge_methods_supported().unwrap_or_default();
    if listed.iter().any(|method| method == "S256") {
        findings.ok(Check::Pkce, "The EHR lists `S256`.");
    } else if ehr.quirks().accepts_pkce_of(metadata) {
        findings.warning(
            Check::Pkce,
            "The EHR does not list the PKCE method `S256`. Launches send it all the same, and most EHRs take it.",
            "Ask the EHR's administrators whether `S256` is checked: without it a stolen code can be used.",
        );
    } else {
        findings.failure(
            Check::Pkce,
            "The EHR does not list the PKCE method `S256`, which this registration demands.",
            "Ask the EHR's administrators, or take `PkceListing::Required` out of the quirks.",
        );
    }
}
