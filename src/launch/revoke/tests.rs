use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;

use super::{
    limits::{AT_ONCE, IN_ALL, OF_ONE_EHR},
    *,
};
use crate::{
    SmartConfig,
    protocol::{
        http::{HttpRequest, HttpResponse},
        installation::Installation,
    },
    store::{EndedRecord, acceptance::sample},
    time::Timestamp,
    transport::{HttpTransport, TransportFuture, captured_logs::capture_logs},
};

/// Answers for `ehr.example` when it is let, and for others at once; knows how many wait at once.
#[derive(Debug)]
struct Slow {
    gate: Semaphore,
    waiting: AtomicUsize,
    most: AtomicUsize,
    sent: AtomicUsize,
    sent_to_others: AtomicUsize,
}

impl HttpTransport for Slow {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            if request.url.host_str() != Some("ehr.example") {
                self.sent_to_others.fetch_add(1, SeqCst);
                return Ok(HttpResponse::new(200, Vec::new(), Vec::new()));
            }
            self.most.fetch_max(self.waiting.fetch_add(1, SeqCst) + 1, SeqCst);
            let _ = self.gate.acquire().await;
            self.waiting.fetch_sub(1, SeqCst);
            self.sent.fetch_add(1, SeqCst);
            Ok(HttpResponse::new(200, Vec::new(), Vec::new()))
        })
    }
}

/// An EHR that answers at once.
const QUICK: &str = "https://quick.example/fhir";

/// Registered as the client of [`sample::launch`].
fn config(transport: &Arc<Slow>, fhir_base_url: &str) -> SmartConfig {
    config_of(transport, fhir_base_url, "my-app")
}

fn config_of(transport: &Arc<Slow>, fhir_base_url: &str, client_id: &str) -> SmartConfig {
    #[derive(Debug)]
    struct SharedTransport(Arc<Slow>);
    impl HttpTransport for SharedTransport {
        fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
            self.0.send(request)
        }
    }
    let ehr = |base: &str| {
        Ehr::builder(base)
            .client_id(client_id)
            .redirect_uri("https://app.example/auth/callback")
            .scopes("launch")
    };
    let transport = SharedTransport(Arc::clone(transport));
    let builder = SmartConfig::builder().ehr(ehr(fhir_base_url)).ehr(ehr(QUICK));
    builder.transport(transport).build().unwrap()
}

fn ended(launches: usize) -> EndedLaunches {
    of_record(sample::launch(sample::browser(), Timestamp::from_millis(0)), launches)
}

fn ended_at_the_quick_one(launches: usize) -> EndedLaunches {
    let mut record = sample::launch(sample::browser(), Timestamp::from_millis(0));
    let origin = Arc::make_mut(&mut record.origin);
    origin.ehr = QUICK.to_owned();
    origin.endpoints.revocation = EndpointUrl::parse("https://quick.example/revoke").ok();
    of_record(record, launches)
}

fn of_record(record: LaunchRecord, launches: usize) -> EndedLaunches {
    let one = EndedRecord::new(sample::launch_key(), Arc::new(record));
    vec![one; launches].into()
}

async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn slow() -> Arc<Slow> {
    Arc::new(Slow {
        gate: Semaphore::new(0),
        waiting: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
        sent: AtomicUsize::new(0),
        sent_to_others: AtomicUsize::new(0),
    })
}

#[tokio::test]
async fn mass_logouts_do_not_pile_up() {
    let transport = slow();
    let config = config(&transport, "https://ehr.example/fhir");
    let revoker = config.revoker().clone();
    revoker.launches(&ended(OF_ONE_EHR - 1));
    revoker.launches(&ended(1));
    // Full: these are dropped.
    revoker.launches(&ended(50));
    transport.gate.close();
    let report = config.shutdown(Duration::from_secs(20)).await;
    assert_eq!(report.cut_off, 0);
    assert_eq!(transport.sent.load(SeqCst), 2 * OF_ONE_EHR);
    assert!(transport.most.load(SeqCst) <= AT_ONCE);
}

