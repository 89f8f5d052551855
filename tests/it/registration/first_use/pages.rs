//! What a person reads where the application is not registered.

use std::sync::Arc;

use actix_smart_auth::sandbox::{Fault, FaultPoint, SandboxServer, SelfRegistration, Times, When};
use actix_web::http::Method;

use super::{INITIAL, customer_without_callback};
use crate::support::{Answer, App, Browser};

/// An application in front of browsers, and an EHR at which it registers itself.
struct Site {
    app: App,
    ehr: SandboxServer,
}

impl Site {
    fn start() -> Self {
        let builder = App::builder();
        let ehr = crate::support::strict_ehr()
            .clock(builder.clock())
            .self_registration(SelfRegistration::WithToken(INITIAL.to_owned()))
            .start()
            .unwrap();
        let customer = customer_without_callback(&ehr.fhir_base_url());
        let callback = Arc::clone(&customer.callback);
        let app = builder
            .config(|config| config.allow_hosts(["127.0.0.1"]).register_at_first_use(customer))
            .start();
        callback.set(app.url("/auth/callback")).unwrap();
        Self { app, ehr }
    }

    fn launch_url(&self) -> String {
        self.app.url(&format!("/auth/launch?ehr={}", self.ehr.fhir_base_url()))
    }

    fn refuses(&self, fault: Fault) {
        self.ehr
            .inject(FaultPoint::Registration, When::Before, fault, Times::Always);
    }
}

fn refusal() -> Fault {
    Fault::OAuthError {
        status: 400,
        error: "invalid_client_metadata".to_owned(),
        description: None,
    }
}

async fn page(browser: &Browser, url: &str, language: &str) -> Answer {
    let headers = [("sec-fetch-mode", "navigate"), ("accept-language", language)];
    browser.send(Method::GET, url, &headers, None).await
}

const WORDS: [(&str, &str); 2] = [
    ("en", "is not set up at your health record system yet"),
    ("de", "noch nicht eingerichtet"),
];

#[actix_web::test]
async fn a_person_reads_that_the_application_is_not_set_up_yet_in_both_languages() {
    let site = Site::start();
    site.refuses(Fault::Status(400));
    for (language, words) in WORDS {
        let page = page(&Browser::new(), &site.launch_url(), language).await;
        assert_eq!(page.status, 503);
        assert!(page.body.contains("registration-failed"), "{}", page.body);
        assert!(page.body.contains(words), "{language}: {}", page.body);
    }
}

#[actix_web::test]
async fn page_and_retry_after_say_when_the_next_attempt_is_made() {
    let site = Site::start();
    site.refuses(refusal());
    let browser = Browser::new();
    for (waited, left, words) in [
        (0, "60", "in about a minute"),
        (30, "30", "Wait a little"),
        // The second attempt, and twice the pause.
        (31, "120", "in about 2 minutes"),
        (100, "20", "Wait a little"),
    ] {
        site.app.advance(waited);
        let page = page(&browser, &site.launch_url(), "en").await;
        assert_eq!((page.status, page.header("retry-after")), (503, left), "{waited}");
        assert!(page.body.contains(words), "{waited}: {}", page.body);
    }
}

#[actix_web::test]
async fn what_may_pass_by_itself_is_worth_trying_again_in_seconds() {
    let site = Site::start();
    for point in [FaultPoint::Metadata, FaultPoint::OpenIdConfiguration] {
        site.ehr.inject(point, When::Before, Fault::Status(404), Times::Always);
    }
    let page = page(&Browser::new(), &site.launch_url(), "en").await;
    assert_eq!((page.status, page.header("retry-after")), (503, "5"));
}

#[actix_web::test]
async fn without_a_registration_no_code_is_sent_and_with_it_the_same_callback_opens_the_launch() {
    let site = Site::start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&site.launch_url(), &site.app.url("/auth/callback"))
        .await;
    let (kept, base) = (site.app.config.kept_registrations(), site.ehr.fhir_base_url());
    let registration = kept.of(&base).await.unwrap().unwrap();
    kept.forget(&base).await.unwrap();
    site.refuses(refusal());
    for (language, words) in WORDS {
        let page = page(&browser, &callback, language).await;
        assert_eq!((page.status, page.header("retry-after")), (503, "60"));
        assert!(page.body.contains("registration-failed"), "{}", page.body);
        assert!(page.body.contains(words), "{language}: {}", page.body);
    }
    assert_eq!(site.ehr.token_requests_of("authorization_code").len(), 0);
    kept.keep(&registration).await.unwrap();
    let landed = page(&browser, &callback, "en").await;
    assert_eq!(landed.status, 303, "{}", landed.body);
    assert_eq!(site.ehr.token_requests_of("authorization_code").len(), 1);
}
