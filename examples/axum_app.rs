//! An axum application that an EHR can launch: `SmartClient` with requests through reqwest, and no Actix.
//!
//! ```text
//! cargo run --example axum_app     # against the sandbox, or the EHR of FHIR_BASE_URL, SMART_CLIENT_ID, …
//! ```
//!
//! In a project of your own: `actix-smart-auth = { version = "…", default-features = false, features = ["reqwest"] }`.
//!
//! What the Actix middleware would do with a browser is done here by hand: a sign-in belongs to the browser that began it, by a
//! cookie, and so does the launch that it opens. The tokens are in the token store, which refreshes them. `PORT` is the port
//! (8080), and `SANDBOX=auto` lets the sandbox answer its own pages.
#![expect(clippy::print_stdout, reason = "it tells the person who started it where to go")]

use std::{
    collections::HashMap,
    env,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    AuthorizationRedirect, Ehr, LaunchHandle, PendingAuthorization, SmartClient, SmartConfig, SmartSession,
    StartOptions,
    error::{FinishError, LaunchError},
    sandbox::{Mode, SandboxClient, SandboxServer},
    store::SealingKeys,
    transport::HttpClient,
};
use axum::{
    Router,
    extract::{Query, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{Mutex, Notify, OnceCell},
};

const SCOPES: &str = "launch/patient patient/Patient.rs offline_access";

/// Everything that requests share. Memory of one process: a restart forgets who is signed in.
struct App {
    config: SmartConfig,
    client: SmartClient,
    fhir_base_url: String,
    /// Seals sign-ins under way into cookies of their browsers, so that strangers who begin many push nobody out.
    keys: SealingKeys,
    /// How callbacks ended, by their state: whoever loads one again gets the same answer, and the code is sent once.
    finished: Mutex<HashMap<String, Finished>>,
    /// Launches, by the cookie of the browser that opened each.
    signed_in: Mutex<HashMap<String, LaunchHandle>>,
}

/// A callback that is being answered, or was.
#[derive(Clone)]
struct Finished {
    since: Instant,
    /// The cookie of the session, or what to tell the person.
    answer: Arc<OnceCell<Result<String, &'static str>>>,
}

/// Nobody takes longer to sign in.
const TIME_TO_SIGN_IN: Duration = Duration::from_secs(600);

impl App {
    fn is_registered(&self, iss: &str) -> bool {
        self.fhir_base_url.trim_end_matches('/') == iss.trim_end_matches('/')
    }
}

/// A page that says what went wrong. Details belong into the log.
struct Failed(StatusCode, &'static str);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (
            self.0,
            Html(format!("<p>{}</p><p><a href=\"/\">Start again</a></p>", self.1)),
        )
            .into_response()
    }
}

fn failed(what: &'static str, error: &dyn Error) -> Failed {
    tracing::warn!(%error, "{what}");
    Failed(StatusCode::BAD_GATEWAY, what)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let port = env::var("PORT")
        .ok()
        .and_then(|port| port.parse().ok())
        .unwrap_or(8080_u16);
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("port {port} cannot be used ({error}); set PORT to another one"))?;
    let address = format!("http://{}", listener.local_addr()?);

    let (sandbox, ehr) = registration(&address)?;
    let config = SmartConfig::builder()
        .ehr(ehr)
        .http_client(HttpClient::Reqwest)
        .build()?;
    let app = Arc::new(App {
        client: SmartClient::new(&config)?,
        config: config.clone(),
        fhir_base_url: config
            .ehrs()
            .first()
            .ok_or("no EHR")?
            .fhir_base_url()
            .as_str()
            .to_owned(),
        keys: SealingKeys::from_bytes([rand::random()])?,
        finished: Mutex::default(),
        signed_in: Mutex::default(),
    });
    let router = Router::new()
        .route(
            "/",
            get(Html(
                "<h1>Patient viewer</h1><p><a href=\"/auth/launch\">Sign in</a></p>",
            )),
        )
        .route("/auth/launch", get(launch))
        .route("/auth/callback", get(callback))
        .route("/patient", get(patient))
        .route("/logout", post(logout))
        .with_state(app);
    println!("Application: {address}/");
    if let Some(sandbox) = &sandbox {
        println!("EHR:         {}", sandbox.ehr_url());
    }
    let stopping = Arc::new(Notify::new());
    let stop = {
        let stopping = Arc::clone(&stopping);
        async move {
            drop(tokio::signal::ctrl_c().await);
            stopping.notify_one();
        }
    };
    let serving = axum::serve(listener, router).with_graceful_shutdown(stop).into_future();
    // A request that somebody never ends must not keep the application from stopping.
    let too_long = async {
        stopping.notified().await;
        tokio::time::sleep(Duration::from_secs(10)).await;
    };
    tokio::select! {
        served = serving => served?,
        () = too_long => tracing::warn!("some requests did not come to their end"),
    }
    // Refreshes that run are finished, though their requests are gone.
    config.shutdown(Duration::from_secs(20)).await;
    Ok(())
}

