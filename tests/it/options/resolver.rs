//! A resolver that misbehaves, and strangers who keep it busy.

use std::{
    rc::Rc,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use actix_smart_auth::{
    Ehr, EhrBuilder,
    error::{LaunchError, RefreshFailure},
    resolver::{EhrChoice, EhrResolver, FhirBaseUrl, ResolveFuture},
    sandbox::{SandboxClient, SandboxServer},
};

use crate::support::{App, Browser, DUE, UNUSABLE, eventually};

/// What the resolver does when it is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Way {
    #[default]
    Good,
    Panics,
    Hangs,
    Blocks,
    Unusable,
}

/// Knows one EHR. To ask for others keeps it busy for a while.
#[derive(Debug, Clone, Default)]
struct Tenant(Arc<Inside>);

#[derive(Debug, Default)]
struct Inside {
    base: Mutex<String>,
    way: Mutex<Way>,
    asked: AtomicUsize,
    /// Whether those who ask for other EHRs, or at all, are held.
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Tenant {
    fn is(&self, way: Way) {
        *self.0.way.lock().unwrap() = way;
        self.close(way == Way::Blocks);
    }

    fn close(&self, closed: bool) {
        *self.0.closed.lock().unwrap() = closed;
        self.0.opened.notify_all();
    }

    fn block(&self) {
        let closed = self.0.closed.lock().unwrap();
        drop(self.0.opened.wait_while(closed, |closed| *closed).unwrap());
    }

    fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }
}

impl EhrResolver for Tenant {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        let base = self.0.base.lock().unwrap().clone();
        if !asked.matches(&base) {
            self.block();
            return Box::pin(async { Ok(None) });
        }
        let way = *self.0.way.lock().unwrap();
        let ehr = Ehr::builder(base)
            .client_id("tenant")
            .scopes("launch/patient patient/*.rs offline_access");
        match way {
            Way::Good => Box::pin(async { Ok(Some(ehr)) }),
            Way::Panics => panic!("as intended"),
            Way::Hangs => Box::pin(std::future::pending()),
            Way::Blocks => {
                self.block();
                Box::pin(async { Ok(None) })
            }
            Way::Unusable => Box::pin(async { Ok(Some(ehr.redirect_uri("https://elsewhere.example/auth/callback"))) }),
        }
    }

    fn choices<'a>(&'a self, _: &'a str, _: usize) -> ResolveFuture<'a, Vec<EhrChoice>> {
        let way = *self.0.way.lock().unwrap();
        match way {
            Way::Panics => panic!("as intended"),
            Way::Hangs => return Box::pin(std::future::pending()),
            Way::Blocks => self.block(),
            Way::Good | Way::Unusable => {}
        }
        Box::pin(async { Ok(vec![EhrChoice::new("Tenant", "https://tenant.example/fhir")]) })
    }
}

struct Scene {
    app: App,
    sandbox: SandboxServer,
    tenant: Tenant,
}

fn scene() -> Scene {
    let tenant = Tenant::default();
    let builder = App::builder().with_clock_of_its_own();
    let sandbox = crate::support::strict_ehr().clock(builder.clock()).start().unwrap();
    let app = builder
        .resolver(tenant.clone())
        .config(|config| {
            config
                .allow_hosts(["127.0.0.1"])
                // Longer than a resolver has.
                .refresh_wait_unusable(Duration::from_secs(30))
        })
        .start();
    *tenant.0.base.lock().unwrap() = sandbox.fhir_base_url();
    sandbox.register(SandboxClient::public("tenant", app.url("/auth/callback")));
    Scene { app, sandbox, tenant }
}

impl Scene {
    fn launch_url(&self) -> String {
        self.sandbox
            .ehr_launch_url(&self.app.url("/auth/launch"), "clara-placebo", None)
    }

    /// The registration is not known any more, and the resolver does not say it.
    fn forget_and(&self, way: Way) {
        self.tenant.is(way);
        self.app.config.forget_resolved(&self.sandbox.fhir_base_url());
    }
}