#[tokio::test]
async fn so_many_go_on_at_once_and_no_more_and_places_become_free_again() {
    let transport = slow();
    let config = config(&transport, "https://ehr.example/fhir");
    let revoker = config.revoker().clone();
    revoker.launches(&ended(AT_ONCE + 5));
    eventually("so many go on", || transport.waiting.load(SeqCst) >= AT_ONCE).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(transport.waiting.load(SeqCst), AT_ONCE);
    transport.gate.close();
    eventually("all places are free again", || revoker.limits.taken() == 0).await;
    revoker.launches(&ended(OF_ONE_EHR));
    config.shutdown(Duration::from_secs(20)).await;
    assert_eq!(transport.sent.load(SeqCst), 2 * (AT_ONCE + 5 + OF_ONE_EHR));
    assert_eq!(transport.most.load(SeqCst), AT_ONCE);
}

#[tokio::test]
async fn an_ehr_that_hangs_does_not_delay_the_revocations_of_another_one() {
    let transport = slow();
    let config = config(&transport, "https://ehr.example/fhir");
    let revoker = config.revoker().clone();
    revoker.launches(&ended(IN_ALL));
    eventually("the one hangs", || transport.waiting.load(SeqCst) == AT_ONCE).await;
    revoker.launches(&ended_at_the_quick_one(20));
    eventually("the other one is done", || {
        transport.sent_to_others.load(SeqCst) == 2 * 20
    })
    .await;
    assert_eq!(transport.sent.load(SeqCst), 0);
    transport.gate.close();
    config.shutdown(Duration::from_secs(20)).await;
}

#[tokio::test]
async fn tokens_of_an_ehr_that_is_not_configured_any_more_are_sent_nowhere() {
    let transport = slow();
    let config = config(&transport, "https://another.example/fhir");
    transport.gate.close();
    config.revoker().launches(&ended(1));
    config.shutdown(Duration::from_secs(20)).await;
    assert_eq!(transport.sent.load(SeqCst), 0);
}

#[tokio::test]
async fn tokens_of_another_client_are_sent_nowhere() {
    let transport = slow();
    let config = config_of(&transport, "https://ehr.example/fhir", "another-app");
    transport.gate.close();
    let revoker = config.revoker().clone();
    revoker.launches(&ended(1));
    let record = sample::launch(sample::browser(), Timestamp::from_millis(0));
    let orphans = RevocableTokens::of(&record.tokens, record.origin.client.clone().unwrap());
    revoker.revoke(&record.origin.ehr, &record.origin.endpoints, orphans);
    config.shutdown(Duration::from_secs(20)).await;
    assert_eq!(transport.sent.load(SeqCst), 0);
}

#[tokio::test]
async fn tokens_of_the_client_of_an_installation_are_not_revoked_in_the_name_of_the_application() {
    for (own, sent) in [(None, 2), (Some("client-7"), 0)] {
        let transport = slow();
        let config = config(&transport, "https://ehr.example/fhir");
        transport.gate.close();
        let mut record = sample::launch(sample::browser(), Timestamp::from_millis(0));
        record.tokens.installation = own.map(|client_id| {
            Box::new(Installation {
                client_id: client_id.to_owned(),
                kid: "key-1".to_owned(),
            })
        });
        config.revoker().launches(&of_record(record, 1));
        config.shutdown(Duration::from_secs(20)).await;
        assert_eq!(transport.sent.load(SeqCst), sent, "{own:?}");
    }
}

#[test]
fn the_refresh_token_goes_first_and_debug_output_shows_neither() {
    let record = sample::launch(sample::browser(), Timestamp::from_millis(0));
    let orphans = RevocableTokens::of_launch(&record);
    let kinds: Vec<_> = orphans.requests().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["refresh token", "access token"]);
    assert!(!format!("{orphans:?}").contains("MARKER"));
}

#[test]
fn launches_whose_records_cannot_be_read_are_counted_in_the_log() {
    let config = config(&slow(), "https://ehr.example/fhir");
    for (unreadable, is_logged) in [(0, false), (1, true), (7, true)] {
        let ended = EndedLaunches {
            unreadable,
            ..EndedLaunches::nothing()
        };
        let logged = capture_logs(tracing::Level::WARN, || config.revoker().launches(&ended));
        let count = format!("launches={unreadable}");
        assert_eq!(
            logged.contains("cannot be read") && logged.contains(&count),
            is_logged,
            "{logged}"
        );
        assert_eq!(logged.is_empty(), !is_logged, "{logged}");
    }
}
