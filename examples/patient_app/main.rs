//! A small patient viewer that an EHR can launch.
//!
//! ```text
//! cargo run --example patient_app
//! ```
//!
//! starts a made-up EHR (the sandbox) and the application, and prints the address of each.
//!
//! `--help` lists the options and variables: other ports, a real EHR, several processes that share launches in Redis. The
//! guide has the commands for two processes (production, *Try it*).
#![expect(clippy::print_stdout, reason = "it tells the person who started it where to go")]

mod arguments;
mod chart;
mod counted;
mod events;
mod first_process;
mod handlers;
mod pages;
mod setup;
mod shared;
mod vitals;

use std::{
    env,
    error::Error,
    io::{self, IsTerminal as _},
    process::ExitCode,
    time::Duration,
};

use actix_session::{SessionMiddleware, storage::CookieSessionStore};
use actix_smart_auth::{
    SmartAuth,
    health::{HealthDetail, health_check},
    launch_scope,
};
use actix_web::{App, HttpServer, Route, guard, web};
use tracing_subscriber::EnvFilter;

use crate::{
    arguments::{Arguments, HELP},
    events::Events,
    setup::Setup,
    shared::Shared,
};

#[actix_web::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        // It would be told on the same stderr, and where nobody reads that any more (`… 2>&1 | head`), telling panics.
        .log_internal_errors(false)
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

/// Actix Web answers `HEAD` with 404 where a route is for `GET` alone.
fn get_or_head() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

async fn run() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse(env::args().skip(1))?;
    if arguments.help {
        println!("{HELP}");
        return Ok(());
    }
    let Shared { store, session_key } = Shared::with(arguments.redis_url)?;
    // Before anything is counted.
    let counted = web::Data::new(counted::install()?);
    let events = Events::default();
    let setup = Setup::from_env(&store, &events).await?;
    let events = web::Data::new(events);
    let (smart, secure) = (setup.config.clone(), setup.is_https());
    let ehr_page = web::Data::new(setup.ehr_page());
    let server = HttpServer::new(move || {
        let session = SessionMiddleware::builder(CookieSessionStore::default(), session_key.clone())
            .cookie_secure(secure)
            .build();
        App::new()
            .app_data(ehr_page.clone())
            .app_data(events.clone())
            .app_data(counted.clone())
            .route("/", get_or_head().to(handlers::home))
            .route("/style.css", web::get().to(handlers::style))
            .route("/metrics", web::get().to(handlers::metrics))
            .route("/health", health_check(&smart, HealthDetail::StatusOnly))
            .service(
                launch_scope()
                    .route("/", get_or_head().to(handlers::patient))
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
    if arguments.open
        && let Err(error) = open::that_detached(setup.start_page())
    {
        tracing::warn!("no browser can be opened ({error}); open the address yourself");
    }
    server.await?;
    let report = setup.config.shutdown(Duration::from_secs(20)).await;
    tracing::info!(?report, "stopped");
    Ok(())
}