/// The EHR that the environment names, or the sandbox.
fn registration(address: &str) -> Result<(Option<SandboxServer>, actix_smart_auth::EhrBuilder), Box<dyn Error>> {
    if env::var("FHIR_BASE_URL").is_ok() {
        return Ok((None, actix_smart_auth::EhrBuilder::from_env()));
    }
    let redirect_uri = format!("{address}/auth/callback");
    let mode = if env::var("SANDBOX").is_ok_and(|mode| mode == "auto") {
        Mode::Automatic
    } else {
        Mode::Interactive
    };
    let sandbox = SandboxServer::builder()
        .mode(mode)
        .client(SandboxClient::public("axum-app", redirect_uri.as_str()))
        .launch_url("axum-app", format!("{address}/auth/launch"))
        .start()?;
    let ehr = Ehr::builder(sandbox.fhir_base_url())
        .client_id("axum-app")
        .redirect_uri(redirect_uri)
        .scopes(SCOPES);
    Ok((Some(sandbox), ehr))
}

/// From the EHR with `iss` and `launch`, or by the link on the start page without them.
async fn launch(
    State(app): State<Arc<App>>,
    Query(mut query): Query<HashMap<String, String>>,
) -> Result<Response, Failed> {
    let options = match (query.remove("iss"), query.remove("launch")) {
        // An address that the configuration does not know must never be asked.
        (Some(iss), Some(launch)) if app.is_registered(&iss) => StartOptions::from_ehr(iss, launch),
        (None, None) => StartOptions::standalone(),
        _ => {
            return Err(Failed(
                StatusCode::BAD_REQUEST,
                "This application is not connected to that system.",
            ));
        }
    };
    let (redirect, pending) = app
        .client
        .start(options)
        .await
        .map_err(|error| failed("The sign-in could not begin.", &error))?;
    let AuthorizationRedirect::Get(url) = redirect else {
        return Err(Failed(
            StatusCode::NOT_IMPLEMENTED,
            "That system wants a form, which this example does not have.",
        ));
    };
    let sealed = pending.seal(&app.keys);
    let sealed = sealed.map_err(|error| failed("The sign-in could not begin.", &error))?;
    let cookie = set_cookie(
        &sign_in_cookie(pending.state().expose_secret()),
        &hex(&sealed),
        "Path=/auth; Max-Age=600",
    );
    Ok((AppendHeaders([cookie]), Redirect::to(url.as_str())).into_response())
}

/// A browser that goes away, or loads the page again, drops this; what has begun is done to its end all the same, and whoever comes
/// again joins it.
async fn callback(
    State(app): State<Arc<App>>,
    Query(parameters): Query<HashMap<String, String>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failed> {
    let not_here = || {
        Failed(
            StatusCode::FORBIDDEN,
            "This sign-in was not begun in this browser, or took too long.",
        )
    };
    let state = parameters.get("state").ok_or_else(not_here)?;
    let sealed = cookie(&headers, &sign_in_cookie(state))
        .and_then(unhex)
        .ok_or_else(not_here)?;
    // The cookie proves the browser, before anything is looked up or remembered for it.
    let pending = PendingAuthorization::unseal(&app.keys, &sealed).map_err(|_| not_here())?;
    if pending.state().expose_secret() != state {
        return Err(not_here());
    }
    let answer = {
        let mut finished = app.finished.lock().await;
        finished.retain(|_, callback| callback.since.elapsed() < TIME_TO_SIGN_IN);
        let new = || Finished {
            since: Instant::now(),
            answer: Arc::default(),
        };
        Arc::clone(&finished.entry(state.clone()).or_insert_with(new).answer)
    };
    let former = cookie(&headers, "session").map(str::to_owned);
    let finishing = tokio::spawn(async move {
        let work = || finish(Arc::clone(&app), pending, query.unwrap_or_default(), former);
        answer.get_or_try_init(work).await.cloned()
    });
    match finishing.await {
        Ok(Ok(Ok(session))) => Ok((
            AppendHeaders([set_cookie("session", &session, "Path=/")]),
            Redirect::to("/patient"),
        )
            .into_response()),
        Ok(Ok(Err(what)) | Err(what)) => Err(Failed(StatusCode::BAD_GATEWAY, what)),
        Err(error) => Err(failed("The sign-in did not finish.", &error)),
    }
}

/// The session that a callback opens. The inner error is for good; the outer one can be tried again.
async fn finish(
    app: Arc<App>,
    pending: PendingAuthorization,
    query: String,
    former: Option<String>,
) -> Result<Result<String, &'static str>, &'static str> {
    let authorized = match app.client.finish(pending, &query).await {
        Ok(authorized) => authorized,
        Err(unfinished) => {
            tracing::warn!(error = %unfinished, "a sign-in did not finish");
            if let FinishError::Refused(refusal) = &unfinished.error
                && refusal.code == "access_denied"
            {
                return Ok(Err("Access was declined. You can start again."));
            }
            return match unfinished.pending {
                Some(_) => Err("The sign-in did not finish. Please load this page again."),
                None => Ok(Err("The sign-in did not finish. Please start again.")),
            };
        }
    };
    let launch = match app.client.open_launch(authorized).await {
        Ok(launch) => launch,
        Err(not_opened) => {
            tracing::warn!(error = %not_opened, "a sign-in could not be kept");
            if let Err(error) = app.client.revoke(&not_opened.authorized).await {
                tracing::warn!(%error, "its tokens were not revoked");
            }
            return Ok(Err("The sign-in could not be kept. Please start again."));
        }
    };
    let session = random();
    let former = {
        let mut signed_in = app.signed_in.lock().await;
        signed_in.insert(session.clone(), launch);
        former.and_then(|cookie| signed_in.remove(&cookie))
    };
    // One person at a time in one browser.
    if let Some(former) = former
        && let Err(error) = app.config.end_launch(&former).await
    {
        tracing::warn!(%error, "the launch that was open in this browser could not be ended");
    }
    Ok(Ok(session))
}

async fn patient(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<impl IntoResponse, Failed> {
    let session = session(&app, &headers).await?;
    let patient = session.patient();
    let patient = patient.ok_or(Failed(StatusCode::BAD_GATEWAY, "That system named no patient."))?;
    let record: Result<Value, _> = session.fhir().read("Patient", patient).await;
    let record = record.map_err(|error| failed("The record cannot be read.", &error))?;
    let name = record
        .pointer("/name/0/text")
        .and_then(Value::as_str)
        .unwrap_or("(no name)");
    let name = name.replace('&', "&amp;").replace('<', "&lt;");
    let page = format!("<h1>{name}</h1><form method=\"post\" action=\"/logout\"><button>Sign out</button></form>");
    // Or *Back* would show it after signing out.
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(page)))
}

