use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::{
    Ehr, SmartConfig,
    protocol::http::HttpResponse,
    transport::{captured_logs::capture_logs, loopback::block_on},
};

/// An application's own: counts what it is asked for, and answers that or never.
#[derive(Debug, Default)]
struct Own {
    asked: AtomicUsize,
    hangs: bool,
}

impl HttpTransport for Own {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.hangs {
            return Box::pin(std::future::pending());
        }
        Box::pin(std::future::ready(Ok(HttpResponse::new(200, Vec::new(), Vec::new()))))
    }

    fn addresses(&self) -> AddressEnforcement {
        AddressEnforcement::Enforced
    }
}

fn request(timeout: Duration) -> HttpRequest {
    HttpRequest::get("https://ehr.example/".parse().unwrap(), timeout)
}

#[tokio::test]
async fn what_is_too_late_is_not_handed_over_and_counts_as_not_sent() {
    let own = Arc::new(Own::default());
    let bounded = BoundedTransport::new(Arc::clone(&own) as Arc<dyn HttpTransport>);
    let mut late = request(Duration::from_secs(5));
    late.not_after = Instant::now().checked_sub(Duration::from_millis(1));
    let error = bounded.send(late).await.unwrap_err();
    assert_eq!(error, TransportError::ConnectTimeout);
    assert!(error.was_not_sent());
    assert_eq!(own.asked.load(Ordering::SeqCst), 0);

    let mut in_time = request(Duration::from_secs(5));
    in_time.not_after = Instant::now().checked_add(Duration::from_secs(60));
    assert_eq!(bounded.send(in_time).await.unwrap().status, 200);
    assert_eq!(own.asked.load(Ordering::SeqCst), 1);
}

/// It may have waited for its turn since it was made.
#[tokio::test]
async fn whether_it_is_too_late_is_asked_when_it_is_sent_and_not_before() {
    let own = Arc::new(Own::default());
    let bounded = BoundedTransport::new(Arc::clone(&own) as Arc<dyn HttpTransport>);
    let mut request = request(Duration::from_secs(5));
    request.not_after = Instant::now().checked_add(Duration::from_millis(20));
    let sending = bounded.send(request);
    std::thread::sleep(Duration::from_millis(40));
    assert_eq!(sending.await.unwrap_err(), TransportError::ConnectTimeout);
    assert_eq!(own.asked.load(Ordering::SeqCst), 0);
}

#[test]
fn one_that_never_returns_is_given_up_thirty_seconds_after_the_time_for_the_request() {
    let logged = capture_logs(tracing::Level::ERROR, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let hangs = true;
            let own = Arc::new(Own {
                hangs,
                ..Own::default()
            });
            let bounded = BoundedTransport::new(own);
            let began = tokio::time::Instant::now();
            let error = bounded.send(request(Duration::from_secs(60))).await.unwrap_err();
            assert_eq!(error, TransportError::Timeout);
            assert!(!error.was_not_sent());
            assert_eq!(began.elapsed().as_secs(), 90);
        });
    });
    assert!(logged.contains("`HttpRequest::timeout`"), "{logged}");
}

#[test]
fn the_transport_of_a_configuration_is_within_these_bounds() {
    #[derive(Debug, Clone, Default)]
    struct Shared(Arc<Own>);
    impl HttpTransport for Shared {
        fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
            self.0.send(request)
        }
    }
    let own = Shared::default();
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let config = SmartConfig::builder().ehr(ehr).transport(own.clone()).build().unwrap();
    let mut late = request(Duration::from_secs(5));
    late.not_after = Instant::now().checked_sub(Duration::from_millis(1));
    assert_eq!(
        block_on(config.runtime().transport().send(late)).unwrap_err(),
        TransportError::ConnectTimeout
    );
    assert_eq!(own.0.asked.load(Ordering::SeqCst), 0);
}
