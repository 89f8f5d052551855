//! What is audited of a launch, from the sign-in to its end.

use std::{
    future::{Ready, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use actix_smart_auth::Patient;
use actix_smart_auth::{
    EndReason, LaunchKind, SmartClient, StartOptions,
    audit::{AuditError, AuditEvent, AuditFailure, AuditFuture, AuditSink, Audited, FhirAudit, RefreshResult},
    error::{OpenLaunchError, RefreshFailure},
    sandbox::{AutomaticAnswer, Fault, FaultPoint, Times, When},
    store::{BrowserLimits, FailedCallbackKind, MemoryStore, MemoryStoreLimits, TokenStore},
    time::Clock as _,
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};

use crate::{
    resets::{begin, reset},
    smart_client::sign_in,
    support::{App, AppBuilder, Browser, DUE, Op, Opened, Trouble, UNUSABLE, clock, eventually, open},
};

/// Keeps events; none while it is closed.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    events: Vec<AuditEvent>,
    is_closed: bool,
}

impl AuditSink for Kept {
    fn write<'a>(&'a self, events: &'a [AuditEvent]) -> AuditFuture<'a> {
        Box::pin(async move {
            let mut state = self.0.lock().unwrap();
            if state.is_closed {
                return Err(AuditError::Unavailable);
            }
            state.events.extend_from_slice(events);
            Ok(())
        })
    }
}

impl Kept {
    fn close(&self) {
        self.0.lock().unwrap().is_closed = true;
    }

    /// Once all that has happened is written: the application is at its end then.
    async fn of(&self, app: &App) -> Vec<AuditEvent> {
        let report = app.config.shutdown(Duration::from_secs(10)).await;
        assert_eq!(report.audit_events_left, 0);
        self.0.lock().unwrap().events.clone()
    }
}

/// Until the sink is known to be away.
async fn is_failing(app: &App) {
    while !app.config.health().await.audit.is_some_and(|audit| audit.is_failing) {
        tokio::task::yield_now().await;
    }
}

fn app(kept: &Kept) -> AppBuilder {
    let kept = kept.clone();
    App::builder().config(|config| config.audit(kept))
}

fn names(events: &[AuditEvent]) -> Vec<&str> {
    events.iter().map(|event| event.what.name()).collect()
}

#[actix_web::test]
async fn a_sign_in_a_refresh_and_a_sign_out_are_events_of_one_launch() {
    let kept = Kept::default();
    let opened = Opened::with(app(&kept)).await;
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 200);
    assert_eq!(opened.browser.post(&opened.url("/auth/logout")).await.status, 200);
    let events = kept.of(&opened.app).await;
    assert_eq!(names(&events), ["sign_in", "refresh", "end"]);
    let base = opened.app.sandbox.fhir_base_url();
    for event in &events {
        assert_eq!(
            (event.ehr.as_str(), event.patient.as_deref()),
            (base.as_str(), Some("amber-testwood"))
        );
        assert_eq!(event.launch, events[0].launch);
        let user = event.user.as_ref().unwrap();
        assert!(user.fhir_user.as_ref().unwrap().starts_with("Practitioner/"));
    }
    let Audited::SignIn(sign_in) = &events[0].what else {
        panic!()
    };
    assert_eq!(sign_in.kind, LaunchKind::Standalone);
    assert!(sign_in.granted.contains("offline_access"), "{:?}", sign_in.granted);
    let Audited::Refresh(refresh) = &events[1].what else {
        panic!()
    };
    assert_eq!(refresh.result, RefreshResult::Refreshed);
    let Audited::End(end) = &events[2].what else { panic!() };
    assert_eq!((end.reason, end.earlier), (EndReason::LoggedOut, None));
    assert!(events[0].at < events[1].at);
}