/// Takes the ten seconds that a resolver has, so all of it is done at once.
#[actix_web::test]
async fn one_that_panics_hangs_or_blocks_is_told_as_unavailable_wherever_it_is_asked() {
    let one = |way: Way| async move {
        let scene = scene();
        let app = &scene.app;
        let browser = Browser::new();
        let page = browser.navigate(&scene.launch_url()).await;
        assert_eq!(page.body, "patient clara-placebo", "{way:?}");
        app.advance(UNUSABLE);
        let signing_in = Browser::new();
        let callback = signing_in
            .navigate_until(&scene.launch_url(), &app.url("/auth/callback"))
            .await;
        let exchanged = scene.sandbox.token_requests().len();
        scene.forget_and(way);
        let start = Instant::now();
        let others = (Browser::new(), Browser::new());
        let (launch, chooser) = (scene.launch_url(), app.url("/auth/launch"));
        let (launch, chooser, callback_page, refresh) = tokio::join!(
            others.0.get(&launch),
            others.1.get(&chooser),
            signing_in.get(&callback),
            browser.get(&page.url)
        );
        // Those of the configuration can be chosen meanwhile.
        assert_eq!(chooser.status, 200, "{way:?} chooser: {}", chooser.body);
        for (what, page) in [("launch", &launch), ("callback", &callback_page)] {
            assert_eq!((page.status, page.header("retry-after")), (503, "5"), "{way:?} {what}");
            assert!(
                page.body.contains("Code: ehrs-unavailable"),
                "{way:?} {what}: {}",
                page.body
            );
        }
        assert_eq!(refresh.status, 503, "{way:?}");
        assert!(
            refresh.body.contains("Code: ehrs-unavailable"),
            "{way:?}: {}",
            refresh.body
        );
        let took = start.elapsed();
        assert!(took < Duration::from_secs(60), "{way:?}: {took:?}");
        assert_eq!(scene.sandbox.token_requests().len(), exchanged);

        // And all of it goes on, once the call that blocked has ended on its thread.
        scene.tenant.is(Way::Good);
        let started = Instant::now();
        loop {
            app.advance(3);
            let again = browser.get(&page.url).await;
            if again.status != 503 || started.elapsed() > Duration::from_secs(5) {
                assert_eq!(again.body, "patient clara-placebo", "{way:?}");
                break;
            }
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::join!(one(Way::Panics), one(Way::Hangs), one(Way::Blocks));
}

#[actix_web::test]
async fn a_callback_finds_its_code_unused_when_the_resolver_is_well_again() {
    for way in [Way::Panics, Way::Unusable] {
        let scene = scene();
        let browser = Browser::new();
        let callback = browser
            .navigate_until(&scene.launch_url(), &scene.app.url("/auth/callback"))
            .await;
        scene.forget_and(way);
        let page = browser.get(&callback).await;
        assert_eq!(page.status, 503, "{way:?}");
        assert!(page.body.contains("Code: ehrs-unavailable"), "{way:?}: {}", page.body);
        scene.tenant.is(Way::Good);
        scene.app.advance(3);
        let page = browser.navigate(&callback).await;
        assert_eq!(page.body, "patient clara-placebo", "{way:?}");
    }
}

#[actix_web::test]
async fn a_registration_that_cannot_be_used_is_not_told_as_the_ehrs_refusal() {
    let scene = scene();
    let browser = Browser::new();
    let page = browser.navigate(&scene.launch_url()).await;
    let id = page
        .url
        .split("/~")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .to_owned();
    let handle = serde_json::from_value(id.into()).unwrap();
    scene.forget_and(Way::Unusable);
    scene.app.advance(UNUSABLE);
    let error = scene.app.config.resume(&handle).await.unwrap_err();
    let cause = RefreshFailure::RegistrationUnavailable;
    assert!(
        matches!(error, LaunchError::Unavailable { cause: found, .. } if found == cause),
        "{error:?}"
    );
    scene.tenant.is(Way::Good);
    scene.app.advance(3);
    assert_eq!(browser.get(&page.url).await.body, "patient clara-placebo");
}

#[actix_web::test]
async fn three_thousand_invented_ehrs_delay_no_refresh_and_push_out_no_registration() {
    let scene = scene();
    let app = &scene.app;
    let browser = Browser::new();
    let page = browser.navigate(&scene.launch_url()).await;
    scene.tenant.close(true);
    let strangers = Rc::new(Browser::new());
    let flood: Vec<_> = (0..30)
        .map(|lot| {
            let strangers = Rc::clone(&strangers);
            let launch = app.url("/auth/launch");
            actix_web::rt::spawn(async move {
                let mut busy = 0;
                for n in 0..100 {
                    let iss = format!("https://invented-{lot}-{n}.example/fhir");
                    let page = strangers.get(&format!("{launch}?iss={iss}&launch=x")).await;
                    match page.status {
                        503 => assert_eq!(page.header("retry-after"), "5"),
                        other => assert_eq!(other, 400, "{}", page.body),
                    }
                    busy += usize::from(page.status == 503);
                }
                busy
            })
        })
        .collect();
    eventually("strangers keep the resolver busy", || scene.tenant.asked() > 20).await;
    let start = Instant::now();
    app.advance(DUE);
    assert_eq!(browser.get(&page.url).await.body, "patient clara-placebo");
    eventually("it is refreshed", || {
        scene.sandbox.token_requests_of("refresh_token").len() == 1
    })
    .await;
    let took = start.elapsed();
    // A stranger's question takes ten seconds.
    assert!(took < Duration::from_secs(8), "{took:?}");
    scene.tenant.close(false);
    for lot in flood {
        lot.await.unwrap();
    }
    let asked = scene.tenant.asked();
    assert!(asked >= 3_000, "{asked}");
    let again = Browser::new().navigate(&scene.launch_url()).await;
    assert_eq!(again.body, "patient clara-placebo");
    assert_eq!(scene.tenant.asked(), asked, "it was remembered");
}
