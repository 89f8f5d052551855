//! Applications with and without the crate, and a browser that launches in them.

use std::{future, pin::Pin, sync::mpsc, thread, time::Duration};

use actix_http::Request;
use actix_session::{
    Session, SessionMiddleware,
    storage::{CookieSessionStore, RedisSessionStore, SessionStore},
};
use actix_smart_auth::{
    ClientAuth, Ehr, Patient, SmartAuth, SmartConfig, SmartGuard, SmartSession, launch_scope,
    store::{PostgresStore, RedisStore, SealingKeys, TokenStore},
};
use actix_web::{
    App, Error, HttpResponse, HttpServer,
    body::MessageBody,
    cookie::{Cookie, Key},
    dev::{Service, ServiceResponse},
    http::header::HeaderMap,
    rt::System,
    test, web,
};

use crate::{
    cpu,
    ehr_process::{CLIENT_ID, REDIRECT_URI},
};

/// The value of the session that handlers read.
const SESSION_VALUE: &str = "colour";

async fn plain() -> &'static str {
    "plain"
}

async fn set_value(session: Session) -> &'static str {
    session.insert(SESSION_VALUE, "green").expect("a value of the session");
    "set"
}

async fn one_value(session: Session) -> String {
    let colour = session.get::<String>(SESSION_VALUE).expect("a value of the session");
    format!("{colour:?}")
}

async fn launch_and_patient(smart: SmartSession, patient: Patient) -> String {
    format!("{} {}", patient.id(), smart.granted_scopes().is_empty())
}

async fn all(session: Session, smart: SmartSession, patient: Patient) -> String {
    let colour = session.get::<String>(SESSION_VALUE).expect("a value of the session");
    format!("{colour:?} {} {}", patient.id(), smart.granted_scopes().is_empty())
}

/// What most handlers of an application do: they read something of the launch's FHIR server.
async fn fhir(smart: SmartSession, patient: Patient) -> String {
    let read = smart.fhir().get("Patient", patient.id()).send().await;
    read.expect("the FHIR server answers").body().len().to_string()
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/plain", web::get().to(plain))
        .route("/set", web::get().to(set_value))
        .service(
            launch_scope()
                .route("/value", web::get().to(one_value))
                .route("/launch", web::get().to(launch_and_patient))
                .route("/all", web::get().to(all))
                .route("/fhir", web::get().to(fhir))
                .service(
                    web::scope("/guarded")
                        .wrap(SmartGuard::new())
                        .route("/all", web::get().to(all)),
                ),
        );
}

fn session<S: SessionStore>(store: S) -> SessionMiddleware<S> {
    SessionMiddleware::builder(store, Key::from(&[7; 64]))
        .cookie_secure(false)
        .build()
}

pub(crate) fn config(fhir_base_url: &str, store: TokenStore) -> SmartConfig {
    config_at(fhir_base_url, REDIRECT_URI, store)
}

pub(crate) fn config_at(fhir_base_url: &str, redirect_uri: &str, store: TokenStore) -> SmartConfig {
    SmartConfig::builder()
        .ehr(
            Ehr::builder(fhir_base_url)
                .client_id(CLIENT_ID)
                .client_auth(ClientAuth::public())
                .redirect_uri(redirect_uri)
                .scopes("launch/patient patient/*.rs offline_access"),
        )
        .store(store)
        .build()
        .expect("a configuration")
}

pub(crate) fn redis_store(url: &str) -> TokenStore {
    let keys = SealingKeys::from_bytes([rand::random()]).expect("a key");
    TokenStore::new(
        RedisStore::builder(url)
            .sealing_keys(keys)
            .build()
            .expect("a Redis store"),
    )
}

/// In a schema of its own, `smart_ratios`.
pub(crate) async fn postgres_store(url: &str) -> TokenStore {
    let keys = SealingKeys::from_bytes([rand::random()]).expect("a key");
    let builder = PostgresStore::builder(url).sealing_keys(keys).schema("smart_ratios");
    let store = builder.build().expect("a PostgreSQL store");
    store.migrate().await.expect("its tables");
    TokenStore::new(store)
}

/// An application in this process. Requests come without sockets.
pub(crate) struct Application(Box<dyn Fn(Request) -> Answer>);

