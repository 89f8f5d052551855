use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use tokio::sync::Semaphore;

use super::*;
use crate::{
    protocol::http::{HttpRequest, HttpResponse},
    store::acceptance::sample,
    time::Timestamp,
    transport::TransportFuture,
};

/// Answers when it is let; knows how many wait at once.
#[derive(Debug)]
struct Slow {
    gate: Semaphore,
    waiting: AtomicUsize,
    most: AtomicUsize,
    sent: AtomicUsize,
}

impl HttpTransport for Slow {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            self.most.fetch_max(self.waiting.fetch_add(1, SeqCst) + 1, SeqCst);
            let _ = self.gate.acquire().await;
            self.waiting.fetch_sub(1, SeqCst);
            self.sent.fetch_add(1, SeqCst);
            Ok(HttpResponse::new(200, Vec::new(), Vec::new()))
        })
    }
}

/// Registered as the client of [`sample::launch`].
fn config(transport: &Arc<Slow>, fhir_base_url: &str) -> SmartConfig {
    config_of(transport, fhir_base_url, "my-app")
}

fn config_of(transport: &Arc<Slow>, fhir_base_url: &str, client_id: &str) -> SmartConfig {
    #[derive(Debug)]
    struct Shared(Arc<Slow>);
    impl HttpTransport for Shared {
        fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
            self.0.send(request)
        }
    }
    let ehr = Ehr::builder(fhir_base_url)
        .client_id(client_id)
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch");
    let transport = Shared(Arc::clone(transport));
    SmartConfig::builder().ehr(ehr).transport(transport).build().unwrap()
}

fn ended(launches: usize) -> JustEnded {
    let record = Arc::new(sample::launch(sample::browser(), Timestamp::from_millis(0)));
    vec![record; launches].into()
}

fn slow() -> Arc<Slow> {
    Arc::new(Slow {
        gate: Semaphore::new(0),
        waiting: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
        sent: AtomicUsize::new(0),
    })
}

#[tokio::test]
async fn mass_logouts_do_not_pile_up() {
    let transport = slow();
    let config = config(&transport, "https://ehr.example/fhir");
    let revoker = Revoker::new(&config);
    revoker.launches(&ended(AT_ONCE + WAITING - 1));
    revoker.launches(&ended(1));
    // Full: these are dropped.
    revoker.launches(&ended(50));
    transport.gate.close();
    let report = config.shutdown(Duration::from_secs(20)).await;
    assert_eq!(report.cut_off, 0);
    assert_eq!(transport.sent.load(SeqCst), 2 * (AT_ONCE + WAITING));
    assert!(transport.most.load(SeqCst) <= AT_ONCE);
}

#[tokio::test]
async fn so_many_go_on_at_once_and_no_more_and_places_become_free_again() {
    let transport = slow();
    let config = config(&transport, "https://ehr.example/fhir");
    let revoker = Revoker::new(&config);
    revoker.launches(&ended(AT_ONCE + 5));
    while transport.waiting.load(SeqCst) < AT_ONCE {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(transport.waiting.load(SeqCst), AT_ONCE);
    transport.gate.close();
    while revoker.shared.revocations.places.available_permits() < AT_ONCE + WAITING {
        tokio::task::yield_now().await;
    }
    revoker.launches(&ended(AT_ONCE + WAITING));
    config.shutdown(Duration::from_secs(20)).await;
    assert_eq!(transport.sent.load(SeqCst), 2 * (AT_ONCE + 5 + AT_ONCE + WAITING));
    assert_eq!(transport.most.load(SeqCst), AT_ONCE);
}

#[tokio::test]
async fn tokens_of_an_ehr_that_is_not_configured_any_more_are_sent_nowhere() {
    let transport = slow();
    let config = config(&transport, "https://another.example/fhir");
    transport.gate.close();
    Revoker::new(&config).launches(&ended(1));
    config.shutdown(Duration::from_secs(20)).await;
    assert_eq!(transport.sent.load(SeqCst), 0);
}

#[tokio::test]
async fn tokens_of_another_client_are_sent_nowhere() {
    let transport = slow();
    let config = config_of(&transport, "https://ehr.example/fhir", "another-app");
    transport.gate.close();
    Revoker::new(&config).launches(&ended(1));
    config.shutdown(Duration::from_secs(20)).await;
    assert_eq!(transport.sent.load(SeqCst), 0);
}

#[test]
fn the_refresh_token_goes_first_and_debug_output_shows_neither() {
    let tokens = sample::tokens(Timestamp::from_millis(0));
    let orphans = Orphans::of(&tokens);
    let kinds: Vec<_> = orphans.requests().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["refresh token", "access token"]);
    assert!(!format!("{orphans:?}").contains("MARKER"));
}
