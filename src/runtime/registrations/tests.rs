//! What the resolver is asked, how often, and for how long its answers are believed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

mod guests;
mod questions;

use super::*;
use crate::{
    config::{
        BrandDirectory, Ehr, SmartConfigBuilder,
        resolver::{EhrResolver, ResolveFuture},
    },
    smart_config::SmartConfig,
    time::{ManualClock, Timestamp},
};

const NORTH: &str = "https://north.example/fhir";
const REDIRECT_URI: &str = "https://app.example/auth/callback";

/// What a [`Tenants`] answers next.
#[derive(Debug, Clone, Default)]
enum Mood {
    #[default]
    Good,
    Empty,
    Broken,
    Other(&'static str),
    Unusable,
    /// Answers with another client when it is released.
    Held,
}

#[derive(Debug, Clone, Default)]
struct Tenants {
    mood: Arc<Mutex<Mood>>,
    asked: Arc<AtomicUsize>,
    released: Arc<AtomicBool>,
}

impl Tenants {
    fn become_(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl EhrResolver for Tenants {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mood = self.mood.lock().unwrap().clone();
        Box::pin(async move {
            tokio::task::yield_now().await;
            let base = match mood {
                Mood::Good | Mood::Unusable | Mood::Held => asked.normalized(),
                Mood::Other(base) => base,
                Mood::Empty => return Ok(None),
                Mood::Broken => return Err("the database is away".into()),
            };
            let ehr = Ehr::builder(base).client_id("north").scopes("openid patient/*.rs");
            Ok(Some(match mood {
                Mood::Held => {
                    eventually("it is released", || self.released.load(Ordering::SeqCst)).await;
                    ehr.client_id("held")
                }
                Mood::Unusable => ehr.redirect_uri("https://elsewhere.example/auth/callback"),
                _ => ehr,
            }))
        })
    }

    fn choices<'a>(&'a self, search: &'a str, limit: usize) -> ResolveFuture<'a, Vec<EhrChoice>> {
        Box::pin(async move {
            let all = (0..100).map(|n| EhrChoice::new(format!("Tenant {n:02}"), format!("https://t{n}.example/fhir")));
            Ok(all.filter(|choice| choice.name.contains(search)).take(limit).collect())
        })
    }
}

async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(9), "{what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.unwrap().block_on(future)
}

fn builder(tenants: &Tenants, clock: &ManualClock) -> SmartConfigBuilder {
    SmartConfig::builder()
        .redirect_uri(REDIRECT_URI)
        .ehr_resolver(tenants.clone())
        .clock(clock.clone())
}

fn set_up() -> (SmartConfig, Tenants, ManualClock) {
    let (tenants, clock) = (
        Tenants::default(),
        ManualClock::new(Timestamp::from_millis(1_800_000_000_000)),
    );
    let config = builder(&tenants, &clock).build().unwrap();
    (config, tenants, clock)
}

fn find(config: &SmartConfig, iss: &str) -> Result<String, EhrLookupError> {
    block_on(config.runtime().ehr(iss)).map(|ehr| ehr.key().to_owned())
}

#[test]
fn the_resolver_is_asked_once_while_its_answer_is_believed() {
    let (config, tenants, clock) = set_up();
    for spelling in [NORTH, "HTTPS://North.example/fhir", "https://north.example:443/fhir/"] {
        assert_eq!(find(&config, spelling), Ok(NORTH.to_owned()), "{spelling}");
    }
    assert_eq!(tenants.asked(), 1);
    clock.advance(Duration::from_millis(299_999));
    find(&config, NORTH).unwrap();
    assert_eq!(tenants.asked(), 1);
    clock.advance(Duration::from_millis(1));
    find(&config, NORTH).unwrap();
    assert_eq!(tenants.asked(), 2);
}

#[test]
fn what_the_log_has_of_an_ehr_is_not_said_again_when_its_registration_is_built_again() {
    let (config, tenants, clock) = set_up();
    let ehr = || block_on(config.runtime().ehr(NORTH)).unwrap();
    let before = ehr();
    clock.advance(Duration::from_secs(300));
    let after = ehr();
    assert!(!Arc::ptr_eq(&before, &after) && after.says_together_with(&before));
    // Another client is another matter.
    tenants.become_(Mood::Held);
    tenants.released.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(300));
    let other = ehr();
    assert_eq!(other.client_id(), "held");
    assert!(!other.says_together_with(&before));
}

