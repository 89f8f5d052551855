//! EHRs that come and go while the application runs, and those that a resolver finds.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use actix_smart_auth::{
    Ehr, EhrBuilder, SmartClient, StartOptions,
    error::EhrLookupError,
    resolver::{EhrResolver, FhirBaseUrl, ResolveFuture},
    sandbox::{SandboxClient, SandboxServer},
};
use url::Url;

use crate::support::{App, Browser};

/// Finds the EHRs whose addresses it was told, unless it is down.
#[derive(Debug, Clone, Default)]
struct Tenants {
    bases: Arc<Mutex<Vec<String>>>,
    down: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl EhrResolver for Tenants {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            if self.down.load(Ordering::SeqCst) {
                return Err("the database is away".into());
            }
            let bases = self.bases.lock().unwrap();
            let found = bases.iter().find(|base| asked.matches(base));
            Ok(found.map(|base| {
                Ehr::builder(base)
                    .client_id("tenant")
                    .scopes("launch/patient patient/*.rs offline_access")
            }))
        })
    }
}

struct Scene {
    app: App,
    tenant: SandboxServer,
    tenants: Tenants,
}

/// An application whose resolver knows one more EHR.
fn scene() -> Scene {
    let tenants = Tenants::default();
    let builder = App::builder();
    let tenant = crate::support::strict_ehr()
        .clock(builder.clock())
        .automatic_patient("bruno-fixture")
        .start()
        .unwrap();
    let resolver = tenants.clone();
    let app = builder
        .resolver(resolver)
        .config(|config| config.allow_hosts(["127.0.0.1"]))
        .start();
    tenants.bases.lock().unwrap().push(tenant.fhir_base_url());
    tenant.register(SandboxClient::public("tenant", app.url("/auth/callback")));
    Scene { app, tenant, tenants }
}

impl Scene {
    fn ehr_launch_url(&self) -> String {
        let launch = self.app.url("/auth/launch");
        self.tenant.ehr_launch_url(&launch, "clara-placebo", None)
    }

    fn refreshes(&self) -> usize {
        self.tenant.token_requests_of("refresh_token").len()
    }
}

#[actix_web::test]
async fn an_ehr_that_the_resolver_finds_launches_and_refreshes() {
    let scene = scene();
    let browser = Browser::new();
    let page = browser.navigate(&scene.ehr_launch_url()).await;
    assert_eq!((page.status, page.body.as_str()), (200, "patient clara-placebo"));
    let url = Url::parse_with_params(&scene.app.url("/auth/launch"), [("ehr", scene.tenant.fhir_base_url())]);
    let standalone = browser.navigate(url.unwrap().as_str()).await;
    assert_eq!(standalone.body, "patient bruno-fixture");
    assert_eq!(scene.tenants.asked.load(Ordering::SeqCst), 1);
    scene.app.advance(3400);
    assert_eq!(browser.get(&page.url).await.body, "patient clara-placebo");
    assert_eq!(scene.refreshes(), 1);
    assert_eq!(scene.app.sandbox.received_requests(), []);
}

#[actix_web::test]
async fn while_the_resolver_is_away_open_launches_go_on_and_new_ones_try_again() {
    let scene = scene();
    let browser = Browser::new();
    let page = browser.navigate(&scene.ehr_launch_url()).await;
    scene.tenants.down.store(true, Ordering::SeqCst);
    // Longer than its answer is believed.
    scene.app.advance(3400);
    assert_eq!(browser.get(&page.url).await.body, "patient clara-placebo");
    assert_eq!(scene.refreshes(), 1);
    scene
        .tenants
        .bases
        .lock()
        .unwrap()
        .push("https://new.example/fhir".to_owned());
    let new = browser
        .get(&scene.app.url("/auth/launch?ehr=https://new.example/fhir"))
        .await;
    assert_eq!((new.status, new.header("retry-after")), (503, "5"));
    assert!(new.body.contains("Code: ehrs-unavailable"), "{}", new.body);
}

#[actix_web::test]
async fn a_callback_waits_for_the_resolver_without_losing_its_code() {
    let scene = scene();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&scene.ehr_launch_url(), &scene.app.url("/auth/callback"))
        .await;
    scene.app.config.forget_resolved(&scene.tenant.fhir_base_url());
    scene.tenants.down.store(true, Ordering::SeqCst);
    let later = browser.get(&callback).await;
    assert_eq!(later.status, 503, "{}", later.body);
    assert_eq!(scene.tenant.token_requests(), []);
    scene.tenants.down.store(false, Ordering::SeqCst);
    scene.app.advance(3);
    let page = browser.navigate(&callback).await;
    assert_eq!((page.status, page.body.as_str()), (200, "patient clara-placebo"));
}

#[actix_web::test]
async fn a_tenant_that_was_removed_is_unknown_and_nothing_is_fetched() {
    let scene = scene();
    let browser = Browser::new();
    browser.navigate(&scene.ehr_launch_url()).await;
    let heard = scene.tenant.received_requests().len();
    scene.tenants.bases.lock().unwrap().clear();
    scene.app.config.forget_resolved(&scene.tenant.fhir_base_url());
    let page = browser.get(&scene.ehr_launch_url()).await;
    assert_eq!(page.status, 400);
    assert!(page.body.contains("Code: unknown-ehr"), "{}", page.body);
    assert_eq!(scene.tenant.received_requests().len(), heard);
}

#[actix_web::test]
async fn an_ehr_is_added_and_removed_without_a_restart() {
    let builder = App::builder();
    let second = crate::support::strict_ehr().clock(builder.clock()).start().unwrap();
    let app = builder.start();
    second.register(SandboxClient::public("second", app.url("/auth/callback")));
    let browser = Browser::new();
    let launch = || second.ehr_launch_url(&app.url("/auth/launch"), "clara-placebo", None);
    assert_eq!(browser.get(&launch()).await.status, 400);
    let ehr = Ehr::builder(second.fhir_base_url())
        .client_id("second")
        .redirect_uri(app.url("/auth/callback"))
        .scopes("patient/*.rs offline_access");
    app.config.put_ehr(ehr).unwrap();
    let page = browser.navigate(&launch()).await;
    assert_eq!(page.body, "patient clara-placebo");
    assert!(app.config.remove_ehr(&second.fhir_base_url()));
    assert_eq!(browser.get(&launch()).await.status, 400);
    // The open launch works until its token runs out.
    app.advance(1800);
    assert_eq!(browser.get(&page.url).await.body, "patient clara-placebo");
    assert_eq!(second.token_requests_of("refresh_token").len(), 0);
    app.advance(1800);
    assert_eq!(browser.get(&page.url).await.status, 503);
}

#[actix_web::test]
async fn a_client_without_the_middleware_finds_tenants_too() {
    let scene = scene();
    let client = SmartClient::for_ehr(&scene.app.config, &scene.tenant.fhir_base_url())
        .await
        .unwrap();
    assert!(client.start(StartOptions::standalone()).await.is_ok());
    let unknown = SmartClient::for_ehr(&scene.app.config, "https://nobody.example/fhir").await;
    assert_eq!(unknown.unwrap_err(), EhrLookupError::NotRegistered);
    scene.tenants.down.store(true, Ordering::SeqCst);
    let away = SmartClient::for_ehr(&scene.app.config, "https://other.example/fhir").await;
    assert_eq!(away.unwrap_err(), EhrLookupError::Unavailable);
}
