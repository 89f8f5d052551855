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
    error::LaunchError,
    sandbox::{Mode, SandboxClient, SandboxServer},
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
use tokio::{net::TcpListener, sync::Mutex};

const SCOPES: &str = "launch/patient patient/Patient.rs offline_access";

/// Everything that requests share. Memory of one process: a restart forgets who is signed in.
struct App {
    config: SmartConfig,
    client: SmartClient,
    fhir_base_url: String,
    /// For reading FHIR. Redirects would carry the access token to wherever they lead.
    fhir: reqwest::Client,
    /// Sign-ins under way, by the cookie of the browser that began each.
    pending: Mutex<HashMap<String, Begun>>,
    /// Launches, by the cookie of the browser that opened each.
    signed_in: Mutex<HashMap<String, LaunchHandle>>,
}

/// A sign-in under way.
struct Begun {
    at: Instant,
    pending: PendingAuthorization,
}

/// Nobody takes longer to sign in, and anybody can begin: so many are kept, and the oldest go.
const TIME_TO_SIGN_IN: Duration = Duration::from_secs(600);
const MOST_BEGUN: usize = 1_000;

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
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
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
        fhir: reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()?,
        pending: Mutex::default(),
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
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    axum::serve(listener, router).with_graceful_shutdown(stop).await?;
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
    let cookie = random();
    {
        let mut begun = app.pending.lock().await;
        begun.retain(|_, begun| begun.at.elapsed() < TIME_TO_SIGN_IN);
        if begun.len() >= MOST_BEGUN {
            let oldest = begun.iter().min_by_key(|(_, begun)| begun.at);
            if let Some(oldest) = oldest.map(|(cookie, _)| cookie.clone()) {
                begun.remove(&oldest);
            }
        }
        let at = Instant::now();
        begun.insert(cookie.clone(), Begun { at, pending });
    }
    Ok((
        AppendHeaders([set_cookie("sign_in", &cookie, "/auth")]),
        Redirect::to(url.as_str()),
    )
        .into_response())
}

/// A browser that goes away, or loads the page again, drops this; what has begun is done to its end all the same.
async fn callback(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failed> {
    let finishing = tokio::spawn(finish(app, headers, query.unwrap_or_default()));
    finishing
        .await
        .map_err(|error| failed("The sign-in did not finish.", &error))?
}

async fn finish(app: Arc<App>, headers: HeaderMap, query: String) -> Result<Response, Failed> {
    // Taken out: what was begun once is finished once, and by the browser that began it.
    let begun = match cookie(&headers, "sign_in") {
        Some(cookie) => app.pending.lock().await.remove_entry(cookie),
        None => None,
    };
    let (cookie_of_sign_in, Begun { at, pending }) = begun.ok_or(Failed(
        StatusCode::FORBIDDEN,
        "This sign-in was not begun in this browser, or has been used.",
    ))?;
    let authorized = match app.client.finish(pending, &query).await {
        Ok(authorized) => authorized,
        Err(unfinished) => {
            let failed = failed("The sign-in did not finish.", &unfinished);
            if let Some(pending) = unfinished.pending {
                // The right callback, or the same one again, can still finish it.
                let begun = Begun { at, pending: *pending };
                app.pending.lock().await.insert(cookie_of_sign_in, begun);
            }
            return Err(failed);
        }
    };
    let launch = app.client.open_launch(authorized).await;
    let launch = launch.map_err(|error| failed("The sign-in could not be kept.", &error))?;
    let session = random();
    let former = {
        let mut signed_in = app.signed_in.lock().await;
        signed_in.insert(session.clone(), launch);
        cookie(&headers, "session").and_then(|cookie| signed_in.remove(cookie))
    };
    // One person at a time in one browser.
    if let Some(former) = former
        && let Err(error) = app.config.end_launch(&former).await
    {
        tracing::warn!(%error, "the launch that was open in this browser could not be ended");
    }
    Ok((
        AppendHeaders([set_cookie("session", &session, "/")]),
        Redirect::to("/patient"),
    )
        .into_response())
}

async fn patient(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Html<String>, Failed> {
    let session = session(&app, &headers).await?;
    let patient = session.patient();
    let patient = patient.ok_or(Failed(StatusCode::BAD_GATEWAY, "That system named no patient."))?;
    let url = format!("{}/Patient/{patient}", session.fhir_base_url());
    let token = session.access_token().expose_secret();
    let answer = app.fhir.get(url).bearer_auth(token).send().await;
    let answer = answer.and_then(reqwest::Response::error_for_status);
    // The address of the request names the patient, which is nothing for a log.
    let unreadable = |error: reqwest::Error| failed("The record cannot be read.", &error.without_url());
    let body = answer.map_err(unreadable)?.bytes().await.map_err(unreadable)?;
    let record: Value = serde_json::from_slice(&body).map_err(|error| failed("The record cannot be read.", &error))?;
    let name = record
        .pointer("/name/0/text")
        .and_then(Value::as_str)
        .unwrap_or("(no name)");
    let name = name.replace('&', "&amp;").replace('<', "&lt;");
    Ok(Html(format!(
        "<h1>{name}</h1><form method=\"post\" action=\"/logout\"><button>Sign out</button></form>"
    )))
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
    number.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Add `Secure`, and `__Host-` before the name, where the application is at https.
fn set_cookie(name: &str, value: &str, path: &str) -> (header::HeaderName, String) {
    (
        header::SET_COOKIE,
        format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax"),
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