#[test]
fn that_there_is_none_is_believed_for_half_a_minute() {
    let (config, tenants, clock) = set_up();
    tenants.become_(Mood::Empty);
    assert_eq!(find(&config, NORTH), Err(EhrLookupError::NotRegistered));
    tenants.become_(Mood::Good);
    clock.advance(Duration::from_millis(29_999));
    assert_eq!(find(&config, NORTH), Err(EhrLookupError::NotRegistered));
    clock.advance(Duration::from_millis(1));
    assert_eq!(find(&config, NORTH), Ok(NORTH.to_owned()));
}

#[test]
fn a_resolver_that_fails_does_not_take_away_what_it_said_before() {
    let (config, tenants, clock) = set_up();
    find(&config, NORTH).unwrap();
    tenants.become_(Mood::Broken);
    clock.advance(Duration::from_secs(3_600));
    assert_eq!(find(&config, NORTH), Ok(NORTH.to_owned()));
    assert_eq!(tenants.asked(), 2);
    assert_eq!(
        find(&config, "https://new.example/fhir"),
        Err(EhrLookupError::Unavailable)
    );
    // Left alone for two seconds, then asked again.
    clock.advance(Duration::from_millis(1_999));
    let _ = find(&config, "https://new.example/fhir");
    assert_eq!(tenants.asked(), 3);
    clock.advance(Duration::from_millis(1));
    let _ = find(&config, "https://new.example/fhir");
    assert_eq!(tenants.asked(), 4);
}

#[test]
fn a_registration_that_was_removed_is_gone_when_the_answer_is_no_longer_believed() {
    let (config, tenants, clock) = set_up();
    find(&config, NORTH).unwrap();
    tenants.become_(Mood::Empty);
    assert!(find(&config, NORTH).is_ok());
    clock.advance(Duration::from_secs(300));
    assert_eq!(find(&config, NORTH), Err(EhrLookupError::NotRegistered));
    assert!(config.runtime().registrations.known(NORTH).is_none());
}

#[test]
fn what_the_application_wants_forgotten_is_asked_for_again() {
    let (config, tenants, _) = set_up();
    find(&config, NORTH).unwrap();
    tenants.become_(Mood::Empty);
    config.forget_resolved("https://NORTH.example/fhir/");
    assert_eq!(find(&config, NORTH), Err(EhrLookupError::NotRegistered));
}

#[test]
fn an_answer_about_another_server_or_with_a_foreign_redirect_uri_is_not_used() {
    for mood in [Mood::Other("https://evil.example/fhir"), Mood::Unusable] {
        let (config, tenants, _) = set_up();
        tenants.become_(mood.clone());
        assert_eq!(find(&config, NORTH), Err(EhrLookupError::Invalid), "{mood:?}");
    }
}

#[test]
fn the_resolver_never_sees_what_is_no_fhir_base_url() {
    let (config, tenants, _) = set_up();
    for text in [
        "",
        "north",
        "http://north.example/fhir",
        "https://u:p@north.example/fhir",
        "https://north.example/?x",
    ] {
        assert_eq!(find(&config, text), Err(EhrLookupError::NotRegistered), "{text}");
    }
    assert_eq!(tenants.asked(), 0);
}

#[test]
fn what_the_configuration_has_is_not_asked_for() {
    let (tenants, clock) = (
        Tenants::default(),
        ManualClock::new(Timestamp::from_millis(1_800_000_000_000)),
    );
    let listed = Ehr::builder(NORTH).client_id("listed").scopes("openid");
    let config = builder(&tenants, &clock).ehr(listed).build().unwrap();
    let found = block_on(config.runtime().ehr(NORTH)).unwrap();
    assert_eq!((found.client_id(), tenants.asked()), ("listed", 0));
}

