//! A small patient viewer that an EHR can launch.
//!
//! ```text
//! cargo run --example patient_app
//! ```
//!
//! starts a made-up EHR (the sandbox) and the application, and prints the address of each.
//!
//! | variable | what it does |
//! |---|---|
//! | `PORT`, `SANDBOX_PORT` | the ports; 8080 and 8081 by default, others if those are taken |
//! | `SANDBOX=auto` | the sandbox answers its own pages, so that `curl -L` can launch |
//! | `SANDBOX_EHRS=2` | a second sandbox: the application asks which EHR |
//! | `FHIR_BASE_URL`, `SMART_CLIENT_ID`, … | a real EHR instead of the sandbox; see `EhrBuilder::from_env` |
//! | `SANDBOX_URL` | the sandbox of another process of this example, which is at `APP_URL` (by default `http://127.0.0.1:8080`) |
//! | `RUST_LOG` | how much is logged; `info` by default |
//!
//! With `--redis URL` launches are in Redis, for any number of processes that have the same `SESSION_KEY` (from
//! `openssl rand -hex 64`) and `SEALING_KEY` (from `openssl rand -base64 32`). The guide has the commands for two processes
//! (production, *Try it*).
#![expect(clippy::print_stdout, reason = "it tells the person who started it where to go")]

mod fhir;
mod handlers;
mod pages;
mod setup;
mod shared;

use std::{
    error::Error,
    io::{self, IsTerminal as _},
    process::ExitCode,
    time::Duration,
};

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{SmartAuth, launch_scope};
use actix_web::{App, HttpServer, web};
use tracing_subscriber::EnvFilter;

use crate::{setup::Setup, shared::Shared};

#[actix_web::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // `Display`, not the `Debug` that an error returned from `main` would be shown as.
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Shared { store, session_key } = Shared::from_arguments()?;
    let setup = Setup::from_env(&store)?;
    let (smart, secure) = (setup.config.clone(), setup.is_https());
    let ehr_page = web::Data::new(setup.ehr_page());
    let server = HttpServer::new(move || {
        let session = SessionMiddleware::builder(CookieSessionStore::default(), session_key.clone())
            .cookie_secure(secure)
            .build();
        App::new()
            // One awc client per worker: it keeps connections, and cannot be shared between threads.
            .app_data(ehr_page.clone())
            .route("/", web::get().to(handlers::home))
            .service(
                launch_scope()
                    .route("/", web::get().to(handlers::patient))
                    .route("/refresh", web::post().to(handlers::refresh)),
            )
            .wrap(SmartAuth::new(smart.clone()))
            // After SmartAuth, so that it runs before it.
            .wrap(session)
    })
    .listen(setup.listener.try_clone()?)?
    .shutdown_timeout(5)
    .run();
    println!("\n{}", setup.welcome());
    server.await?;
    let report = setup.config.shutdown(Duration::from_secs(20)).await;
    tracing::info!(?report, "stopped");
    Ok(())
}
