//! What tells credentials apart: whoever shows others gets no token of theirs.

use super::{super::*, fixture, no_files};
use crate::protocol::client_auth::credentials::ClientCredentials;

const RSA: &str = fixture!("rsa2048-pkcs8");
const P384: &str = fixture!("p384-sec1");
const OTHER_P384: &str = fixture!("p384-x-starts-with-zero");

fn fingerprint(client_id: &str, auth: impl Into<ClientAuth>) -> [u8; 16] {
    let style = AuthStyle::default();
    let credentials = ClientCredentials::check(&auth.into(), client_id, &style, &no_files);
    credentials.unwrap().fingerprint()
}

fn key(kid: &str, pem: &str) -> PrivateKeyJwt {
    PrivateKeyJwt::new(kid, PrivateKey::pem(pem))
}

#[test]
fn the_same_credentials_have_the_same_fingerprint_and_all_others_another() {
    let all = || {
        [
            fingerprint("app", ClientAuth::public()),
            fingerprint("app2", ClientAuth::public()),
            fingerprint("app", ClientSecretBasic::new("a")),
            fingerprint("app", ClientSecretBasic::new("b")),
            fingerprint("app2", ClientSecretBasic::new("a")),
            fingerprint("app", ClientSecretBasic::new("a").previous("b")),
            fingerprint("app", ClientSecretBasic::new("a").previous("c")),
            fingerprint("app", ClientSecretBasic::new("b").previous("a")),
            fingerprint("app", key("k", P384)),
            fingerprint("app", key("k2", P384)),
            fingerprint("app", key("k", OTHER_P384)),
            fingerprint("app", key("k", P384).or("r", PrivateKey::pem(RSA))),
            fingerprint("app", key("k", P384).previous("r", PrivateKey::pem(RSA))),
            fingerprint("app", key("k", P384).previous("r", PrivateKey::pem(OTHER_P384))),
            fingerprint("app", key("r", RSA).or("k", PrivateKey::pem(P384))),
        ]
    };
    let first = all();
    assert_eq!(first, all());
    for (at, one) in first.iter().enumerate() {
        for (other_at, other) in first.iter().enumerate().skip(at + 1) {
            assert_ne!(one, other, "{at} and {other_at}");
        }
    }
}
