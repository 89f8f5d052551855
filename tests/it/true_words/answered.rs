//! "Does not answer" is said only of what did not answer.

use actix_smart_auth::sandbox::{Fault, FaultPoint, Times, When};
use serde_json::json as value;

use super::{callback_of, json, raw};
use crate::support::{Answer, App, Browser, Opened, UNUSABLE};

const SILENT: &str = "does not answer";
const UNUSABLE_ANSWER: &str = "gave an answer that cannot be used";

/// Answers that cannot be used, and will not be better the next time.
fn unusable() -> Vec<Fault> {
    vec![
        Fault::HtmlBody { status: 200 },
        Fault::HtmlBody { status: 401 },
        Fault::HtmlBody { status: 403 },
        Fault::Status(403),
        Fault::Status(404),
        Fault::EmptyBody,
        Fault::HugeBody(2_000_000),
        raw(200, "text/plain", "access_token=1"),
    ]
}

/// Answers of somebody in trouble.
fn troubled() -> Vec<Fault> {
    vec![
        Fault::Status(500),
        Fault::HtmlBody { status: 502 },
        Fault::Unavailable { retry_after: None },
        Fault::TooManyRequests { retry_after: None },
        json(503, &value!({"error": "temporarily_unavailable"})),
    ]
}

/// Page and script get this status and code, and this sentence.
#[track_caller]
fn both(answers: [&Answer; 2], status: u16, code: &str, sentence: &str, fault: &Fault) {
    let [page, script] = answers;
    assert_eq!(
        (page.status, script.status),
        (status, status),
        "{fault:?}: {}",
        page.body
    );
    assert!(
        page.body.contains(&format!("Code: {code}<")),
        "{fault:?}: {}",
        page.body
    );
    assert!(page.body.contains(sentence), "{fault:?}: {}", page.body);
    assert_eq!(script.json()["code"], code, "{fault:?}");
    assert!(script.body.contains(sentence), "{fault:?}: {}", script.body);
    for body in [&page.body, &script.body] {
        assert_eq!(body.contains(SILENT), sentence == SILENT, "{fault:?}: {body}");
    }
}

#[actix_web::test]
async fn an_exchange_with_an_unusable_answer_is_502_and_one_with_trouble_503() {
    let app = App::start();
    let cases = [
        (unusable(), 502, "ehr-error", UNUSABLE_ANSWER),
        (troubled(), 503, "ehr-unavailable", "has a problem at the moment"),
        (vec![Fault::Reset, Fault::Truncated], 503, "ehr-unavailable", SILENT),
    ];
    for (faults, status, code, sentence) in cases {
        for fault in faults {
            // It is an OAuth error, with a page of its own.
            if matches!(fault, Fault::Raw { status: 503, .. }) {
                continue;
            }
            let browser = Browser::new();
            let callback = callback_of(&app, &browser).await;
            app.sandbox
                .inject(FaultPoint::Exchange, When::Before, fault.clone(), Times::Once);
            let answers = [&browser.get(&callback).await, &browser.api(&callback).await];
            both(answers, status, code, sentence, &fault);
        }
    }
}

#[actix_web::test]
async fn a_running_launch_with_an_unusable_answer_is_502_and_is_kept() {
    let cases = [
        (unusable(), 502, "ehr-error", UNUSABLE_ANSWER),
        (troubled(), 503, "ehr-unavailable", "reports a problem of its own"),
        (vec![Fault::Reset, Fault::Truncated], 503, "ehr-unavailable", SILENT),
    ];
    for (faults, status, code, sentence) in cases {
        for fault in faults {
            let opened = Opened::start().await;
            opened
                .app
                .sandbox
                .inject(FaultPoint::Refresh, When::Before, fault.clone(), Times::N(3));
            opened.app.advance(UNUSABLE);
            for wait in [0, 1, 2] {
                opened.app.advance(wait);
                let page = opened.browser.get(&opened.url("/patient")).await;
                both([&page, &opened.token().await], status, code, sentence, &fault);
                assert!(page.body.contains("You are still signed in."), "{fault:?}");
                assert!(page.body.contains(">Try again</a>"), "{fault:?}");
                assert_ne!(page.header("retry-after"), "", "{fault:?}");
                // What cannot be used will hardly be better; what is in trouble may be, the first time.
                let start = page.body.contains(">Start again</a>");
                assert_eq!(
                    start,
                    status == 502 || wait > 0,
                    "{fault:?} after {wait} s: {}",
                    page.body
                );
            }
            opened.app.advance(4);
            assert_eq!(opened.token().await.status, 200, "{fault:?}: the launch is kept");
        }
    }
}

#[actix_web::test]
async fn metadata_that_cannot_be_used_is_502_and_trouble_503() {
    let cases = [
        (unusable(), 502, "metadata-unusable", UNUSABLE_ANSWER),
        (troubled(), 503, "metadata-unavailable", "reports a problem of its own"),
        (
            vec![Fault::Reset, Fault::Truncated],
            503,
            "metadata-unavailable",
            SILENT,
        ),
    ];
    for (faults, status, code, sentence) in cases {
        for fault in faults {
            let (app, browser) = (App::start(), Browser::new());
            app.sandbox
                .inject(FaultPoint::Metadata, When::Before, fault.clone(), Times::Always);
            for url in [app.url("/auth/launch"), app.ehr_launch_url("amber-testwood", None)] {
                let answers = [&browser.get(&url).await, &browser.api(&url).await];
                both(answers, status, code, sentence, &fault);
            }
        }
    }
}

#[actix_web::test]
async fn keys_that_will_never_fit_are_502_and_keys_that_are_away_503() {
    let keys = |keys: serde_json::Value| json(200, &value!({ "keys": keys }));
    let cases = [
        (Fault::Status(403), 502, "identity-refused", "could not be verified"),
        (
            Fault::HtmlBody { status: 200 },
            502,
            "identity-refused",
            "could not be verified",
        ),
        (keys(value!([])), 502, "identity-refused", "could not be verified"),
        (
            keys(value!([{"kty": "oct", "k": "AAAA"}])),
            502,
            "identity-refused",
            "could not be verified",
        ),
        (keys(value!("none")), 502, "identity-refused", "could not be verified"),
    ];
    for (fault, status, code, sentence) in cases {
        let (app, browser) = (App::start(), Browser::new());
        app.sandbox
            .inject(FaultPoint::Jwks, When::Before, fault.clone(), Times::Always);
        let callback = callback_of(&app, &browser).await;
        let answers = [&browser.get(&callback).await, &browser.api(&callback).await];
        both(answers, status, code, sentence, &fault);
    }
}