type Answer = Pin<Box<dyn Future<Output = HttpResponse>>>;

impl Application {
    pub(crate) async fn without() -> Self {
        let app = App::new()
            .configure(routes)
            .wrap(session(CookieSessionStore::default()));
        Self::of(test::init_service(app).await)
    }

    /// Without the crate, its sessions in Redis. The connection lives on another thread than the requests, as it does where
    /// an application makes the store in `main` and its workers use it.
    pub(crate) async fn without_on_redis(url: &str) -> Self {
        let (url, (made, store)) = (url.to_owned(), mpsc::channel());
        thread::spawn(move || {
            System::new().block_on(async move {
                let store = RedisSessionStore::new(url).await.expect("a Redis session store");
                made.send(store).expect("the measuring thread waits");
                future::pending::<()>().await;
            });
        });
        let store = store.recv().expect("a Redis session store");
        Self::of(test::init_service(App::new().configure(routes).wrap(session(store))).await)
    }

    pub(crate) async fn with(config: SmartConfig) -> Self {
        let app = App::new()
            .configure(routes)
            .wrap(SmartAuth::new(config))
            .wrap(session(CookieSessionStore::default()));
        Self::of(test::init_service(app).await)
    }

    fn of<S, B>(service: S) -> Self
    where
        S: Service<Request, Response = ServiceResponse<B>, Error = Error> + 'static,
        S::Future: 'static,
        B: MessageBody + 'static,
    {
        Self(Box::new(move |request| {
            let answer = service.call(request);
            Box::pin(async move { answer.await.expect("an answer").into_parts().1.map_into_boxed_body() })
        }))
    }

    pub(crate) async fn ask(&self, path: &str, cookies: &str) -> HttpResponse {
        let request = test::TestRequest::get().uri(path);
        let request = match cookies {
            "" => request,
            cookies => request.insert_header(("cookie", cookies)),
        };
        (self.0)(request.to_request()).await
    }
}

/// The application over a socket, with one worker, until it is killed.
pub(crate) fn serve(config: SmartConfig, port: u16) -> std::io::Result<()> {
    let app = move || {
        App::new()
            .configure(routes)
            .wrap(SmartAuth::new(config.clone()))
            .wrap(session(CookieSessionStore::default()))
    };
    let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", port))?;
    System::new().block_on(server.run())
}

/// A browser that has launched once, and has a value in its session.
pub(crate) struct Browser {
    /// Ends with a slash.
    pub(crate) launch_path: String,
    /// As its header says them.
    pub(crate) cookies: String,
}

impl Browser {
    pub(crate) async fn launched(app: &Application) -> Self {
        let mut jar = Jar::default();
        let launch_path = launch(app, &mut jar).await;
        jar.take(&app.ask("/set", &jar.header()).await);
        Self {
            launch_path,
            cookies: jar.header(),
        }
    }

    /// A browser that has no launch, at the path of one.
    pub(crate) async fn without_launch(app: &Application, others: &Self) -> Self {
        let mut jar = Jar::default();
        // Cookies of a launch beside it, as the others have them.
        for cookie in others.cookies.split("; ").filter(|cookie| !cookie.starts_with("id=")) {
            jar.keep(cookie, "/");
        }
        jar.take(&app.ask("/set", &jar.header()).await);
        Self {
            launch_path: others.launch_path.clone(),
            cookies: jar.header(),
        }
    }
}

/// Launches, callback and first page included; the path of the launch.
async fn launch(app: &Application, jar: &mut Jar) -> String {
    let begun = app.ask("/auth/launch", &jar.header()).await;
    jar.take(&begun);
    let back = through_ehr(&location(&begun)).await;
    let landed = app.ask(&back, &jar.header()).await;
    jar.take(&landed);
    location(&landed).trim_end_matches('#').to_owned()
}

/// What a launch costs the application: the first request, the callback with its token request, and the first page.
pub(crate) async fn cost_of_launch(app: &Application) -> Duration {
    let mut jar = Jar::default();
    let (begun, first) = counted(app, "/auth/launch", &jar).await;
    jar.take(&begun);
    let back = through_ehr(&location(&begun)).await;
    let (landed, second) = counted(app, &back, &jar).await;
    jar.take(&landed);
    let page = format!("{}launch", location(&landed).trim_end_matches('#'));
    let (page, third) = counted(app, &page, &jar).await;
    assert_eq!(page.status(), 200);
    first + second + third
}

