//! Looks whether an application can be launched, before anybody tries.
//!
//! ```text
//! cargo run --example preflight
//! ```
//!
//! with the environment variables of the application. `--help` lists them. Exit status: 0 when a launch can work, 1 when it
//! cannot, 2 for wrong arguments and for a configuration that is not complete.
use std::{
    env,
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use actix_smart_auth::{
    SmartConfig,
    preflight::{Colours, Preflight, PreflightOptions, Trial},
    store::{RedisStore, SealingKeys, TokenStore},
};
use tracing_subscriber::EnvFilter;

const HELP: &str = "\
Looks whether an application can be launched from an EHR, and says what to do where it cannot.

usage: cargo run --example preflight -- [--json] [--no-token-request] [--no-sign-in-page]

  --json               the report for a program
  --no-token-request   does not try the credentials; else one code that cannot exist is sent
                       to the EHR's token endpoint, which logs it
  --no-sign-in-page    does not ask for the EHR's sign-in page; else it is asked for as a browser
                       asks, and nobody signs in
  --help               prints this

variables, the same as those of the application
  FHIR_BASE_URL, SMART_CLIENT_ID, SMART_REDIRECT_URI, SMART_SCOPES,
  SMART_CLIENT_SECRET, or SMART_PRIVATE_KEY_PATH, SMART_KEY_ID and SMART_JWKS_URI
  REDIS_URL, SEALING_KEY   where launches are kept in Redis
  RUST_LOG                 how much is logged, to the standard error; nothing by default
  NO_COLOR                 no colours in a terminal; in a file or a pipe there are none

exit status
  0   a launch can work; there may be warnings
  1   it cannot
  2   a configuration that is not complete: the report lists what is missing;
      or wrong arguments or Redis settings: a line on the standard error, and no report";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let mut options = PreflightOptions::default();
    let mut json = false;
    for argument in env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            "--no-token-request" => options = options.credentials(Trial::Skipped),
            "--no-sign-in-page" => options = options.sign_in_page(Trial::Skipped),
            "--help" | "-h" => {
                print(HELP);
                return ExitCode::SUCCESS;
            }
            other => {
                eprintln!("`{other}` is no option. The EHR and the rest are variables; --help lists both.");
                return ExitCode::from(2);
            }
        }
    }
    let builder = match store_from_env() {
        Ok(store) => SmartConfig::builder().ehr_from_env().store(store),
        Err(error) => {
            eprintln!("REDIS_URL, SEALING_KEY: {error}");
            return ExitCode::from(2);
        }
    };
    let config = match builder.build() {
        Ok(config) => config,
        Err(error) => {
            show(&Preflight::from(&error), json);
            return ExitCode::from(2);
        }
    };
    let report = config.preflight_with(options).await;
    show(&report, json);
    if report.can_launch() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Redis where it is named, else the memory of this process.
fn store_from_env() -> Result<TokenStore, Box<dyn Error>> {
    let Some(url) = env::var("REDIS_URL").ok().filter(|url| !url.trim().is_empty()) else {
        return Ok(TokenStore::memory());
    };
    let key = env::var("SEALING_KEY").map_err(|_| "SEALING_KEY is missing; make one with `openssl rand -base64 32`")?;
    let store = RedisStore::builder(url)
        .sealing_keys(SealingKeys::parse(&key)?)
        .build()?;
    Ok(TokenStore::new(store))
}

fn show(report: &Preflight, json: bool) {
    if json {
        print(&format!("{:#}", report.to_json()));
        return;
    }
    let colours = if io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none() {
        Colours::Ansi
    } else {
        Colours::None
    };
    print(&report.table(colours).to_string());
}

/// Whoever reads may have seen enough, as `head` has: that is no error.
fn print(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}
