//! With which keys an id token is tried, and how long keys are waited for.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use serde_json::{Value, json};
use tokio::{join, time::timeout};

use super::*;
use crate::{
    SmartConfig,
    protocol::{
        http::{HttpRequest, HttpResponse},
        id_token::tests::support::{claims, claims_with, expected, header, rs256, strangers},
    },
    runtime::discovery::DiscoveryError,
    time::{ManualClock, Timestamp},
    transport::{HttpTransport, TransportFuture},
};

/// For how long keys are waited for: as long as a document may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an EHR publishes at one request after the other; the last ever after. `None`: it is down.
#[derive(Debug, Clone)]
struct Published {
    keys: Arc<Mutex<VecDeque<Option<Vec<Value>>>>>,
    asked: Arc<AtomicUsize>,
}

impl HttpTransport for Published {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        self.asked.fetch_add(1, SeqCst);
        let mut keys = self.keys.lock().unwrap();
        let now = if keys.len() > 1 {
            keys.pop_front().flatten()
        } else {
            keys.front().cloned().flatten()
        };
        let (status, body) = match now {
            Some(keys) => (200, json!({ "keys": keys }).to_string()),
            None => (503, String::new()),
        };
        let json = ("content-type".to_owned(), "application/json".to_owned());
        let response = HttpResponse::new(status, vec![json], body.into_bytes());
        Box::pin(std::future::ready(Ok(response)))
    }
}

/// A minute passes whenever somebody looks: whoever wants to ask again may.
#[derive(Debug, Clone, Default)]
struct Running(ManualClock);

impl Clock for Running {
    fn now(&self) -> Timestamp {
        self.0.advance(Duration::from_secs(60));
        self.0.now()
    }
}

struct Scene {
    config: SmartConfig,
    published: Published,
}

/// An EHR that publishes these keys.
fn publishing(keys: &[Option<Vec<Value>>], clock: impl Clock) -> Scene {
    let published = Published {
        keys: Arc::new(Mutex::new(keys.iter().cloned().collect())),
        asked: Arc::default(),
    };
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("my-app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let config = SmartConfig::builder()
        .ehr(ehr)
        .request_timeout(PATIENCE)
        .clock(clock)
        .transport(published.clone())
        .build()
        .unwrap();
    Scene { config, published }
}

fn keys_at() -> DocumentRequest<KeySet> {
    DocumentRequest::at("https://ehr.example/jwks".parse().unwrap())
}

impl Scene {
    async fn verified(&self, claims: &Value) -> Result<IdTokenClaims, IdentityError> {
        let token = RawIdToken::new(rs256().sign(&header(), claims));
        self.config.verifier().verified(&token, &keys_at(), &expected()).await
    }

    fn asked(&self) -> usize {
        self.published.asked.load(SeqCst)
    }

    /// Somebody else has missed a key before.
    async fn missed_before(&self) -> Result<Newer<KeySet>, DiscoveryError> {
        let keys = &self.config.verifier().keys;
        let seen = keys.get(&keys_at()).await.unwrap();
        keys.newer_than(&seen, &keys_at()).await
    }
}

/// While somebody waits, so much time passes for those who keep keys.
async fn pass(clock: &ManualClock, time: Duration) {
    sleep(Duration::from_secs(1)).await;
    clock.advance(time);
}

/// Keys with which nobody has signed.
fn other(number: u8) -> Option<Vec<Value>> {
    Some(strangers(number..number + 1))
}

fn right() -> Option<Vec<Value>> {
    Some(vec![rs256().jwk("k1")])
}

#[tokio::test]
async fn for_a_token_that_no_key_makes_good_no_later_keys_are_fetched() {
    let scene = publishing(&[right()], ManualClock::default());
    let verified = scene.verified(&claims_with("aud", json!("somebody-else"))).await;
    assert!(
        matches!(verified, Err(IdentityError::IdToken(IdTokenError::OtherAudience))),
        "{verified:?}"
    );
    assert_eq!(scene.asked(), 1);
}

#[tokio::test]
async fn later_keys_are_tried_three_times() {
    let others: Vec<_> = (0..10).map(other).collect();
    let scene = publishing(&others, Running::default());
    let verified = scene.verified(&claims()).await;
    assert!(
        matches!(&verified, Err(IdentityError::IdToken(error)) if error.wants_newer_keys()),
        "{verified:?}"
    );
    assert_eq!(scene.asked(), 1 + LATER_KEYS);
}

#[tokio::test]
async fn the_third_of_the_later_keys_may_be_the_right_one() {
    let scene = publishing(&[other(0), other(1), other(2), right()], Running::default());
    let verified = scene.verified(&claims()).await;
    assert!(verified.is_ok(), "{verified:?}");
}

/// The EHR has changed its key right after somebody with an invented token had the keys fetched.
#[tokio::test(start_paused = true)]
async fn keys_that_were_fetched_for_another_token_just_before_are_fetched_again_as_soon_as_they_may() {
    let clock = ManualClock::default();
    let scene = publishing(&[other(0), other(1), right()], clock.clone());
    assert!(matches!(scene.missed_before().await, Ok(Newer::Fetched(_))));
    let claims = claims();
    let (verified, ()) = join!(scene.verified(&claims), pass(&clock, Duration::from_secs(10)));
    assert!(verified.is_ok(), "{verified:?}");
    assert_eq!(scene.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_fetched_again_at_the_moment_are_waited_for() {
    let clock = ManualClock::default();
    let scene = publishing(&[other(0), None, right()], clock.clone());
    assert!(scene.missed_before().await.is_err());
    let claims = claims();
    let (verified, ()) = join!(scene.verified(&claims), pass(&clock, Duration::from_secs(5)));
    assert!(verified.is_ok(), "{verified:?}");
    assert_eq!(scene.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn keys_that_do_not_come_back_are_waited_for_as_long_as_a_document_may_take() {
    for (known, is_right) in [
        // Too soon to be asked for again, however long somebody waits.
        (
            other(1),
            (|error| matches!(error, IdentityError::IdToken(_))) as fn(&_) -> bool,
        ),
        (None, |error| matches!(error, IdentityError::Keys(_))),
    ] {
        let scene = publishing(&[other(0), known], ManualClock::default());
        drop(scene.missed_before().await);
        let began = Instant::now();
        let verified = timeout(6 * PATIENCE, async { scene.verified(&claims()).await })
            .await
            .expect("it ends");
        let took = began.elapsed();
        assert!(verified.as_ref().is_err_and(is_right), "{verified:?}");
        assert!(took >= PATIENCE && took <= PATIENCE + 2 * AGAIN, "{took:?}");
        assert_eq!(scene.asked(), 2);
    }
}
