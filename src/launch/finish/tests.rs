use super::*;
use crate::{
    Ehr, EhrBuilder, SmartConfig,
    launch::browser::Browser,
    protocol::scope::Scopes,
    resolver::{EhrResolver, FhirBaseUrl, ResolveFuture},
    store::{MemoryStore, ReturnFor, TokenStore, acceptance::sample},
    time::ManualClock,
    transport::captured_logs::capture_logs,
};

const QUERY: &str = "code=abc&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct Scene {
    config: SmartConfig,
    clock: ManualClock,
    query: CallbackQuery,
}

/// A callback that another process has claimed just now.
async fn claimed_elsewhere() -> Scene {
    let clock = ManualClock::default();
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let config = SmartConfig::builder()
        .ehr(ehr)
        .clock(clock.clone())
        .store(TokenStore::new(MemoryStore::new().timed_by(clock.clone())))
        .build()
        .unwrap();
    let query = CallbackQuery::parse(QUERY).unwrap();
    let (key, callback) = (PendingKey::of(&query.state), key_of(&query.answer));
    let now = config.runtime().now();
    let until = now.saturating_add(Duration::from_secs(600));
    let store = &config.runtime().store;
    let claim = store.claim_pending(key, callback, until).await.unwrap();
    assert!(matches!(claim.value, Claim::Fresh));
    Scene { config, clock, query }
}

fn outcome(reply: &CallbackReply) -> &'static str {
    match reply {
        CallbackReply::TryAgain {
            why: NotYet::StillExchanging,
            retry_after,
        } if retry_after.as_secs() == 5 => "try again",
        CallbackReply::Finished {
            outcome: CallbackOutcome::Failed(failed),
            opened: None,
        } if failed.kind == FailedCallbackKind::AnswerLost => "lost",
        CallbackReply::Used { outcome: None } => "used",
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn another_process_is_waited_for_ten_seconds() {
    let scene = claimed_elsewhere().await;
    let began = Instant::now();
    let reply = scene.config.callbacks().answer_again(&scene.query).await;
    assert_eq!(outcome(&reply), "try again");
    assert_eq!(began.elapsed().as_secs(), 10);
}

/// 65 s for the EHR, 75 s for what an id token needs, 15 s for a client of the launch's own, 30 s for the store (`limits`).
#[tokio::test(start_paused = true)]
async fn an_answer_is_lost_when_everything_that_comes_before_it_has_had_its_time() {
    for (millis, expected) in [
        (185_000, "try again"),
        (185_001, "lost"),
        (599_999, "lost"),
        (600_000, "used"),
    ] {
        let scene = claimed_elsewhere().await;
        scene.clock.advance(Duration::from_millis(millis));
        let reply = scene.config.callbacks().answer_again(&scene.query).await;
        assert_eq!(outcome(&reply), expected, "{millis} ms");
    }
}

/// Never answers.
#[derive(Debug)]
struct Hanging;

impl EhrResolver for Hanging {
    fn resolve<'a>(&'a self, _: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        Box::pin(std::future::pending())
    }
}

fn begun(config: &SmartConfig) -> PendingRecord {
    let mut record = sample::pending(config.runtime().now());
    record.kind = LaunchKind::Standalone;
    record.requested = Scopes::parse("launch/patient");
    record.nonce = None;
    (record.return_to, record.return_for) = (None, ReturnFor::Anyone);
    record.client = None;
    record
}

#[tokio::test]
async fn while_the_resolver_is_asked_nothing_is_claimed_and_no_place_is_taken() {
    let config = SmartConfig::builder()
        .ehr_resolver(Hanging)
        .redirect_uri("https://app.example/auth/callback")
        .build()
        .unwrap();
    let query = CallbackQuery::parse(QUERY).unwrap();
    let (key, callback) = (PendingKey::of(&query.state), key_of(&query.answer));
    let finishing = config.callbacks().finish(
        begun(&config),
        Callback {
            browser: Browser::default(),
            query,
            arrived_at: "/auth/callback".to_owned(),
        },
    );
    // Long enough for anything but a resolver that hangs.
    let answer = timeout(Duration::from_millis(300), finishing).await;
    assert!(answer.is_err(), "the resolver has answered");
    let runtime = config.runtime();
    let claim = runtime.store.ask_pending(key, callback).await.unwrap().value;
    assert!(matches!(claim, Claim::Fresh), "{claim:?}");
    let places = format!("{:?}", runtime.places);
    assert_eq!(places, "Places { registrations: 0 }");
}