/// Launches from an EHR in this process ([`made_up_ehrs`](crate::made_up_ehrs)); the path of the launch.
pub(crate) async fn launch_from(app: &Application, jar: &mut Jar, iss: &str) -> String {
    let path = format!("/auth/launch?iss={iss}&launch=1");
    let begun = app.ask(&path, &jar.header_at(&path)).await;
    jar.take(&begun);
    let back = callback_of(&location(&begun));
    let landed = app.ask(&back, &jar.header_at(&back)).await;
    jar.take(&landed);
    location(&landed).trim_end_matches('#').to_owned()
}

/// As [`cost_of_launch`], from an EHR in this process, whose answers count, too.
pub(crate) async fn cost_of_launch_from(app: &Application, iss: &str) -> Duration {
    let mut jar = Jar::default();
    let before = cpu::used();
    let path = launch_from(app, &mut jar, iss).await;
    let page = app.ask(&format!("{path}launch"), &jar.header()).await;
    assert_eq!(page.status(), 200);
    cpu::used() - before
}

/// The way back from the sign-in page at this address.
fn callback_of(sign_in: &str) -> String {
    let mut parameters = sign_in.split(['?', '&']);
    let state = parameters.find(|parameter| parameter.starts_with("state="));
    format!("/auth/callback?code=1&{}", state.expect("a state"))
}

async fn counted(app: &Application, path: &str, jar: &Jar) -> (HttpResponse, Duration) {
    let cookies = jar.header();
    let before = cpu::used();
    let answer = app.ask(path, &cookies).await;
    (answer, cpu::used() - before)
}

/// Where the EHR sends the browser that comes to this address, which signs in by itself.
async fn through_ehr(address: &str) -> String {
    let client = awc::ClientBuilder::new().disable_redirects().finish();
    let answer = client.get(address).send().await.expect("the EHR answers");
    let back = answer
        .headers()
        .get("location")
        .expect("a redirect")
        .to_str()
        .expect("a text");
    back.strip_prefix("http://127.0.0.1:1")
        .expect("back to the application")
        .to_owned()
}

fn location(response: &HttpResponse) -> String {
    let location = response.headers().get("location").expect("a redirect");
    location.to_str().expect("a text").to_owned()
}

/// The cookies of a browser.
#[derive(Default)]
pub(crate) struct Jar(Vec<KeptCookie>);

struct KeptCookie {
    name: String,
    value: String,
    path: String,
}

impl Jar {
    fn take(&mut self, response: &HttpResponse) {
        self.take_from(response.headers());
    }

    pub(crate) fn take_from(&mut self, headers: &HeaderMap) {
        for text in headers.get_all("set-cookie") {
            let text = text.to_str().expect("a text");
            let cookie = Cookie::parse_encoded(text.to_owned()).expect("a cookie");
            let is_removal = cookie.max_age().is_some_and(|age| age.is_zero());
            self.keep(text.split(';').next().unwrap_or(text), cookie.path().unwrap_or("/"));
            if is_removal {
                self.0.pop();
            }
        }
    }

    /// Last, and once.
    fn keep(&mut self, cookie: &str, path: &str) {
        let (name, value) = cookie.split_once('=').expect("a cookie");
        self.0.retain(|kept| kept.name != name || kept.path != path);
        self.0.push(KeptCookie {
            name: name.to_owned(),
            value: value.to_owned(),
            path: path.to_owned(),
        });
    }

    /// All of them, as their header says them: good for a browser with one launch.
    pub(crate) fn header(&self) -> String {
        self.header_where(|_| true)
    }

    /// Those that a browser sends to this path.
    pub(crate) fn header_at(&self, path: &str) -> String {
        self.header_where(|cookie| path.starts_with(&cookie.path))
    }

    fn header_where(&self, is_sent: impl Fn(&KeptCookie) -> bool) -> String {
        let sent = self.0.iter().filter(|cookie| is_sent(cookie));
        let cookies: Vec<_> = sent.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        cookies.join("; ")
    }
}
