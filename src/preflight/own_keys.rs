//! Whether the EHR would find this application's public keys at their address.

use url::Url;

use super::{check::Check, finding::Findings, trouble::server_of};
use crate::{
    config::Ehr,
    protocol::{
        client_auth::{Published, PublishedKeys},
        id_token::KeySetError,
        network_guard::Addresses,
        visible::in_log,
    },
    runtime::{
        Runtime,
        discovery::{DiscoveryError, Document, DocumentKind, DocumentRequest},
    },
    store::CredentialKind,
};

/// How many ids of published keys are named.
const NAMED: usize = 8;

pub(super) async fn look(runtime: &Runtime, ehr: &Ehr, findings: &mut Findings) {
    if ehr.client().credentials != CredentialKind::PrivateKey {
        return;
    }
    let (address, reaching) = match ehr.credentials().jku() {
        Some(named) => (named.to_owned(), ehr.addresses().clone()),
        // Our own, wherever the registration comes from.
        None => (runtime.own_jwks_url(), Addresses::Any),
    };
    let Ok(url) = Url::parse(&address) else { return };
    let wanted = DocumentRequest::<PublishedKeys>::at(url).reaching(reaching);
    match runtime.current(&wanted).await {
        Ok(published) => compare(ehr, &address, &published.document, findings),
        Err(error) => say_error(&address, &error, findings),
    }
}

fn compare(ehr: &Ehr, address: &str, published: &PublishedKeys, findings: &mut Findings) {
    for own in ehr.credentials().public_keys() {
        let kid = in_log(own.kid());
        match published.compare(own) {
            Published::Same => {}
            Published::Missing => {
                let kids: Vec<_> = published
                    .kids()
                    .take(NAMED)
                    .map(|kid| format!("`{}`", in_log(kid)))
                    .collect();
                let kids = if kids.is_empty() {
                    "no key with an id".to_owned()
                } else {
                    kids.join(", ")
                };
                findings.failure(
                    Check::OwnKeys,
                    format!("{address} has {kids}, and not the key `{kid}` that signs here."),
                    "Write the `kid` of the published key in SMART_KEY_ID (`PrivateKeyJwt::new`), or publish this key: the \
                     application serves it at its own JWKS URL.",
                );
                return;
            }
            Published::Other => {
                findings.failure(
                    Check::OwnKeys,
                    format!("{address} has another key under `{kid}` than the one that signs here."),
                    "Publish the public half of the key in SMART_PRIVATE_KEY_PATH, or sign with the published one. Give each key a \
                     `kid` of its own: an EHR may remember the old one for hours.",
                );
                return;
            }
            Published::WithPrivateHalf => {
                findings.failure(
                    Check::OwnKeys,
                    format!("{address} shows the private half of the key `{kid}` to everybody."),
                    "Take it away, make a new key with a new `kid`, and register that: who has seen this one can sign in as the \
                     application.",
                );
                return;
            }
        }
    }
    findings.ok(Check::OwnKeys, format!("{address} has the key that signs here."));
}

fn say_error(address: &str, error: &DiscoveryError, findings: &mut Findings) {
    let cure = "Start the application, and see that the proxy in front of it passes this path on. If the key is published elsewhere, \
                write that address in SMART_JWKS_URI (`PrivateKeyJwt::jku`).";
    match error {
        DiscoveryError::Transport { source, .. } => findings.warning(
            Check::OwnKeys,
            format!("{} cannot be asked from here ({source}). Whether the EHR reaches it, nobody here sees.", server_of(address)),
            "Start the application and run the preflight again. If this machine cannot reach its own public address, open the URL from \
             outside. An EHR that was given the key itself does not need it.",
        ),
        DiscoveryError::Status { status, .. } => findings.failure(
            Check::OwnKeys,
            format!("{address} answers with status {status}, not with the public keys that the EHR needs."),
            cure,
        ),
        DiscoveryError::Redirect { configure, .. } => findings.failure(
            Check::OwnKeys,
            format!("{address} redirects to {configure}; many EHRs do not follow."),
            "Register the address at which the keys are, and write it in SMART_JWKS_URI (`PrivateKeyJwt::jku`).",
        ),
        _ => findings.failure(Check::OwnKeys, format!("{address} is no set of public keys."), cure),
    }
}

impl Document for PublishedKeys {
    type Context = ();

    const KIND: DocumentKind = DocumentKind::KeySet;

    fn read(body: &[u8], endpoint: &Url, (): &()) -> Result<Self, DiscoveryError> {
        Self::parse(body).ok_or_else(|| DiscoveryError::KeySet {
            endpoint: endpoint.to_string(),
            source: KeySetError::NoKeysMember,
        })
    }
}
