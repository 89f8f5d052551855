//! Rows: the launch has ended; its token is no longer usable; `invalid_grant` at refresh.

use std::time::Duration;

use actix_smart_auth::{
    EndReason, Relaunch,
    sandbox::{Fault, FaultPoint, RefreshTokens, Times, When},
    store::{EndWhich, LaunchEnd, StoreRules, TokenStore},
};

use super::{assert_page, assert_problem, assert_redirect, beside, launch_id, launched, launched_from_ehr, start_link};
use crate::support::{App, AppBuilder, Browser, FlakyStore};

const SESSION_ENDED: &str = "Your session has ended";
const EHR_ENDED_IT: &str = "Your health record system does not let this application read the record any longer.";

/// An application whose store the test can reach into.
fn with_store() -> (AppBuilder, TokenStore) {
    let store = TokenStore::new(FlakyStore::default());
    let given = store.clone();
    (App::builder().config(move |config| config.store(given)), store)
}

async fn end(store: &TokenStore, landing: &str, reason: EndReason) {
    let key = launch_id(landing).key();
    let backend = store.backend();
    let end = backend.end_launch(key, EndWhich::Any, reason, StoreRules::default());
    assert!(matches!(end.await.unwrap().value, LaunchEnd::Ended(ended) if ended.count() == 1));
}

/// Where a new launch begins that takes over from an ended one.
fn launch_after(landing: &str, page: &str) -> String {
    let id = launch_id(landing);
    let return_to = match page {
        "" => String::new(),
        page => format!("return_to=%2F%7E{}%2F{page}&", id.as_str()),
    };
    format!("/auth/launch?{return_to}after={}", id.as_str())
}

#[actix_web::test]
async fn ended_each_reason_has_its_page_and_says_whether_a_browser_is_sent_on_by_itself() {
    let by_itself = true;
    for (reason, redirects, code, title, sentence) in [
        (
            EndReason::LoggedOut,
            !by_itself,
            "signed-out",
            "You have signed out",
            "This chart is closed.",
        ),
        (
            EndReason::RefreshRefused,
            by_itself,
            "ehr-session-ended",
            SESSION_ENDED,
            EHR_ENDED_IT,
        ),
        (
            EndReason::RefreshAnswerLost,
            by_itself,
            "refresh-answer-lost",
            SESSION_ENDED,
            "The connection to your health record system broke off while your access was being renewed.",
        ),
        (
            EndReason::TokenExpired,
            by_itself,
            "ehr-session-ended",
            SESSION_ENDED,
            EHR_ENDED_IT,
        ),
        (
            EndReason::PatientChanged,
            !by_itself,
            "patient-changed",
            "This page was closed for safety",
            "answer was about a different patient from the one this page was opened for.",
        ),
        (
            EndReason::UserChanged,
            !by_itself,
            "user-changed",
            "This page was closed for safety",
            "answer was about a different user from the one who opened this page.",
        ),
        (
            EndReason::Idle,
            by_itself,
            "idle",
            "This page was closed",
            "It was not used for a while.",
        ),
        (
            EndReason::TooOld,
            by_itself,
            "too-old",
            "This page was closed",
            "It had been open for a very long time.",
        ),
        (
            EndReason::OtherUser,
            !by_itself,
            "other-user",
            "This page was closed",
            "Somebody has signed in with this browser as another user.",
        ),
        (
            EndReason::Replaced,
            !by_itself,
            "replaced",
            "This page was closed",
            "The application was opened again in this browser. Please continue there.",
        ),
        (
            EndReason::Evicted,
            by_itself,
            "too-many",
            "This page was closed",
            "Many pages were open",
        ),
        (
            EndReason::RegistrationChanged,
            by_itself,
            "registration-changed",
            SESSION_ENDED,
            "The settings of this application for your health record system were changed in the meantime.",
        ),
    ] {
        let (builder, store) = with_store();
        let app = builder.start();
        let browser = Browser::new();
        let landing = launched(&app, &browser).await;
        end(&store, &landing, reason).await;

        let href = launch_after(&landing, "patient");
        let document = browser.get(&landing).await;
        if redirects {
            assert_redirect(&document, &href);
        } else {
            assert_page(&document, 401, code, title, sentence);
            assert!(document.body.contains(&start_link(&href)), "{}", document.body);
        }
        let problem = assert_problem(&browser.api(&landing).await, 401, code, title);
        assert_eq!(problem["launch_url"], launch_after(&landing, ""));
        let form = browser.post(&landing).await;
        assert_page(&form, 401, code, title, sentence);
        assert!(form.body.contains("What you entered was not saved."), "{}", form.body);
    }
}

#[actix_web::test]
async fn ended_a_launch_from_the_ehr_is_opened_there_again_unless_configured() {
    for (relaunch, redirects) in [(Relaunch::SameKind, false), (Relaunch::Standalone, true)] {
        let (builder, store) = with_store();
        let given = store.clone();
        let app = builder
            .config(move |config| config.relaunch(relaunch).store(given))
            .start();
        let browser = Browser::new();
        let landing = launched_from_ehr(&app, &browser).await;
        end(&store, &landing, EndReason::Idle).await;
        let document = browser.get(&landing).await;
        let api = browser.api(&landing).await;
        let problem = assert_problem(&api, 401, "idle", "This page was closed");
        if redirects {
            assert_redirect(&document, &launch_after(&landing, "patient"));
            assert_eq!(problem["launch_url"], launch_after(&landing, ""));
        } else {
            let sentence = "It was not used for a while. Please open the application again from the patient's chart.";
            assert_page(&document, 401, "idle", "This page was closed", sentence);
            assert!(!document.body.contains("href"), "{}", document.body);
            assert_eq!(problem.get("launch_url"), None);
        }
    }
}

