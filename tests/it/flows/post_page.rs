//! The page that posts the authorization request.

use actix_smart_auth::options::AuthorizeMethod;

use crate::support::{Answer, App, Browser, Form};

fn app() -> App {
    App::builder()
        .ehr(|ehr| ehr.authorize_method(AuthorizeMethod::Post))
        .start()
}

/// The nonce of the script on the page.
fn nonce(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("<script nonce=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[actix_web::test]
async fn its_policy_allows_its_own_script_and_nothing_else() {
    let (app, browser) = (app(), Browser::new());
    let page = browser.get(&app.url("/auth/launch")).await;
    let nonce = nonce(&page);
    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("script-src 'nonce-{nonce}'")), "{policy}");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("form-action"), "{policy}");
    assert_eq!(page.body.matches("<script").count(), 1);
    assert_eq!(
        (
            page.status,
            page.header("referrer-policy"),
            page.header("cache-control")
        ),
        (200, "strict-origin", "no-store")
    );
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let other = browser.get(&app.url("/auth/launch")).await;
    assert_ne!(self::nonce(&other), nonce, "a nonce serves one page");
}

#[actix_web::test]
async fn its_button_does_the_same_without_scripts() {
    let (app, browser) = (app(), Browser::new());
    let page = browser.get(&app.ehr_launch_url("amber-testwood", None)).await;
    let form = Form::of(&page.body).unwrap();
    // A button with a name would add a parameter; one with `formaction` would go elsewhere.
    assert!(form.inner.contains("<button>Continue</button>"), "{}", form.inner);
    assert_eq!(form.action, app.sandbox.authorization_endpoint());
    assert_eq!(app.sandbox.received_requests().len(), 1, "metadata only");
    let answer = browser.submit(&page).await;
    assert_eq!(answer.status, 302);
    let landed = browser.navigate(answer.location()).await;
    assert_eq!(landed.body, "patient amber-testwood");
}

#[actix_web::test]
async fn values_with_html_in_them_arrive_as_they_are() {
    let (app, browser) = (app(), Browser::new());
    let launch = "\"><script>alert(1)</script>&amp;'+/=";
    let base = app.sandbox.fhir_base_url();
    let url = url::Url::parse_with_params(&app.url("/auth/launch"), [("iss", base.as_str()), ("launch", launch)]);
    let page = browser.get(url.unwrap().as_str()).await;
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    assert_eq!(Form::of(&page.body).unwrap().field("launch"), Some(launch));
}
