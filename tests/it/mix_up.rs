//! Two EHRs, one of them hostile: whatever it does with the browser, no code, verifier or secret reaches it.

mod issuer;

use actix_smart_auth::{
    ClientAuth, Ehr, Quirks,
    options::EndpointsUse,
    sandbox::{IssParameter, SandboxBuilder},
};
use serde_json::json;
use url::Url;

use crate::support::{App, AppBuilder, Browser, CLIENT_ID, RawServer, http};

const SECRET_FOR_THE_HOSTILE: &str = "only for the hostile EHR";

/// An application that is registered with the sandbox, which is honest, and with a server that is not.
struct Scene {
    app: App,
    hostile: RawServer,
}

impl Scene {
    /// `own_redirect_uris` gives each EHR a redirect URI of its own.
    fn new(own_redirect_uris: bool, sandbox: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Self {
        let builder = if own_redirect_uris {
            App::builder().redirect_path("/auth/callback/honest")
        } else {
            App::builder()
        };
        Self::of(builder.sandbox(sandbox))
    }

    fn of(honest: AppBuilder) -> Self {
        let hostile = RawServer::start();
        let base = format!("{}/fhir", hostile.origin);
        let app = honest
            .another_ehr(move |redirect_uri| {
                Ehr::builder(base)
                    .client_id("id at the hostile EHR")
                    .client_auth(ClientAuth::client_secret(SECRET_FOR_THE_HOSTILE))
                    .redirect_uri(redirect_uri.replace("/honest", "/other"))
                    .scopes("launch/patient patient/*.rs")
            })
            .start();
        let scene = Self { app, hostile };
        scene.hostile_metadata(&json!({}));
        scene
    }

    /// What the hostile EHR says about itself, over the plain truth.
    fn hostile_metadata(&self, lies: &serde_json::Value) {
        let origin = &self.hostile.origin;
        let mut document = json!({
            "issuer": origin,
            "authorization_endpoint": format!("{origin}/authorize"),
            "token_endpoint": format!("{origin}/token"),
            "capabilities": ["launch-standalone"],
            "code_challenge_methods_supported": ["S256"],
        });
        for (name, value) in lies.as_object().unwrap() {
            document[name] = value.clone();
        }
        let asked = http(200, "application/json", document.to_string());
        self.hostile
            .answers([asked, http(418, "text/plain", "nobody was to come here")]);
    }

    fn launch_at_the_hostile(&self) -> String {
        let base = format!("{}/fhir", self.hostile.origin);
        Url::parse_with_params(&self.app.url("/auth/launch"), [("ehr", base)])
            .unwrap()
            .to_string()
    }

    /// What the hostile authorization endpoint does with the browser: it passes the application's `state` and challenge
    /// on to the honest EHR, as if the application had asked there.
    fn passed_on(&self, request: &str, redirect_uri: &str) -> String {
        let mut url = Url::parse(&self.app.sandbox.authorization_endpoint()).unwrap();
        for (name, value) in Url::parse(request).unwrap().query_pairs() {
            let value = match &*name {
                "client_id" => CLIENT_ID.to_owned(),
                "aud" => self.app.sandbox.fhir_base_url(),
                "redirect_uri" => redirect_uri.to_owned(),
                _ => value.into_owned(),
            };
            url.query_pairs_mut().append_pair(&name, &value);
        }
        url.to_string()
    }
}

fn state_of(request: &str) -> String {
    let url = Url::parse(request).unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state");
    state.unwrap().1.into_owned()
}

#[actix_web::test]
async fn a_code_of_the_honest_ehr_is_not_sent_to_the_hostile_one_when_the_answer_names_its_issuer() {
    let scene = Scene::new(false, |sandbox| sandbox.iss_parameter(IssParameter::Sent));
    let browser = Browser::new();
    let request = browser.get(&scene.launch_at_the_hostile()).await;
    assert_eq!(request.status, 303);
    assert!(request.location().starts_with(&scene.hostile.origin));
    let url = scene.passed_on(request.location(), &scene.app.url("/auth/callback"));
    let page = browser.navigate(&url).await;
    assert!(page.url.starts_with(&scene.app.url("/auth/callback?")), "{}", page.url);
    assert!(page.body.contains("Code: wrong-issuer"), "{}", page.body);
    // The metadata, and nothing since.
    assert_eq!(scene.hostile.connections(), 1);
    assert_eq!(scene.app.exchanges(), 0);
}

#[actix_web::test]
async fn redirect_uris_of_their_own_stop_it_where_no_issuer_is_named() {
    let scene = Scene::new(true, |sandbox| sandbox);
    let browser = Browser::new();
    let request = browser.get(&scene.launch_at_the_hostile()).await;
    let url = scene.passed_on(request.location(), &scene.app.url("/auth/callback/honest"));
    let page = browser.navigate(&url).await;
    assert!(
        page.url.starts_with(&scene.app.url("/auth/callback/honest?")),
        "{}",
        page.url
    );
    assert!(page.body.contains("Code: wrong-issuer"), "{}", page.body);
    // With the redirect URI that the application gave the hostile EHR, the honest one sends nobody back.
    let request = browser.get(&scene.launch_at_the_hostile()).await;
    let url = scene.passed_on(request.location(), &scene.app.url("/auth/callback/other"));
    let refused = browser.get(&url).await;
    assert_eq!((refused.status, refused.location()), (400, ""));
    assert_eq!(scene.hostile.connections(), 1);
    assert_eq!(scene.app.exchanges(), 0);
}

#[actix_web::test]
async fn an_ehr_with_a_redirect_uri_of_its_own_launches_as_any_other() {
    let scene = Scene::new(true, |sandbox| sandbox);
    let page = Browser::new()
        .navigate(&scene.app.ehr_launch_url("amber-testwood", None))
        .await;
    assert_eq!((page.status, page.body.as_str()), (200, "patient amber-testwood"));
    assert_eq!(scene.hostile.connections(), 0);
}

#[actix_web::test]
async fn an_answer_in_the_name_of_the_hostile_ehr_opens_nothing_at_the_honest_one() {
    let scene = Scene::new(false, |sandbox| sandbox.iss_parameter(IssParameter::Sent));
    let browser = Browser::new();
    let request = browser.get(&scene.app.ehr_launch_url("amber-testwood", None)).await;
    let state = state_of(request.location());
    let forged = Url::parse_with_params(
        &scene.app.url("/auth/callback"),
        [
            ("code", "of the attacker"),
            ("state", &state),
            ("iss", &scene.hostile.origin),
        ],
    );
    let page = browser.get(forged.unwrap().as_str()).await;
    assert!(page.body.contains("Code: wrong-issuer"), "{}", page.body);
    assert_eq!(scene.app.exchanges(), 0);
}

/// The hostile EHR says that the honest authorization server is its own, and only tokens are fetched elsewhere.
#[actix_web::test]
async fn an_ehr_that_claims_another_ones_sign_in_is_not_launched() {
    for lie in ["issuer", "authorization_endpoint"] {
        let scene = Scene::new(false, |sandbox| sandbox.iss_parameter(IssParameter::Sent));
        let browser = Browser::new();
        let page = browser
            .navigate(&scene.app.ehr_launch_url("amber-testwood", None))
            .await;
        assert_eq!(page.body, "patient amber-testwood");
        let truth = match lie {
            "issuer" => scene.app.sandbox.fhir_base_url(),
            _ => scene.app.sandbox.authorization_endpoint(),
        };
        scene.hostile_metadata(&json!({ lie: truth }));
        let refused = browser.get(&scene.launch_at_the_hostile()).await;
        assert_eq!((refused.status, refused.location()), (502, ""), "{lie}");
        assert!(refused.body.contains("Code: ehr-conflict"), "{}", refused.body);
        assert_eq!(scene.hostile.connections(), 1);
    }
}

/// Nobody has asked for the metadata of an EHR whose endpoints are configured, and still its sign-in page is its own.
#[actix_web::test]
async fn nor_one_that_claims_the_configured_sign_in_page_of_another() {
    for used in [EndpointsUse::Always, EndpointsUse::WithoutMetadata] {
        let scene = Scene::of(App::builder().ehr_of_sandbox(move |ehr, sandbox| {
            ehr.endpoints(sandbox.authorization_endpoint(), sandbox.token_endpoint())
                .endpoints_use(used)
                .quirks(Quirks::none().id_token_issuer(sandbox.fhir_base_url()))
        }));
        let page = scene.app.sandbox.authorization_endpoint();
        scene.hostile_metadata(&json!({ "authorization_endpoint": page }));
        let refused = Browser::new().get(&scene.launch_at_the_hostile()).await;
        assert_eq!((refused.status, refused.location()), (502, ""), "{used:?}");
        assert!(refused.body.contains("Code: ehr-conflict"), "{}", refused.body);
    }
}
