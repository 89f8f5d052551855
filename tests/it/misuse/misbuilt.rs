//! An application that is put together wrongly: [`Misbuilt`].

use std::{net::TcpListener, sync::mpsc, thread};

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{
    ClientAuth, Ehr, Patient, SmartAuth, SmartConfig, SmartGuard, launch_scope,
    sandbox::{SandboxClient, SandboxServer},
};
use actix_web::{
    App, HttpServer,
    cookie::Key,
    dev::ServerHandle,
    middleware::{NormalizePath, TrailingSlash},
    web,
};

use crate::support::{CLIENT_ID, SCOPES, pages};

/// What is wrong.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mistake {
    /// `SmartAuth` is wrapped last, so it runs before the session is there.
    WrongOrder,
    NoSessionMiddleware,
    NoSmartAuth,
    AroundAScope,
    ConfigPerWorker,
    SessionKeyPerWorker,
    /// `NormalizePath` takes the last slash of the landing page away.
    NormalizedPaths,
    /// `NormalizePath` adds a slash to the landing page.
    AddedSlashes,
    /// The launch scope is inside another scope.
    ScopeInAScope,
}

/// Such an application, and its EHR.
pub(super) struct Misbuilt {
    pub(super) origin: String,
    pub(super) sandbox: SandboxServer,
    server: ServerHandle,
}

impl Drop for Misbuilt {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl Misbuilt {
    pub(super) fn start(mistake: Mistake) -> Self {
        let sandbox = crate::support::strict_ehr().start().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let redirect_uri = format!("{origin}/auth/callback");
        sandbox.register(SandboxClient::public(CLIENT_ID, redirect_uri.clone()));
        let base = sandbox.fhir_base_url();
        let landing = match mistake {
            Mistake::NormalizedPaths | Mistake::ScopeInAScope => "/~{smart_launch}/",
            _ => "/~{smart_launch}/patient",
        };
        let build = move || config(&base, &redirect_uri, landing);
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = serve(mistake, listener, build);
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Self {
            origin,
            sandbox,
            server: receiver.recv().unwrap(),
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

fn config(base: &str, redirect_uri: &str, landing: &str) -> SmartConfig {
    let ehr = Ehr::builder(base)
        .client_id(CLIENT_ID)
        .client_auth(ClientAuth::public());
    SmartConfig::builder()
        .ehr(ehr.redirect_uri(redirect_uri).scopes(SCOPES))
        .landing(landing)
        .build()
        .unwrap()
}

fn serve(
    mistake: Mistake,
    listener: TcpListener,
    build: impl Fn() -> SmartConfig + Send + Clone + 'static,
) -> actix_web::dev::Server {
    let key = Key::generate();
    let session = move || {
        SessionMiddleware::builder(CookieSessionStore::default(), key.clone())
            .cookie_secure(false)
            .build()
    };
    // One expression per mistake, as each App has a type of its own.
    macro_rules! run {
        ($workers:literal, $app:expr) => {
            HttpServer::new($app)
                .workers($workers)
                .disable_signals()
                .listen(listener)
                .unwrap()
                .run()
        };
    }
    match mistake {
        Mistake::WrongOrder => {
            let config = build();
            run!(1, move || App::new()
                .configure(pages)
                .wrap(session())
                .wrap(SmartAuth::new(config.clone())))
        }
        Mistake::NormalizedPaths => {
            let config = build();
            run!(1, move || App::new()
                .service(launch_scope().route("/", web::get().to(|| async { "landed" })))
                .wrap(SmartAuth::new(config.clone()))
                .wrap(session())
                .wrap(NormalizePath::new(TrailingSlash::Trim)))
        }
        Mistake::AddedSlashes => {
            let config = build();
            run!(1, move || App::new()
                .configure(pages)
                .wrap(NormalizePath::new(TrailingSlash::Always))
                .wrap(SmartAuth::new(config.clone()))
                .wrap(session()))
        }
        Mistake::ScopeInAScope => {
            let config = build();
            run!(1, move || App::new()
                .service(web::scope("/app").service(launch_scope().route("/", web::get().to(|| async { "landed" }))))
                .wrap(SmartAuth::new(config.clone()))
                .wrap(session()))
        }
        Mistake::NoSessionMiddleware => {
            let config = build();
            run!(1, move || App::new()
                .configure(pages)
                .wrap(SmartAuth::new(config.clone())))
        }
        Mistake::NoSmartAuth => run!(1, move || App::new().configure(pages).wrap(session())),
        Mistake::AroundAScope => {
            let config = build();
            run!(1, move || {
                let patient = |patient: Patient| async move { patient.id().to_owned() };
                let scope = launch_scope().route("/patient", web::to(patient)).service(
                    web::scope("/guarded")
                        .wrap(SmartGuard::new())
                        .route("/page", web::get().to(|| async { "in" })),
                );
                App::new()
                    .service(scope.wrap(SmartAuth::new(config.clone())))
                    .wrap(session())
            })
        }
        Mistake::ConfigPerWorker => {
            run!(2, move || App::new()
                .configure(pages)
                .wrap(SmartAuth::new(build()))
                .wrap(session()))
        }
        Mistake::SessionKeyPerWorker => {
            let config = build();
            run!(2, move || App::new()
                .configure(pages)
                .wrap(SmartAuth::new(config.clone()))
                .wrap(
                    SessionMiddleware::builder(CookieSessionStore::default(), Key::generate())
                        .cookie_secure(false)
                        .build()
                ))
        }
    }
}
