//! A resolver that believes everything: what keeps the application from knocking inside its own network is the guard.

use actix_smart_auth::{
    Ehr, EhrBuilder,
    error::TransportError,
    resolver::{EhrResolver, FhirBaseUrl, ResolveFuture},
    sandbox::SandboxClient,
    transport::{HttpRequest, HttpTransport, TransportFuture},
};
use serde_json::json;
use url::Url;

use crate::support::{App, Browser, RawServer, http, redirect};

/// Has a registration for whatever it is asked.
#[derive(Debug)]
struct Gullible;

impl EhrResolver for Gullible {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        Box::pin(async {
            let ehr = Ehr::builder(asked.normalized()).client_id("tenant");
            Ok(Some(ehr.scopes("launch/patient patient/*.rs offline_access")))
        })
    }
}

/// An application whose resolver believes everything, and which may reach these hosts by name.
fn app(allowed: &'static [&'static str]) -> App {
    App::builder()
        .resolver(Gullible)
        .config(|config| config.allow_hosts(allowed.iter().copied()))
        .start()
}

fn launch_url(app: &App, iss: &str) -> String {
    let url = Url::parse_with_params(&app.url("/auth/launch"), [("iss", iss), ("launch", "x")]);
    url.unwrap().to_string()
}

/// What names this machine or this network, `{port}` of which is a listener's.
const INSIDE: [&str; 34] = [
    "http://127.0.0.1:{port}/fhir",
    "http://localhost:{port}/fhir",
    "http://[::1]:{port}/fhir",
    "https://127.0.0.1:{port}/fhir",
    "https://127.1:{port}/fhir",
    "https://2130706433:{port}/fhir",
    "https://0x7f000001:{port}/fhir",
    "https://0177.0.0.1:{port}/fhir",
    "https://127.0.0.1.:{port}/fhir",
    "https://0.0.0.0:{port}/fhir",
    "https://0:{port}/fhir",
    "https://localhost:{port}/fhir",
    "https://LOCALHOST:{port}/fhir",
    "https://localhost.:{port}/fhir",
    "https://x.localhost:{port}/fhir",
    "https://[::1]:{port}/fhir",
    "https://[::]:{port}/fhir",
    "https://[::ffff:127.0.0.1]:{port}/fhir",
    "https://[::ffff:7f00:1]:{port}/fhir",
    "https://[::127.0.0.1]:{port}/fhir",
    "https://[64:ff9b::7f00:1]:{port}/fhir",
    "https://[2002:7f00:1::]:{port}/fhir",
    "https://[fe80::1]:{port}/fhir",
    "https://[fc00::1]:{port}/fhir",
    "https://10.0.0.1:{port}/fhir",
    "https://172.16.0.1:{port}/fhir",
    "https://192.168.0.1:{port}/fhir",
    "https://169.254.169.254/fhir",
    "https://100.64.0.1/fhir",
    "https://224.0.0.1/fhir",
    "https://255.255.255.255/fhir",
    "https://①②⑦.0.0.1:{port}/fhir",
    "https://%31%32%37.0.0.1:{port}/fhir",
    "https://localhost%2e:{port}/fhir",
];

#[actix_web::test]
async fn no_address_inside_is_reached_whatever_the_resolver_says() {
    let app = app(&[]);
    let inside = RawServer::canary();
    let port = inside.origin.rsplit(':').next().unwrap();
    let v6 = RawServer::canary_v6(port.parse().unwrap());
    for form in INSIDE {
        let iss = form.replace("{port}", port);
        let answer = Browser::new().get(&launch_url(&app, &iss)).await;
        assert!(
            matches!(answer.status, 400 | 503),
            "{iss}: {} {}",
            answer.status,
            answer.body
        );
        assert_eq!(answer.location(), "", "{iss}");
    }
    assert_eq!(inside.connections() + v6.as_ref().map_or(0, RawServer::connections), 0);
}

#[actix_web::test]
async fn a_host_that_is_allowed_by_name_is_reached() {
    let app = app(&["127.0.0.1"]);
    let inside = RawServer::canary();
    let iss = format!("{}/fhir", inside.origin);
    assert_eq!(Browser::new().get(&launch_url(&app, &iss)).await.status, 502);
    assert_eq!(inside.connections(), 1);
}

