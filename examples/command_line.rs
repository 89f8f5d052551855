//! A program for the command line that signs in with a browser, and a redirect to this machine (RFC 8252, section 7.3).
//!
//! ```text
//! cargo run --example command_line     # against the sandbox, or the EHR of FHIR_BASE_URL, SMART_CLIENT_ID and SMART_SCOPES
//! ```
//!
//! It prints an address, waits until the browser comes back, and prints whose record it may read. `PORT` is the port of the
//! redirect (8765): an EHR sends people to addresses only that are registered with it, `http://127.0.0.1:8765/callback` here.
//! With `FORWARD_PROXY=environment` requests go through the proxy that HTTPS_PROXY names.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::{
    env,
    error::Error,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    AuthorizationRedirect, Authorized, Ehr, EhrBuilder, PendingAuthorization, SmartClient, SmartConfig, StartOptions,
    sandbox::{Mode, SandboxClient, SandboxServer},
    transport::{ForwardProxy, HttpClient},
};

use tokio::sync::mpsc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let port = env::var("PORT")
        .ok()
        .and_then(|port| port.parse().ok())
        .unwrap_or(8765_u16);
    let listener = TcpListener::bind(("127.0.0.1", port))
        .map_err(|error| format!("port {port} cannot be used ({error}); set PORT to another one"))?;
    let redirect_uri = format!("http://{}/callback", listener.local_addr()?);

    let (_sandbox, ehr) = registration(&redirect_uri)?;
    let mut builder = SmartConfig::builder()
        .ehr(ehr.redirect_uri(redirect_uri))
        .http_client(HttpClient::Reqwest);
    if env::var("FORWARD_PROXY").is_ok_and(|it| it == "environment") {
        builder = builder.forward_proxy(ForwardProxy::from_env());
    }
    let config = builder.build()?;

    let client = SmartClient::new(&config)?;
    let (redirect, pending) = client.start(StartOptions::standalone()).await?;
    let AuthorizationRedirect::Get(url) = redirect else {
        return Err("the EHR wants a form instead of a redirect".into());
    };
    println!("Open {url}");
    let authorized = finish(&client, pending, listener).await?;
    let patient = authorized
        .tokens()
        .context()
        .patient()
        .unwrap_or("nobody in particular");
    println!("Signed in. The patient is {patient}.");
    println!("Granted: {}", authorized.tokens().granted_scopes());

    // A program that ends leaves no tokens behind.
    match client.revoke(&authorized).await {
        Ok(()) => println!("The tokens are revoked."),
        Err(error) => println!("The tokens stay good until they expire: {error}"),
    }
    config.shutdown(Duration::from_secs(5)).await;
    Ok(())
}

/// Waits for the browser. A callback that is not this sign-in's, which anybody on this machine can send, does not end it.
async fn finish(
    client: &SmartClient,
    mut pending: PendingAuthorization,
    listener: TcpListener,
) -> Result<Authorized, Box<dyn Error>> {
    let mut redirects = redirects(listener);
    loop {
        let (browser, query) = redirects.recv().await.ok_or("nobody listens any more")?;
        let unfinished = match client.finish(pending, &query).await {
            Ok(authorized) => {
                answer(&browser, "You can close this window and go back to the terminal.");
                return Ok(authorized);
            }
            Err(unfinished) => unfinished,
        };
        println!("The sign-in did not finish: {unfinished}");
        let Some(kept) = unfinished.pending else {
            answer(&browser, "The sign-in did not finish. The terminal says why.");
            return Err(unfinished.error.into());
        };
        answer(
            &browser,
            "The sign-in did not finish. The terminal says why. You can load this page again.",
        );
        println!("Still waiting for the browser. Ctrl-C gives up.");
        pending = *kept;
    }
}

/// The EHR that the environment names, or the sandbox.
fn registration(redirect_uri: &str) -> Result<(Option<SandboxServer>, EhrBuilder), Box<dyn Error>> {
    if env::var("FHIR_BASE_URL").is_ok() {
        return Ok((None, EhrBuilder::from_env()));
    }
    let mode = if env::var("SANDBOX").is_ok_and(|mode| mode == "auto") {
        Mode::Automatic
    } else {
        Mode::Interactive
    };
    let client = SandboxClient::public("command-line", redirect_uri);
    let sandbox = SandboxServer::builder().mode(mode).client(client).start()?;
    let ehr = Ehr::builder(sandbox.fhir_base_url())
        .client_id("command-line")
        .scopes("launch/patient patient/Patient.rs offline_access");
    Ok((Some(sandbox), ehr))
}

/// Listens for the browser: the query of each address at which somebody came, and whom to answer. Each connection has a thread, as
/// browsers open some that say nothing.
fn redirects(listener: TcpListener) -> mpsc::Receiver<(TcpStream, String)> {
    let (sender, receiver) = mpsc::channel(1);
    thread::spawn(move || {
        for browser in listener.incoming().flatten() {
            let sender = sender.clone();
            thread::spawn(move || {
                let line = first_line(&browser);
                let query = line
                    .strip_prefix("GET /callback?")
                    .and_then(|rest| rest.split(' ').next());
                match query.map(str::to_owned) {
                    Some(query) => drop(sender.blocking_send((browser, query))),
                    None => answer_with(&browser, "404 Not Found", "Nothing is here."),
                }
            });
        }
    });
    receiver
}

/// Anybody on this machine can connect here, and say nothing, or too much, or one letter a second: all of that has five seconds.
fn first_line(mut browser: &TcpStream) -> String {
    let until = Instant::now() + Duration::from_secs(5);
    let mut read = Vec::new();
    let mut buffer = [0; 1024];
    while !read.windows(4).any(|end| end == b"\r\n\r\n") && read.len() < 16 * 1024 {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || browser.set_read_timeout(Some(left)).is_err() {
            break;
        }
        match browser.read(&mut buffer) {
            Ok(count @ 1..) => read.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            _ => break,
        }
    }
    let text = String::from_utf8_lossy(&read);
    text.lines().next().unwrap_or_default().to_owned()
}

fn answer(browser: &TcpStream, text: &str) {
    answer_with(browser, "200 OK", text);
}

fn answer_with(mut browser: &TcpStream, status: &str, text: &str) {
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    // A browser that has gone need not read it.
    let _ = browser.write_all(answer.as_bytes());
}