#[actix_web::test]
async fn a_refresh_that_fails_and_one_that_ends_the_launch_are_told_apart() {
    let kept = Kept::default();
    let opened = Opened::with(app(&kept)).await;
    opened.app.advance(UNUSABLE);
    let fault = |fault| {
        opened
            .app
            .sandbox
            .inject(FaultPoint::Refresh, When::Before, fault, Times::Once)
    };
    fault(Fault::Status(503));
    assert_eq!(opened.token().await.status, 503);
    opened.app.advance(60);
    fault(Fault::InvalidGrant);
    assert_eq!(opened.token().await.status, 401);
    let events = kept.of(&opened.app).await;
    assert_eq!(names(&events), ["sign_in", "refresh", "refresh", "end"]);
    let result = |event: &AuditEvent| match &event.what {
        Audited::Refresh(refresh) => refresh.result,
        other => panic!("{other:?}"),
    };
    assert_eq!(result(&events[1]), RefreshResult::Failed(RefreshFailure::EhrTroubled));
    assert_eq!(result(&events[2]), RefreshResult::Refused);
    let Audited::End(end) = &events[3].what else { panic!() };
    // The first answer may have spent the refresh token.
    assert_eq!(end.reason, EndReason::RefreshAnswerLost);
}

#[actix_web::test]
async fn a_sign_in_that_is_declined_is_an_event_without_a_launch() {
    let kept = Kept::default();
    let app = app(&kept)
        .sandbox(|sandbox| sandbox.automatic_answer(AutomaticAnswer::Deny))
        .start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.status, 403);
    let events = kept.of(&app).await;
    assert_eq!(names(&events), ["sign_in_refused"]);
    let Audited::SignInRefused(refused) = &events[0].what else {
        panic!()
    };
    assert_eq!(refused.why, FailedCallbackKind::AccessDenied);
    assert_eq!(refused.error_code.as_deref(), Some("access_denied"));
    assert_eq!((&events[0].launch, &events[0].patient), (&None, &None));
}

#[actix_web::test]
async fn a_launch_that_was_left_alone_is_an_event_once_somebody_looks() {
    let kept = Kept::default();
    let opened = Opened::with(app(&kept)).await;
    let opened_at = opened.app.clock.clone();
    opened.app.advance(61 * 60);
    for _ in 0..3 {
        assert_eq!(opened.token().await.status, 401);
    }
    let events = kept.of(&opened.app).await;
    assert_eq!(names(&events), ["sign_in", "end"]);
    let Audited::End(end) = &events[1].what else { panic!() };
    assert_eq!(end.reason, EndReason::Idle);
    assert!(end.earlier.unwrap() < opened_at.now());
    assert_eq!(events[0].launch, events[1].launch);
}

#[actix_web::test]
async fn a_second_launch_that_replaces_the_first_is_the_end_of_that() {
    let kept = Kept::default();
    let mut limits = BrowserLimits::default();
    limits.launches = 1;
    let opened = Opened::with(app(&kept).config(move |config| config.browser_limits(limits))).await;
    open(&opened.app, &opened.browser).await;
    let events = kept.of(&opened.app).await;
    assert_eq!(names(&events), ["sign_in", "end", "sign_in"]);
    let Audited::End(end) = &events[1].what else { panic!() };
    assert_eq!(end.reason, EndReason::Evicted);
    assert_eq!(events[1].launch, events[0].launch);
    assert_ne!(events[2].launch, events[0].launch);
}

/// Of whichever browser it is.
#[actix_web::test]
async fn a_launch_that_makes_room_in_the_store_ends_with_an_event() {
    let kept = Kept::default();
    let store = MemoryStore::with_limits(MemoryStoreLimits::default().launches(1)).timed_by(clock());
    let app = app(&kept)
        .config(move |config| config.store(TokenStore::new(store)))
        .start();
    for _ in 0..2 {
        open(&app, &Browser::new()).await;
    }
    let events = kept.of(&app).await;
    assert_eq!(names(&events), ["sign_in", "end", "sign_in"]);
    let Audited::End(end) = &events[1].what else { panic!() };
    assert_eq!(end.reason, EndReason::Evicted);
    assert_eq!(events[1].launch, events[0].launch);
}

