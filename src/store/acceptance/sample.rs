//! Records and keys to test with: the one place that makes a record for a test. The fields are public: change what the
//! test is about, and a test need not change when a record gets one more field.

use std::{sync::Arc, time::Duration};

use rand::Rng as _;

use crate::{
    protocol::{
        launch_context::LaunchContext,
        launch_id::LaunchId,
        launch_request::SignInWish,
        scope::Scopes,
        secret::{AccessToken, BrowserId, CodeVerifier, LaunchSecret, Nonce, RawIdToken, RefreshToken},
        token::TokenSet,
        urls::EndpointUrl,
    },
    store::{
        BrowserKey, CallbackKey, CallbackOutcome, CredentialKind, FailedCallback, FailedCallbackKind, LaunchKey,
        LaunchKind, LaunchOrigin, LaunchRecord, LeaseOwner, PatientDigest, PendingKey, PendingRecord, PinnedClient,
        PinnedEndpoints, Proof, RefreshState, ReturnFor, SlotTag, ValueKey,
    },
    time::Timestamp,
};

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A key that no other test has.
#[must_use]
pub fn launch_key() -> LaunchKey {
    LaunchKey::from_bytes(random())
}

/// A key for a launch of this browser: as real ones, with the browser's tag, by which a cluster keeps them together.
#[must_use]
pub fn launch_key_of(browser: BrowserKey) -> LaunchKey {
    let mut key: [u8; 32] = random();
    let [first, second, ..] = &mut key;
    SlotTag([*first, *second]) = browser.slot_tag();
    LaunchKey::from_bytes(key)
}

/// A key and a record for a launch of this browser.
#[must_use]
pub fn keyed_launch(browser: BrowserKey, now: Timestamp) -> (LaunchKey, LaunchRecord) {
    (launch_key_of(browser), launch(browser, now))
}

/// A key that no other test has.
#[must_use]
pub fn pending_key() -> PendingKey {
    PendingKey::from_bytes(random())
}

/// A callback that no other test has.
#[must_use]
pub fn callback_key() -> CallbackKey {
    CallbackKey::from_bytes(random())
}

/// A browser that no other test has.
#[must_use]
pub fn browser() -> BrowserKey {
    BrowserKey::from_bytes(random())
}

/// A key that no other test has.
#[must_use]
pub fn value_key() -> ValueKey {
    ValueKey::from_bytes(random())
}

/// An owner that no other test has.
#[must_use]
pub fn lease_owner() -> LeaseOwner {
    LeaseOwner(random())
}

/// A user, hashed as in a record: equal numbers give the same one.
#[must_use]
pub const fn user(number: u8) -> Option<[u8; 32]> {
    Some([number; 32])
}

fn endpoints() -> PinnedEndpoints {
    PinnedEndpoints {
        revocation: Some(endpoint("https://ehr.example/auth/revoke")),
        issuer: Some("https://ehr.example".to_owned()),
        jwks_uri: Some(endpoint("https://ehr.example/auth/jwks")),
        ..PinnedEndpoints::new(endpoint("https://ehr.example/auth/token"))
    }
}

fn client() -> PinnedClient {
    PinnedClient {
        client_id: "my-app".to_owned(),
        credentials: CredentialKind::Secret,
    }
}

fn endpoint(text: &str) -> EndpointUrl {
    EndpointUrl::parse(text).unwrap()
}

/// A pending authorization that began at `started_at`.
#[must_use]
pub fn pending(started_at: Timestamp) -> PendingRecord {
    PendingRecord {
        ehr: "https://ehr.example/fhir".to_owned(),
        kind: LaunchKind::Ehr,
        endpoints: endpoints(),
        redirect_uri: "https://app.example/auth/callback".to_owned(),
        aud: "https://ehr.example/fhir/".to_owned(),
        code_verifier: CodeVerifier::new("MARKER-verifier"),
        nonce: Some(Nonce::new("MARKER-nonce")),
        requested: Scopes::parse("launch openid fhirUser patient/*.rs"),
        return_to: Some("labs?tab=2".to_owned()),
        return_for: ReturnFor::Patient(PatientDigest([7; 32])),
        started_at,
        signed_in_since: None,
        sign_in: SignInWish::None,
        client: Some(client()),
    }
}

/// An open launch of `browser` at `opened_at`, without a user.
#[must_use]
pub fn launch(browser: BrowserKey, opened_at: Timestamp) -> LaunchRecord {
    LaunchRecord {
        browser,
        proof: Proof([5; 32]),
        origin: Arc::new(LaunchOrigin {
            ehr: "https://ehr.example/fhir".to_owned(),
            aud: "https://ehr.example/fhir/".to_owned(),
            endpoints: endpoints(),
            requested: Scopes::parse("launch openid fhirUser patient/*.rs"),
            client: Some(client()),
        }),
        kind: LaunchKind::Ehr,
        user: None,
        identity: None,
        patient: Some(PatientDigest([6; 32])),
        patient_facts: None,
        began_at: Some(opened_at),
        opened_at,
        tokens: tokens(opened_at),
        refresh: RefreshState::default(),
    }
}

/// Tokens that were asked for at `now` and live an hour, for patient `p1`.
#[must_use]
pub fn tokens(now: Timestamp) -> TokenSet {
    TokenSet {
        installation: None,
        access_token: AccessToken::new("MARKER-access"),
        refresh_token: Some(RefreshToken::new("MARKER-refresh")),
        id_token: Some(RawIdToken::new("MARKER-id")),
        granted: Scopes::parse("launch openid fhirUser patient/*.rs"),
        requested_at: now,
        expires_at: now.saturating_add(Duration::from_secs(3600)),
        context: LaunchContext {
            patient: Some("p1".to_owned()),
            encounter: Some("e1".to_owned()),
            need_patient_banner: Some(false),
            ..LaunchContext::default()
        },
    }
}

/// The outcome of a callback that opened a launch, in a browser that got a new id.
#[must_use]
pub fn landed(location: &str) -> CallbackOutcome {
    CallbackOutcome::Landed {
        launch: LaunchId::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap(),
        secret: LaunchSecret::new("MARKER-secret"),
        location: location.to_owned(),
        new_browser: Some(BrowserId::new("MARKER-browser-cookie")),
    }
}

/// The outcome of a callback that opened none.
#[must_use]
pub fn failed(kind: FailedCallbackKind) -> CallbackOutcome {
    CallbackOutcome::Failed(FailedCallback {
        ehr: Some("https://ehr.example/fhir".to_owned()),
        error_code: Some("access_denied".to_owned()),
        description: Some("a description <from> outside".to_owned()),
        ..FailedCallback::new(kind, LaunchKind::Ehr)
    })
}
