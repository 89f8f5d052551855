//! The EHR of the environment, log, start and stop. `.env.example` has the variables.

use std::{env, error::Error, process::ExitCode, time::Duration};

use actix_smart_auth::{SmartAuth, SmartConfig};
use actix_web::{App, HttpServer, cookie::Key};
use tracing_subscriber::EnvFilter;

#[actix_web::main]
async fn main() -> ExitCode {
    // The log is where the reasons are.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        // What cannot be written would be told on stderr, and panic where nobody reads that any more.
        .log_internal_errors(false)
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    // Once, outside of the closure below, which runs once per worker.
    let config = smart_app::settings(SmartConfig::builder()).ehr_from_env().build()?;
    let over_https = env::var("SMART_REDIRECT_URI").is_ok_and(|uri| uri.starts_with("https:"));
    let key = session_key()?;
    let smart = config.clone();
    let server = HttpServer::new(move || {
        App::new()
            .configure(smart_app::routes)
            .wrap(SmartAuth::new(smart.clone()))
            .wrap(smart_app::sessions(key.clone(), over_https))
    });
    let address = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let server = server
        .bind(&address)
        .map_err(|error| format!("{address} cannot be used ({error}); set LISTEN to another address"))?;
    tracing::info!(%address, "listening");
    server.run().await?;
    // Finishes and saves the refreshes that are still running.
    config.shutdown(Duration::from_secs(20)).await;
    Ok(())
}

/// `SESSION_KEY`, or a new one, with which nobody can read what the application has kept in sessions. Launches do not need it.
fn session_key() -> Result<Key, Box<dyn Error>> {
    let Ok(text) = env::var("SESSION_KEY") else {
        tracing::warn!("SESSION_KEY is not set; what is kept in sessions is gone when this process ends");
        return Ok(Key::generate());
    };
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = text.trim().as_bytes().chunks(2).map(byte).collect();
    let bytes = bytes.ok_or("SESSION_KEY is not hexadecimal; make one with `openssl rand -hex 64`")?;
    Ok(
        Key::try_from(bytes.as_slice())
            .map_err(|_| "SESSION_KEY is too short; make one with `openssl rand -hex 64`")?,
    )
}
