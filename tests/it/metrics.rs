//! What a run emits is what the guide lists, and it adds up.

use std::{collections::BTreeSet, sync::LazyLock, time::Duration};

use actix_smart_auth::{
    audit::{AuditError, AuditEvent, AuditFuture, AuditSink},
    sandbox::{AutomaticAnswer, Fault, FaultPoint, Times, When},
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::support::{App, Browser, DUE_TO_UNUSABLE, Opened, UNUSABLE, open};

const GUIDE: &str = include_str!("../../src/guide/observability.md");

/// One for all tests of the process. Others count too: look at the EHR of your own.
static EXPORTER: LazyLock<PrometheusHandle> = LazyLock::new(|| {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &[0.1, 1.0, 10.0])
        .unwrap()
        .install_recorder()
        .unwrap()
});

struct Nowhere;

impl AuditSink for Nowhere {
    fn write<'a>(&'a self, _: &'a [AuditEvent]) -> AuditFuture<'a> {
        Box::pin(std::future::ready(Err(AuditError::Refused)))
    }
}

/// The sum of the samples of a metric whose labels have all of these.
fn sum(text: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let wanted: Vec<_> = labels
        .iter()
        .map(|(label, value)| format!("{label}=\"{value}\""))
        .collect();
    let of_metric = text.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
    of_metric
        .filter(|line| wanted.iter().all(|label| line.contains(label.as_str())))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum()
}

#[actix_web::test]
async fn refreshes_are_as_many_as_the_ehr_has_seen_and_each_launch_is_open_or_has_an_end() {
    LazyLock::force(&EXPORTER);
    let opened = Opened::start().await;
    open(&opened.app, &opened.browser).await;
    for _ in 0..3 {
        opened.app.advance(UNUSABLE);
        assert!(opened.flood(5).await.iter().all(|answer| answer.status == 200));
    }
    let inject = |fault| {
        opened
            .app
            .sandbox
            .inject(FaultPoint::Refresh, When::Before, fault, Times::Once)
    };
    inject(Fault::Status(500));
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 503);
    opened.app.advance(DUE_TO_UNUSABLE);
    inject(Fault::InvalidGrant);
    assert_eq!(opened.token().await.status, 401);
    let text = EXPORTER.render();
    let ehr = opened.app.sandbox.fhir_base_url();
    let of = |name: &str, labels: &[(&str, &str)]| {
        let labels: Vec<_> = labels.iter().copied().chain([("ehr", ehr.as_str())]).collect();
        sum(&text, name, &labels)
    };
    let seen = opened.app.refreshes() as f64;
    assert_eq!(of("smart_refreshes_total", &[]), seen);
    assert_eq!(of("smart_token_requests_total", &[("grant", "refresh_token")]), seen);
    assert_eq!(of("smart_refreshes_total", &[("result", "refreshed")]), 3.0);
    assert_eq!(of("smart_refreshes_total", &[("result", "ehr_troubled")]), 1.0);
    assert_eq!(
        of(
            "smart_token_requests_total",
            &[("grant", "authorization_code"), ("outcome", "ok")]
        ),
        2.0
    );
    assert_eq!(
        of(
            "smart_token_request_duration_seconds_count",
            &[("grant", "refresh_token")]
        ),
        seen
    );
    assert!(of("smart_refresh_asked_total", &[("role", "leader")]) >= seen);
    assert_eq!(of("smart_launches_opened_total", &[("kind", "standalone")]), 2.0);
    assert_eq!(of("smart_launches_ended_total", &[]), 1.0);
}

#[actix_web::test]
async fn a_run_emits_what_the_guide_lists_and_names_nobody() {
    LazyLock::force(&EXPORTER);
    let app = App::builder().config(|config| config.audit(Nowhere));
    let opened = Opened::with(app).await;
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.browser.post(&opened.url("/auth/logout")).await.status, 200);
    opened.app.config.shutdown(Duration::from_secs(10)).await;
    let declined = App::builder()
        .sandbox(|sandbox| sandbox.automatic_answer(AutomaticAnswer::Deny))
        .start();
    assert_eq!(Browser::new().navigate(&declined.url("/auth/launch")).await.status, 403);
    let text = EXPORTER.render();
    let listed: BTreeSet<_> = GUIDE
        .lines()
        .filter_map(|line| line.strip_prefix("| `smart_")?.split_once('`'))
        .map(|(name, _)| format!("smart_{name}"))
        .collect();
    let described = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let emitted: BTreeSet<_> = described.map(str::to_owned).collect();
    assert_eq!(emitted.difference(&listed).collect::<Vec<_>>(), Vec::<&String>::new());
    // What only happens when too much is under way, or an EHR or a store is away.
    let rare = [
        "smart_discovery_failures_total",
        "smart_requests_queued",
        "smart_requests_shed_total",
        "smart_store_errors_total",
    ];
    let missing: Vec<_> = listed
        .difference(&emitted)
        .filter(|name| !rare.contains(&name.as_str()))
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
    // Of the launches of all tests in this process.
    for name in ["amber-testwood", "Testwood", "Practitioner"] {
        assert!(!text.contains(name), "{name}");
    }
}

#[actix_web::test]
async fn the_code_that_a_preflight_makes_up_is_no_refused_token_request() {
    LazyLock::force(&EXPORTER);
    let app = App::start();
    assert!(app.config.preflight().await.can_launch());
    assert_eq!(app.sandbox.token_requests().len(), 1);
    let text = EXPORTER.render();
    let ehr = app.sandbox.fhir_base_url();
    for metric in [
        "smart_token_requests_total",
        "smart_token_request_duration_seconds_count",
    ] {
        assert_eq!(sum(&text, metric, &[("ehr", &ehr)]), 0.0, "{metric}");
    }
}