/// A tenant that may be reached and says in its metadata that others are to be asked.
#[actix_web::test]
async fn a_tenants_metadata_leads_nowhere_inside() {
    for token_endpoint in [
        "http://localhost:{port}/token",
        "https://localhost:{port}/token",
        "http://[::1]:{port}/token",
        "https://[::ffff:127.0.0.1]:{port}/token",
        "https://127.0.0.2:{port}/token",
        "https://10.0.0.1/token",
    ] {
        let app = app(&["127.0.0.1"]);
        let (tenant, inside) = (RawServer::start(), RawServer::canary());
        let port = inside.origin.rsplit(':').next().unwrap();
        let v6 = RawServer::canary_v6(port.parse().unwrap());
        let metadata = json!({
            "authorization_endpoint": format!("{}/authorize", tenant.origin),
            "token_endpoint": token_endpoint.replace("{port}", port),
        });
        tenant.answer(http(200, "application/json", metadata.to_string()));
        let browser = Browser::new();
        let request = browser.get(&launch_url(&app, &format!("{}/fhir", tenant.origin))).await;
        assert_eq!(request.status, 303, "{}", request.body);
        let url = Url::parse(request.location()).unwrap();
        let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1;
        let answer = browser
            .get(&app.url(&format!("/auth/callback?code=x&state={state}")))
            .await;
        assert!(answer.status >= 500, "{} {}", answer.status, answer.body);
        assert_eq!(
            inside.connections() + v6.as_ref().map_or(0, RawServer::connections),
            0,
            "{token_endpoint}"
        );
        assert_eq!(tenant.connections(), 1);
    }
}

#[actix_web::test]
async fn a_redirect_of_a_tenant_leads_nowhere_inside() {
    let app = app(&["127.0.0.1"]);
    let (tenant, inside) = (RawServer::start(), RawServer::canary());
    tenant.answer(redirect(302, &format!("{}/metadata", inside.origin)));
    let answer = Browser::new()
        .get(&launch_url(&app, &format!("{}/fhir", tenant.origin)))
        .await;
    assert_eq!(answer.status, 502);
    assert_eq!((tenant.connections(), inside.connections()), (1, 0));
}

/// A transport that cannot look at addresses. Whatever comes here was let through by name.
#[derive(Debug)]
struct Proxy;

impl HttpTransport for Proxy {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        Box::pin(async move {
            assert_eq!(host, "allowed.example");
            Err(TransportError::Refused)
        })
    }
}

#[actix_web::test]
async fn behind_a_proxy_only_hosts_that_are_allowed_by_name_are_asked_for() {
    let app = App::builder()
        .resolver(Gullible)
        .config(|config| config.allow_hosts(["allowed.example"]).transport(Proxy))
        .start();
    for iss in [
        "https://public.example/fhir",
        "https://8.8.8.8/fhir",
        "https://allowed.example/fhir",
    ] {
        let answer = Browser::new().get(&launch_url(&app, iss)).await;
        assert_eq!(answer.status, 503, "{iss}: {}", answer.body);
    }
}

#[actix_web::test]
async fn a_tenant_that_is_allowed_by_name_launches_refreshes_and_logs_out() {
    let builder = App::builder();
    let tenant = crate::support::strict_ehr().clock(builder.clock()).start().unwrap();
    let app = builder
        .resolver(Gullible)
        .config(|config| config.allow_hosts(["127.0.0.1"]))
        .start();
    tenant.register(SandboxClient::public("tenant", app.url("/auth/callback")));
    let browser = Browser::new();
    let url = tenant.ehr_launch_url(&app.url("/auth/launch"), "clara-placebo", None);
    let page = browser.navigate(&url).await;
    assert_eq!(page.body, "patient clara-placebo");
    app.advance(3400);
    assert_eq!(browser.get(&page.url).await.body, "patient clara-placebo");
    assert_eq!(tenant.token_requests_of("refresh_token").len(), 1);
}
