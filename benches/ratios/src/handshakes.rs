//! What the client's side of a TLS handshake costs, with and without a ticket of the one before.
//!
//! Both sides stand in this process without a socket between them; only the client's steps are counted.

use std::{sync::Arc, time::Duration};

use rcgen::{CertificateParams, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, SignatureAlgorithm};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, ServerConfig, ServerConnection,
    crypto::aws_lc_rs::default_provider, pki_types::PrivateKeyDer,
};

use crate::cpu;

const HOST: &str = "ehr.example";
const ROUNDS: usize = 300;

/// Prints the median of each kind.
pub(crate) fn print() {
    for (key, algorithm) in [("P-256", &PKCS_ECDSA_P256_SHA256), ("RSA-2048", &PKCS_RSA_SHA256)] {
        let (client, server) = sides(algorithm);
        for tickets in [false, true] {
            let mut took: Vec<_> = (0..ROUNDS)
                .filter_map(|round| {
                    let mut client = ClientConfig::clone(&client);
                    if !tickets {
                        client.resumption = rustls::client::Resumption::disabled();
                    }
                    let (kind, took) = handshake(&Arc::new(client), &server);
                    // The first one has no ticket yet.
                    let expected = if tickets {
                        HandshakeKind::Resumed
                    } else {
                        HandshakeKind::Full
                    };
                    assert!(kind == expected || round == 0, "{kind:?}");
                    (round > 0).then_some(took)
                })
                .collect();
            took.sort_unstable();
            let kind = if tickets { "with a ticket" } else { "without a ticket" };
            println!("TLS 1.3, certificates of {key}, {kind}: {:?}", took[took.len() / 2]);
        }
    }
}

/// A client that trusts a root, and a server with a certificate below an intermediate one, as hospitals have them.
fn sides(algorithm: &'static SignatureAlgorithm) -> (ClientConfig, Arc<ServerConfig>) {
    let key = || KeyPair::generate_for(algorithm).expect("a key");
    let authority = |name: &str| {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params
    };
    let (root_params, root_key) = (authority("root"), key());
    let root = root_params.self_signed(&root_key).expect("a root");
    let root_issuer = Issuer::new(root_params, root_key);
    let (middle_params, middle_key) = (authority("middle"), key());
    let middle = middle_params
        .signed_by(&middle_key, &root_issuer)
        .expect("an intermediate certificate");
    let middle_issuer = Issuer::new(middle_params, middle_key);
    let own_key = key();
    let own = CertificateParams::new(vec![HOST.to_owned()])
        .and_then(|params| params.signed_by(&own_key, &middle_issuer))
        .expect("a certificate");

    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).expect("a root");
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let chain = vec![own.der().clone(), middle.der().clone()];
    let server = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS")
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(own_key.serialize_der().into()))
        .expect("a server");
    (client, Arc::new(server))
}

/// One handshake up to the tickets, and what the client's steps of it took.
fn handshake(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> (HandshakeKind, Duration) {
    let mut used = Duration::ZERO;
    let mut counted = |before: Duration| used += cpu::used_by_thread() - before;
    let before = cpu::used_by_thread();
    let name = HOST.try_into().expect("a name");
    let mut client = ClientConnection::new(Arc::clone(client), name).expect("a client");
    counted(before);
    let mut server = ServerConnection::new(Arc::clone(server)).expect("a server");
    while client.wants_write() || server.wants_write() {
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        let before = cpu::used_by_thread();
        while client.wants_write() {
            client.write_tls(&mut to_server).expect("written");
        }
        counted(before);
        let mut rest = to_server.as_slice();
        while !rest.is_empty() {
            server.read_tls(&mut rest).expect("read");
            server.process_new_packets().expect("the server takes it");
        }
        while server.wants_write() {
            server.write_tls(&mut to_client).expect("written");
        }
        let before = cpu::used_by_thread();
        let mut rest = to_client.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).expect("read");
            client.process_new_packets().expect("the client takes it");
        }
        counted(before);
    }
    (client.handshake_kind().expect("a handshake"), used)
}