#[actix_web::test]
async fn ended_a_deep_link_is_followed_only_for_the_patient_that_it_was_about() {
    for (patient, expected) in [("amber-testwood", "/encounter?of=42"), ("other", "/patient")] {
        let (builder, store) = with_store();
        let app = builder.start();
        let browser = Browser::new();
        let landing = launched(&app, &browser).await;
        end(&store, &landing, EndReason::Idle).await;
        let redirect = browser.get(&beside(&landing, "/encounter?of=42")).await;
        let other = app.sandbox.patients()[1].id.clone();
        app.sandbox
            .set_automatic_patient(if patient == "other" { &other } else { patient });
        let page = browser.navigate(&app.url(redirect.location())).await;
        assert!(page.url.ends_with(expected), "{}", page.url);
        assert_ne!(
            launch_id(&page.url.replace("/encounter?of=42", "/patient")),
            launch_id(&landing)
        );
    }
}

#[actix_web::test]
async fn token_unusable_without_a_refresh_token_is_an_ended_ehr_session() {
    let app = App::builder()
        .sandbox(|sandbox| {
            sandbox
                .refresh_tokens(RefreshTokens::None)
                .token_lifetime(Duration::from_secs(600))
        })
        .start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    app.advance(600 - 31);
    assert_eq!(browser.get(&landing).await.body, "patient amber-testwood");
    app.advance(1);
    let problem = assert_problem(&browser.api(&landing).await, 401, "ehr-session-ended", SESSION_ENDED);
    assert_eq!(problem["detail"], format!("{EHR_ENDED_IT} Please start again."));
    let form = browser.post(&landing).await;
    assert_page(&form, 401, "ehr-session-ended", SESSION_ENDED, EHR_ENDED_IT);
    assert!(form.body.contains("What you entered was not saved."), "{}", form.body);
    let document = browser.get(&landing).await;
    assert_redirect(&document, &launch_after(&landing, "patient"));
    assert_eq!(app.refreshes(), 0);
}

#[actix_web::test]
async fn invalid_grant_at_refresh_sends_a_document_to_the_launch_once_a_minute_and_an_api_call_gets_401() {
    let app = App::start();
    let browser = Browser::new();
    let (one, two) = (launched(&app, &browser).await, launched(&app, &browser).await);
    app.sandbox.revoke_everything();
    app.advance(3600 - 30);
    let document = browser.get(&one).await;
    assert_redirect(&document, &launch_after(&one, "patient"));
    let page = browser.get(&two).await;
    assert_page(&page, 401, "ehr-session-ended", SESSION_ENDED, EHR_ENDED_IT);
    assert!(
        page.body.contains(&start_link(&launch_after(&two, "patient"))),
        "{}",
        page.body
    );
    assert_page(
        &browser.get(&one).await,
        401,
        "ehr-session-ended",
        SESSION_ENDED,
        EHR_ENDED_IT,
    );
    assert_problem(&browser.api(&one).await, 401, "ehr-session-ended", SESSION_ENDED);
    assert_eq!(app.refreshes(), 2);
    app.advance(59);
    assert_eq!(browser.get(&two).await.status, 401);
    app.advance(1);
    assert_redirect(&browser.get(&two).await, &launch_after(&two, "patient"));
}

#[actix_web::test]
async fn invalid_grant_at_refresh_of_a_launch_from_the_ehr_shows_the_page_at_once() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched_from_ehr(&app, &browser).await;
    app.sandbox.revoke_everything();
    app.advance(3600 - 30);
    let sentence = format!("{EHR_ENDED_IT} Please open the application again from the patient's chart.");
    assert_page(
        &browser.get(&landing).await,
        401,
        "ehr-session-ended",
        SESSION_ENDED,
        &sentence,
    );
}

#[actix_web::test]
async fn patient_changed_by_a_refresh_shows_the_page_and_no_redirect() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    app.sandbox
        .set_refresh_response_field("patient", app.sandbox.patients()[1].id.clone());
    app.advance(3600 - 30);
    let title = "This page was closed for safety";
    assert_page(
        &browser.get(&landing).await,
        401,
        "patient-changed",
        title,
        "answer was about a different patient from the one this page was opened for.",
    );
    assert_problem(&browser.api(&landing).await, 401, "patient-changed", title);
}

#[actix_web::test]
async fn invalid_client_at_refresh_is_500_once_the_token_is_unusable_and_the_launch_is_kept() {
    let app = App::start();
    let browser = Browser::new();
    let landing = launched(&app, &browser).await;
    let description = Some("the secret of <hospital>".to_owned());
    let fault = Fault::OAuthError {
        status: 401,
        error: "invalid_client".to_owned(),
        description,
    };
    app.sandbox
        .inject(FaultPoint::Refresh, When::Before, fault, Times::Always);
    app.advance(3600 - 60);
    assert_eq!(browser.get(&landing).await.status, 200);
    app.advance(30);
    let title = "Your health record system did not accept this application";
    let page = browser.get(&landing).await;
    assert_page(
        &page,
        500,
        "client-refused",
        title,
        "Please tell the support team of this application.",
    );
    assert!(
        !page.body.contains("invalid_client") && !page.body.contains("hospital"),
        "{}",
        page.body
    );
    let api = browser.api(&landing).await;
    assert_problem(&api, 500, "client-refused", title);
    assert!(
        !api.body.contains("invalid_client") && !api.body.contains("hospital"),
        "{}",
        api.body
    );
    assert_page(
        &browser.post(&landing).await,
        500,
        "client-refused",
        title,
        "What you entered was not saved.",
    );
    app.sandbox.clear_faults();
    app.advance(60);
    assert_eq!(browser.get(&landing).await.body, "patient amber-testwood");
}