/// It works also while the EHR is away: nobody needs a token to sign out.
async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Html<&'static str>, Failed> {
    let launch = match cookie(&headers, "session") {
        Some(cookie) => app.signed_in.lock().await.get(cookie).cloned(),
        None => None,
    };
    let launch = launch.ok_or(Failed(StatusCode::UNAUTHORIZED, "Nobody is signed in here."))?;
    // Its tokens are revoked in the background.
    let ended = app.config.end_launch(&launch).await;
    ended.map_err(|error| failed("The sign-out did not work. Please try again.", &error))?;
    forget(&app, &headers).await;
    Ok(Html("<p>You have signed out.</p>"))
}

/// The launch of this browser, with a token that is fresh.
async fn session(app: &App, headers: &HeaderMap) -> Result<SmartSession, Failed> {
    let launch = match cookie(headers, "session") {
        Some(cookie) => app.signed_in.lock().await.get(cookie).cloned(),
        None => None,
    };
    let launch = launch.ok_or(Failed(StatusCode::UNAUTHORIZED, "Please sign in."))?;
    match app.config.resume(&launch).await {
        Ok(session) => Ok(session),
        Err(LaunchError::Ended(_) | LaunchError::NotFound) => {
            forget(app, headers).await;
            Err(Failed(
                StatusCode::UNAUTHORIZED,
                "Your sign-in has ended. Please sign in again.",
            ))
        }
        Err(error) => Err(failed("The access cannot be renewed at the moment.", &error)),
    }
}

async fn forget(app: &App, headers: &HeaderMap) {
    if let Some(cookie) = cookie(headers, "session") {
        app.signed_in.lock().await.remove(cookie);
    }
}

fn random() -> String {
    let number: [u8; 32] = rand::random();
    hex(&number)
}

/// Each sign-in has a cookie of its own, so that two tabs do not disturb each other.
fn sign_in_cookie(state: &str) -> String {
    let start: String = state.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    format!("sign_in_{start}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<_> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs
        .map(|pair| {
            pair.iter()
                .try_fold(0_u8, |byte, digit| Some((byte << 4) | u8::try_from(*digit).ok()?))
        })
        .collect()
}

/// Add `Secure`, and `__Host-` before the name, where the application is at https.
fn set_cookie(name: &str, value: &str, scope: &str) -> (header::HeaderName, String) {
    (
        header::SET_COOKIE,
        format!("{name}={value}; {scope}; HttpOnly; SameSite=Lax"),
    )
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter();
    let pairs = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split("; "));
    pairs
        .filter_map(|pair| pair.split_once('='))
        .find(|(it, _)| *it == name)
        .map(|(_, value)| value)
}