#[test]
fn an_ehr_is_added_replaced_and_removed_while_the_application_runs() {
    let config = SmartConfig::builder()
        .ehr(
            Ehr::builder("https://first.example/fhir")
                .client_id("a")
                .scopes("openid")
                .redirect_uri(REDIRECT_URI),
        )
        .build()
        .unwrap();
    assert!(config.runtime().registrations.only().is_some());
    let north = |id: &str| {
        Ehr::builder(NORTH)
            .client_id(id)
            .scopes("openid")
            .redirect_uri(REDIRECT_URI)
    };
    assert_eq!(find(&config, NORTH), Err(EhrLookupError::NotRegistered));
    config.put_ehr(north("one")).unwrap();
    config.put_ehr(north("two")).unwrap();
    assert_eq!(config.ehrs().len(), 2);
    assert_eq!(block_on(config.runtime().ehr(NORTH)).unwrap().client_id(), "two");
    assert!(config.runtime().registrations.only().is_none());
    assert!(config.remove_ehr("https://NORTH.example/fhir/"));
    assert!(!config.remove_ehr(NORTH));
    assert_eq!(find(&config, NORTH), Err(EhrLookupError::NotRegistered));
}

#[test]
fn an_unusable_registration_changes_nothing() {
    let config = SmartConfig::builder()
        .ehr(
            Ehr::builder(NORTH)
                .client_id("a")
                .scopes("openid")
                .redirect_uri(REDIRECT_URI),
        )
        .build()
        .unwrap();
    let elsewhere = Ehr::builder(NORTH)
        .client_id("b")
        .scopes("openid")
        .redirect_uri("https://www.app.example/auth/callback");
    let error = config.put_ehr(elsewhere).unwrap_err();
    assert_eq!(error.problems()[0].field, "redirect_uri");
    assert_eq!(block_on(config.runtime().ehr(NORTH)).unwrap().client_id(), "a");
}

#[test]
fn a_configuration_needs_an_ehr_or_a_resolver_and_then_a_redirect_uri() {
    let missing = |builder: SmartConfigBuilder| {
        let error = builder.build().unwrap_err();
        error
            .missing()
            .iter()
            .map(|field| (*field).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(missing(SmartConfig::builder()), ["ehr"]);
    assert_eq!(
        missing(SmartConfig::builder().ehr_resolver(Tenants::default())),
        ["redirect_uri"]
    );
}

#[test]
fn choices_are_those_of_the_configuration_then_those_of_the_resolver_up_to_the_limit() {
    let (tenants, clock) = (
        Tenants::default(),
        ManualClock::new(Timestamp::from_millis(1_800_000_000_000)),
    );
    let listed = Ehr::builder(NORTH).name("North Tenant").client_id("a").scopes("openid");
    let config = builder(&tenants, &clock).ehr(listed).build().unwrap();
    let choices = |search: &str, limit| {
        block_on(
            config
                .runtime()
                .registrations
                .choices(search, limit, std::future::ready(HashMap::new())),
        )
        .unwrap()
    };
    let all = choices("", 20);
    assert_eq!((all.found.len(), all.more), (20, true));
    assert_eq!(all.found[0], EhrChoice::new("North Tenant", NORTH));
    let exactly = choices("Tenant", 101);
    assert_eq!((exactly.found.len(), exactly.more), (101, false));
    let one = choices("Tenant 42", 20);
    assert_eq!((one.found.len(), one.more), (1, false));
    assert_eq!(choices("nobody", 20).found, []);
}

#[test]
fn anybody_may_ask_for_anything_and_the_memory_stays_bounded() {
    let (config, tenants, _) = set_up();
    tenants.become_(Mood::Empty);
    block_on(async {
        for n in 0..1_050 {
            let _ = config.runtime().ehr(&format!("https://x{n}.example/fhir")).await;
        }
    });
    let debug = format!("{:?}", config.runtime().registrations);
    assert!(debug.contains("found: 0, not_found: 1000, .."), "{debug}");
}

#[test]
fn keys_are_published_that_no_ehr_of_the_configuration_uses() {
    let (tenants, clock) = (
        Tenants::default(),
        ManualClock::new(Timestamp::from_millis(1_800_000_000_000)),
    );
    let pem = include_str!("../../../tests/fixtures/keys/p384-sec1.pem");
    let key = crate::ClientAuth::private_key_jwt("shared-key", crate::PrivateKey::pem(pem));
    assert!(
        builder(&tenants, &clock)
            .build()
            .unwrap()
            .runtime()
            .registrations
            .jwks()
            .is_none()
    );
    let config = builder(&tenants, &clock).publish_keys(key).build().unwrap();
    assert!(config.runtime().registrations.jwks().unwrap().contains("shared-key"));
}
