use super::*;
use crate::{
    protocol::{
        scope::Scopes,
        secret::{CodeVerifier, Nonce, State},
        urls::EndpointUrl,
    },
    store::{CredentialKind, PinnedClient, PinnedEndpoints, ReturnFor, acceptance::sample},
};

fn endpoint(url: &str) -> EndpointUrl {
    EndpointUrl::parse(url).unwrap()
}

/// As a launch from Epic's sandbox has it.
fn record() -> PendingRecord {
    let mut rng = rand::rng();
    let base = "https://fhir.epic.com/interconnect-fhir-oauth";
    let mut record = sample::pending(Timestamp::from_millis(1_795_890_014_051));
    record.ehr = format!("{base}/api/FHIR/R4");
    record.endpoints = PinnedEndpoints::new(endpoint(&format!("{base}/oauth2/token")));
    record.endpoints.introspection = Some(endpoint(&format!("{base}/oauth2/introspect")));
    record.endpoints.issuer = Some(format!("{base}/oauth2"));
    record.endpoints.jwks_uri = Some(endpoint(&format!(
        "{base}/api/epic/2019/Security/Open/PublicKeys/530006/OIDC"
    )));
    record.redirect_uri = "https://app.example.org/auth/callback".to_owned();
    record.aud = format!("{base}/api/FHIR/R4");
    record.code_verifier = CodeVerifier::random(&mut rng);
    record.nonce = Some(Nonce::random(&mut rng));
    record.requested = Scopes::parse(
        "openid fhirUser launch patient/Patient.rs patient/Observation.rs patient/MedicationRequest.rs \
             offline_access",
    );
    record.return_to = Some("/labs?page=2".to_owned());
    record.return_for = ReturnFor::Anyone;
    record.client = Some(PinnedClient {
        client_id: "3f1c2b6e-5a0d-4c47-9a55-0d6a1f0e7b21".to_owned(),
        credentials: CredentialKind::PrivateKey,
    });
    record
}

fn key(state: &str) -> PendingKey {
    PendingKey::of(&State::new(state))
}

#[test]
fn a_sign_in_comes_back_whole_to_a_holder_of_keys_and_state_only() {
    let (keys, record) = (SealingKeys::random(), record());
    let sealed = SignIn::seal(&record, &keys, key("one")).unwrap();
    let Some(SignIn::Begun(opened)) = SignIn::open(&keys, key("one"), &sealed) else {
        panic!("it does not open");
    };
    assert_eq!(opened.to_bytes(), record.to_bytes());
    assert!(SignIn::open(&keys, key("another"), &sealed).is_none());
    assert!(SignIn::open(&SealingKeys::random(), key("one"), &sealed).is_none());
    let (before, after) = sealed.split_at(60);
    let other = if after.starts_with('_') { "-" } else { "_" };
    let changed = format!("{before}{other}{}", after.get(1..).unwrap());
    assert!(SignIn::open(&keys, key("one"), &changed).is_none());
    for not_sealed in ["", "%", "AAAA", &"A".repeat(200)] {
        assert!(SignIn::open(&keys, key("one"), not_sealed).is_none(), "{not_sealed}");
    }
}

#[test]
fn what_is_left_of_a_used_one_says_how_to_begin_again_and_is_no_sign_in() {
    let keys = SealingKeys::random();
    let used = UsedSignIn::of(&record());
    let tag = SignInTag::of(key("one"));
    assert_eq!(SignInTag::parse(&tag.text()), Some(tag));
    let sealed = used.seal(&keys, tag).unwrap();
    match SignIn::open(&keys, key("one"), &sealed) {
        Some(SignIn::Used(opened)) => assert_eq!(opened, used),
        other => panic!("opened as {other:?}"),
    }
    assert!(SignIn::open(&keys, key("another"), &sealed).is_none());
}

#[test]
fn what_is_left_of_one_that_demanded_a_new_sign_in_says_so() {
    for sign_in in [SignInWish::None, SignInWish::Again] {
        let used = UsedSignIn::of(&PendingRecord { sign_in, ..record() });
        assert_eq!(used.sign_in, sign_in);
        let (keys, tag) = (SealingKeys::random(), SignInTag::of(key("one")));
        let sealed = used.seal(&keys, tag).unwrap();
        assert_eq!(UsedSignIn::open(&keys, tag, &sealed), Some(used));
    }
}

/// A change of [`COMMON`] loses every sign-in that is under way while processes are replaced. The sample must go on
/// opening; never change it.
#[test]
fn what_was_compressed_before_is_read() {
    let keys = SealingKeys::from_bytes([*b"0123456789abcdef0123456789abcdef"]).unwrap();
    let Some(SignIn::Begun(record)) = SignIn::open(&keys, key("one"), include_str!("frozen-v1.txt").trim()) else {
        panic!("it does not open");
    };
    assert_eq!(record.ehr, "https://fhir.epic.com/interconnect-fhir-oauth/api/FHIR/R4");
    assert_eq!(record.return_to.as_deref(), Some("/labs?page=2"));
    assert_eq!(record.started_at, Timestamp::from_millis(1_795_890_014_051));
}

#[test]
fn six_of_a_usual_size_fit_into_4_096_bytes() {
    let sealed = SignIn::seal(&record(), &SealingKeys::random(), key("one")).unwrap();
    // With a name, `=` and the moment in front.
    let length =
        sealed.len() + "__Host-smart_launch_signin_hSKjrLfUxINE".len() + "=b1795890014051.ABCDEFGHIJKLMNOP.; ".len();
    assert!(6 * length <= 4_096, "{length}");
}