#[test]
fn a_callback_may_come_again_when_nothing_was_sent_and_waiting_helps() {
    use crate::protocol::{client_auth::credentials::ClientAuthError, transport_error::TransportError};
    let busy = TokenError::Busy {
        retry_after: Duration::from_secs(1),
    };
    for (error, may) in [
        (busy, true),
        (TokenError::Transport(TransportError::Refused), true),
        (TokenError::Transport(TransportError::Timeout), false),
        (TokenError::RegistrationChanged, false),
        (TokenError::ClientAuth(ClientAuthError::NoIssuer), false),
    ] {
        assert_eq!(may_come_again(&error), may, "{error:?}");
    }
}

#[test]
fn a_code_that_waits_for_its_turn_comes_again_when_the_others_are_done() {
    let retry_after = Duration::from_secs(7);
    let reply = not_sent(&TokenError::Busy { retry_after });
    let CallbackReply::TryAgain { why, retry_after: said } = reply else {
        panic!("{reply:?}");
    };
    assert!(matches!(why, NotYet::Busy) && said == retry_after, "{why:?} {said:?}");
    let reply = not_sent(&TokenError::RegistrationChanged);
    let is_away = matches!(
        &reply,
        CallbackReply::TryAgain {
            why: NotYet::EhrUnavailable,
            ..
        }
    );
    assert!(is_away, "{reply:?}");
}

#[test]
fn a_callback_that_failed_says_at_which_ehr() {
    let pending = sample::pending(Timestamp::from_millis(0));
    let CallbackOutcome::Failed(failed) = failed(FailedCallbackKind::CodeRefused, &pending) else {
        panic!("it failed");
    };
    assert_eq!(
        (failed.ehr.as_ref(), failed.kind),
        (Some(&pending.ehr), FailedCallbackKind::CodeRefused)
    );
}

/// Knows the EHR, and takes until the sign-in has run out.
#[derive(Debug)]
struct Slow(ManualClock);

impl EhrResolver for Slow {
    fn resolve<'a>(&'a self, _: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        self.0.advance(Duration::from_secs(24 * 3600));
        let ehr = Ehr::builder("https://ehr.example/fhir")
            .client_id("app")
            .scopes("launch/patient");
        Box::pin(std::future::ready(Ok(Some(ehr))))
    }
}

#[tokio::test]
async fn a_sign_in_that_runs_out_while_it_waits_for_its_turn_has_run_out() {
    let clock = ManualClock::default();
    let config = SmartConfig::builder()
        .ehr_resolver(Slow(clock.clone()))
        .redirect_uri("https://app.example/auth/callback")
        .clock(clock.clone())
        .store(TokenStore::new(MemoryStore::new().timed_by(clock)))
        .build()
        .unwrap();
    let reply = config
        .callbacks()
        .finish(
            begun(&config),
            Callback {
                browser: Browser::default(),
                query: CallbackQuery::parse(QUERY).unwrap(),
                arrived_at: "/auth/callback".to_owned(),
            },
        )
        .await;
    assert!(matches!(reply, CallbackReply::Expired), "{reply:?}");
}

#[test]
fn however_many_callbacks_come_while_the_store_is_away_the_log_has_a_few_lines() {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let config = SmartConfig::builder().ehr(ehr).build().unwrap();
    let logged = capture_logs(tracing::Level::WARN, || {
        for _ in 0..100 {
            unavailable(config.runtime(), &StoreError::Unavailable);
        }
    });
    assert_eq!(logged.matches("could not be looked up").count(), 10, "{logged}");
}

/// Anybody can begin a sign-in and come back with an invented code.
#[test]
fn however_many_codes_an_ehr_refuses_the_log_says_of_others_why_they_were_not_exchanged() {
    use crate::protocol::transport_error::TransportError;
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let config = SmartConfig::builder().ehr(ehr).build().unwrap();
    let pending = sample::pending(config.runtime().now());
    let kind_of = |error| match exchange_failed(config.runtime(), &pending, error) {
        CallbackOutcome::Failed(failed) => failed.kind,
        other => panic!("{other:?}"),
    };
    let logged = capture_logs(tracing::Level::WARN, || {
        for _ in 0..100 {
            let error = TokenError::Refused {
                status: 400,
                error: "invalid_grant".to_owned(),
                description: None,
                retry_after: None,
            };
            assert_eq!(kind_of(error), FailedCallbackKind::CodeRefused);
        }
        let error = TokenError::Transport(TransportError::Timeout);
        assert_eq!(kind_of(error), FailedCallbackKind::EhrUnavailable);
    });
    let lines = |what: &str| logged.lines().filter(|line| line.contains(what)).count();
    assert_eq!(lines("invalid_grant"), 10, "{logged}");
    assert_eq!(lines(&TransportError::Timeout.to_string()), 1, "{logged}");
}
