//! The EHR's look: from the EHR's own hosts or from one that is allowed, without the token.

use actix_smart_auth::{
    SmartSession,
    context::StyleProperty,
    error::{SmartStyleError, TransportError, UrlError},
    sandbox::{Fault, FaultPoint, Times, When},
    transport::HttpClient,
};
use serde_json::json;

use super::{CLIENTS, inject, raw, received, session, with};
use crate::support::{App, AppBuilder};

/// A launch whose EHR says that its look is there.
async fn with_style(app: &App, url: &str) -> SmartSession {
    let fields = json!({ "smart_style_url": url }).as_object().unwrap().clone();
    let said = Fault::SetFields(fields);
    app.sandbox
        .inject(FaultPoint::Exchange, When::Before, said, Times::Once);
    session(app).await
}

fn start(app: AppBuilder) -> (App, String) {
    let app = app.start();
    let url = format!("{}/style-7", app.sandbox.fhir_base_url());
    (app, url)
}

#[actix_web::test]
async fn the_look_is_fetched_from_the_ehr_without_the_token() {
    for client in CLIENTS {
        let (app, url) = start(with(client));
        let session = with_style(&app, &url).await;
        inject(
            &app,
            raw(
                200,
                &json!({ "color_text": "#303030", "color_error": "url(x)", "other": "#abc" }),
            ),
        );
        let style = session.smart_style().await.unwrap().unwrap();
        assert_eq!(style.get(StyleProperty::ColorText), Some("#303030"));
        assert_eq!(style.css_variables(), "--smart-color-text:#303030;");
        let sent = received(&app).pop().unwrap();
        assert_eq!(
            (sent.path.as_str(), sent.header("authorization")),
            ("/fhir/style-7", None),
            "{client:?}"
        );
    }
}

#[actix_web::test]
async fn a_look_is_fetched_once_for_all_pages_and_launches_until_it_has_another_address() {
    let (app, url) = start(with(HttpClient::Awc));
    let session = with_style(&app, &url).await;
    inject(&app, raw(200, &json!({ "color_text": "#303030" })));
    let style = session.smart_style().await.unwrap();
    assert_eq!(session.smart_style().await, Ok(style.clone()));
    let of_another_launch = with_style(&app, &url).await;
    assert_eq!(of_another_launch.smart_style().await, Ok(style.clone()));
    assert_eq!(received(&app).len(), 1);

    let restyled = with_style(&app, &format!("{url}-1")).await;
    inject(&app, raw(200, &json!({ "color_text": "#000" })));
    assert_ne!(restyled.smart_style().await, Ok(style));
    assert_eq!(received(&app).len(), 2);
}

#[actix_web::test]
async fn an_ehr_that_says_nothing_of_a_look_has_none() {
    let (app, _) = start(with(HttpClient::Awc));
    assert_eq!(session(&app).await.smart_style().await, Ok(None));
    assert_eq!(received(&app).len(), 0);
}

#[actix_web::test]
async fn no_other_host_is_asked_whatever_the_address_looks_like() {
    let other = crate::support::strict_ehr().start().unwrap();
    let (app, _) = start(with(HttpClient::Awc));
    let own = app.sandbox.origin();
    let host = own.strip_prefix("http://").unwrap().to_owned();
    for url in [
        format!("{}/style.json", other.origin()),
        "https://evil.example/style.json".to_owned(),
        format!("https://{host}/style.json"),
        format!("http://{host}.evil.example/style.json"),
        format!("http://{host}@evil.example/style.json"),
        format!("http://user:password@{host}/style.json"),
        format!("http://localhost:{}/style.json", host.rsplit(':').next().unwrap()),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "http://10.0.0.1/style.json".to_owned(),
        "file:///etc/passwd".to_owned(),
        "data:application/json,{}".to_owned(),
        "javascript:alert(1)".to_owned(),
        "//evil.example/style.json".to_owned(),
        "style.json".to_owned(),
        format!("{own}/style.json#fragment"),
        format!("{own}/sty\u{202e}le.json"),
    ] {
        let session = with_style(&app, &url).await;
        let error = session.smart_style().await.unwrap_err();
        assert!(
            matches!(error, SmartStyleError::Address(_) | SmartStyleError::OtherOrigin { .. }),
            "{url}: {error:?}"
        );
    }
    assert_eq!((received(&app).len(), other.received_requests().len()), (0, 0));
    let session = with_style(&app, "http://10.0.0.1/style.json").await;
    assert_eq!(
        session.smart_style().await,
        Err(SmartStyleError::Address(UrlError::NotHttps))
    );
}

#[actix_web::test]
async fn a_host_that_the_configuration_allows_is_asked() {
    let other = crate::support::strict_ehr().start().unwrap();
    let origin = other.origin();
    let (app, _) = start(
        with(HttpClient::Awc).config(move |config| config.http_client(HttpClient::Awc).smart_style_origin(origin)),
    );
    let session = with_style(&app, &format!("{}/fhir/style", other.origin())).await;
    other.inject(
        FaultPoint::Fhir,
        When::Before,
        raw(200, &json!({ "dim_font_size": "13px" })),
        Times::Once,
    );
    let style = session.smart_style().await.unwrap().unwrap();
    assert_eq!(style.get(StyleProperty::DimFontSize), Some("13px"));
}

#[actix_web::test]
async fn redirects_large_answers_and_what_is_no_style_give_none() {
    for client in CLIENTS {
        let (app, url) = start(with(client));
        let session = with_style(&app, &url).await;
        let redirect = Fault::Redirect {
            status: 302,
            location: format!("{url}-elsewhere"),
        };
        for (fault, error) in [
            (redirect, SmartStyleError::Status(302)),
            (Fault::Status(404), SmartStyleError::Status(404)),
            (
                Fault::HugeBody(65 * 1024),
                SmartStyleError::Transport(TransportError::BodyTooLarge),
            ),
            (Fault::HtmlBody { status: 200 }, SmartStyleError::Malformed),
            (Fault::EmptyBody, SmartStyleError::Malformed),
            (raw(200, &json!(["#abc"])), SmartStyleError::Malformed),
        ] {
            let before = received(&app).len();
            inject(&app, fault);
            assert_eq!(session.smart_style().await, Err(error), "{client:?}");
            assert_eq!(received(&app).len(), before + 1);
            // A failure is told again for some seconds.
            app.advance(10);
        }
    }
}