#[actix_web::test]
async fn a_sign_in_opens_nothing_without_its_event_where_that_is_demanded() {
    let kept = Kept::default();
    kept.close();
    let app = app(&kept)
        .config(|config| config.audit_failure(AuditFailure::RefuseSignIn))
        .start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    // The first finds out that the sink is away, the second knows it. Each waits five seconds for it.
    let (first, launch) = (Browser::new(), app.url("/auth/launch"));
    let second = async {
        is_failing(&app).await;
        client.open_launch(authorized).await
    };
    let (page, second) = tokio::join!(first.navigate(&launch), second);
    assert_eq!((page.status, page.launch_cookies()), (503, Vec::new()), "{}", page.body);
    // An operator who reads of the token store would look at Redis.
    assert!(
        page.body.contains("not-audited") && !page.body.contains("store-unavailable"),
        "{}",
        page.body
    );
    assert!(page.body.contains("has to write down who signs in"), "{}", page.body);
    assert_eq!(second.unwrap_err().error, OpenLaunchError::NotAudited);
    let report = app.config.shutdown(Duration::from_millis(100)).await;
    // Of the first: that it opened, that it ended, and that the callback was refused. The second did not open.
    assert_eq!(report.audit_events_left, 3);
}

#[actix_web::test]
async fn a_sign_in_that_is_refused_for_its_event_costs_nobody_an_open_launch() {
    let kept = Kept::default();
    let mut limits = BrowserLimits::default();
    limits.launches = 1;
    let config =
        app(&kept).config(move |config| config.browser_limits(limits).audit_failure(AuditFailure::RefuseSignIn));
    let opened = Opened::with(config).await;
    kept.close();
    opened.app.advance(UNUSABLE);
    assert_eq!(opened.token().await.status, 200);
    is_failing(&opened.app).await;
    let page = opened.browser.navigate(&opened.app.url("/auth/launch")).await;
    assert_eq!(page.status, 503, "{}", page.body);
    assert_eq!(opened.token().await.status, 200);
}

#[actix_web::test]
async fn a_sink_that_is_away_keeps_nobody_out() {
    let kept = Kept::default();
    kept.close();
    let opened = Opened::with(app(&kept)).await;
    opened.app.advance(DUE);
    assert_eq!(opened.token().await.status, 200);
    let report = opened.app.config.shutdown(Duration::from_millis(300)).await;
    assert_eq!(report.audit_events_left, 2);
}

#[actix_web::test]
async fn fhir_requests_are_audited_by_option_without_their_queries() {
    for (policy, expected) in [(FhirAudit::LeftOut, 1), (FhirAudit::Each, 5)] {
        let kept = Kept::default();
        let app = app(&kept).config(move |config| config.audit_fhir(policy)).start();
        let client = SmartClient::new(&app.config).unwrap();
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        let authorized = client.finish(pending, &query).await.unwrap();
        let handle = client.open_launch(authorized).await.unwrap();
        let fhir = app.config.resume(&handle).await.unwrap().fhir();
        let _: serde_json::Value = fhir.read("Patient", "amber-testwood").await.unwrap();
        let found = fhir
            .search("Observation")
            .param("patient", "amber-testwood")
            .param("code", "SECRET-CODE");
        let _: Vec<serde_json::Value> = found.all(10).await.unwrap();
        fhir.read::<serde_json::Value>("Patient", "nobody").await.unwrap_err();
        fhir.delete("Patient", "amber-testwood").send().await.unwrap_err();
        let events = kept.of(&app).await;
        assert_eq!(events.len(), expected, "{policy:?}: {events:?}");
        if policy == FhirAudit::LeftOut {
            continue;
        }
        assert!(!serde_json::to_string(&events).unwrap().contains("SECRET-CODE"));
        let seen: Vec<_> = events[1..]
            .iter()
            .map(|event| match &event.what {
                Audited::FhirAccess(access) => (
                    access.method,
                    access.resource_type.as_deref().unwrap(),
                    access.resource_id.as_deref(),
                    access.status,
                ),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("GET", "Patient", Some("amber-testwood"), Some(200)),
                ("GET", "Observation", None, Some(200)),
                ("GET", "Patient", Some("nobody"), Some(404)),
                // No scope allows it, so nothing was sent.
                ("DELETE", "Patient", Some("amber-testwood"), None),
            ]
        );
        assert!(events.iter().all(|event| event.launch == events[0].launch));
    }
}

#[actix_web::test]
async fn a_fhir_request_that_nobody_waits_for_any_more_is_audited() {
    let kept = Kept::default();
    let app = app(&kept).config(|config| config.audit_fhir(FhirAudit::Each)).start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    let handle = client.open_launch(authorized).await.unwrap();
    let fhir = app.config.resume(&handle).await.unwrap().fhir();
    // One that was never sent is none.
    drop(fhir.delete("Patient", "amber-testwood").send());
    // Or the answer may be there before anybody has looked for it.
    let slow = Fault::Delay(Duration::from_millis(300));
    app.sandbox.inject(FaultPoint::Fhir, When::Before, slow, Times::Once);
    let mut sending = Box::pin(fhir.read::<serde_json::Value>("Patient", "amber-testwood"));
    let begun = std::future::poll_fn(|cx| std::task::Poll::Ready(sending.as_mut().poll(cx))).await;
    assert!(begun.is_pending());
    drop(sending);
    let events = kept.of(&app).await;
    assert_eq!(names(&events), ["sign_in", "fhir_access"]);
    let Audited::FhirAccess(access) = &events[1].what else {
        panic!()
    };
    assert_eq!((access.interaction, access.status), ("read", None));
}

/// How many requests with a [`Watched`] are over, or were dropped.
static OVER: AtomicUsize = AtomicUsize::new(0);

struct Watched;

impl FromRequest for Watched {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        OVER.fetch_add(1, SeqCst);
    }
}

fn watched(app: &mut web::ServiceConfig) {
    app.route(
        "/~{smart_launch}/watched",
        web::get().to(|_: Watched, _: Patient| async { "open" }),
    );
}

/// An application whose tokens cannot be renewed.
fn without_refresh_tokens(kept: &Kept) -> AppBuilder {
    app(kept).ehr(|ehr| ehr.scopes("openid fhirUser launch/patient patient/*.rs"))
}

#[actix_web::test]
async fn the_end_of_a_launch_whose_token_ran_out_is_an_event_though_the_browser_has_gone_away() {
    let kept = Kept::default();
    let opened = Opened::with(without_refresh_tokens(&kept).routes(watched)).await;
    opened.app.advance(UNUSABLE);
    opened.store.trouble(Op::End, Trouble::Hold);
    let request = begin(&opened.browser, &opened.url("/watched")).await;
    eventually("the launch is being ended", || opened.store.calls(Op::End) == 1).await;
    reset(request);
    eventually("the request is dropped", || OVER.load(SeqCst) == 1).await;
    opened.store.let_go();
    let events = kept.of(&opened.app).await;
    assert_eq!(names(&events), ["sign_in", "end"]);
    let Audited::End(end) = &events[1].what else { panic!() };
    assert_eq!(end.reason, EndReason::TokenExpired);
    assert_eq!(opened.store.calls(Op::End), 1);
}

#[actix_web::test]
async fn such_a_launch_ends_also_while_the_application_stops() {
    let opened = Opened::with(without_refresh_tokens(&Kept::default())).await;
    opened.app.advance(UNUSABLE);
    opened.app.config.shutdown(Duration::from_secs(10)).await;
    assert_eq!(opened.token().await.status, 401);
    assert_eq!(opened.end_reason().await, EndReason::TokenExpired);
}
