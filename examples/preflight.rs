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
    SmartConfig, SmartConfigBuilder,
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

/// The exit status of wrong arguments and of a configuration that is not complete.
const INCOMPLETE: u8 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let (options, json) = match asked(env::args().skip(1)) {
        Ok(Asked::Report { options, json }) => (options, json),
        Ok(Asked::Help) => {
            print(HELP);
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(INCOMPLETE);
        }
    };
    let store = match store_from_env() {
        Ok(store) => store,
        Err(error) => {
            eprintln!("REDIS_URL, SEALING_KEY: {error}");
            return ExitCode::from(INCOMPLETE);
        }
    };
    let (report, status) = look(SmartConfig::builder().ehr_from_env().store(store), options).await;
    if json {
        print(&format!("{:#}", report.to_json()));
    } else {
        let colours = colours(io::stdout().is_terminal(), env::var_os("NO_COLOR").is_some());
        print(&report.table(colours).to_string());
    }
    ExitCode::from(status)
}

enum Asked {
    Help,
    Report { options: PreflightOptions, json: bool },
}

fn asked(arguments: impl IntoIterator<Item = String>) -> Result<Asked, String> {
    let mut options = PreflightOptions::default();
    let mut json = false;
    for argument in arguments {
        match argument.as_str() {
            "--json" => json = true,
            "--no-token-request" => options = options.credentials(Trial::Skipped),
            "--no-sign-in-page" => options = options.sign_in_page(Trial::Skipped),
            "--help" | "-h" => return Ok(Asked::Help),
            other => {
                return Err(format!(
                    "`{other}` is no option. The EHR and the rest are variables; --help lists both."
                ));
            }
        }
    }
    Ok(Asked::Report { options, json })
}

/// The report and the exit status.
async fn look(builder: SmartConfigBuilder, options: PreflightOptions) -> (Preflight, u8) {
    let config = match builder.build() {
        Ok(config) => config,
        Err(error) => return (Preflight::from(&error), INCOMPLETE),
    };
    let report = config.preflight_with(options).await;
    let status = if report.can_launch() { 0 } else { 1 };
    (report, status)
}

const fn colours(is_terminal: bool, no_color: bool) -> Colours {
    if is_terminal && !no_color {
        Colours::Ansi
    } else {
        Colours::None
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

/// Whoever reads may have seen enough, as `head` has: that is no error.
fn print(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

#[cfg(test)]
mod tests {
    use actix_smart_auth::{
        Ehr,
        sandbox::{SandboxClient, SandboxServer},
    };

    use super::*;

    fn asked_with(arguments: &[&str]) -> Result<Asked, String> {
        asked(arguments.iter().map(|&argument| argument.to_owned()))
    }

    async fn status_at(fhir_base_url: &str) -> u8 {
        let redirect_uri = "http://127.0.0.1:8080/auth/callback";
        let ehr = Ehr::builder(fhir_base_url)
            .client_id("my-app")
            .redirect_uri(redirect_uri)
            .scopes("launch/patient patient/*.rs");
        look(SmartConfig::builder().ehr(ehr), PreflightOptions::default())
            .await
            .1
    }

    #[test]
    fn an_argument_that_is_no_option_is_named() {
        for wrong in ["--nonsense", "https://ehr.example/fhir", "--json=1", ""] {
            let Err(why) = asked_with(&["--json", wrong]) else {
                panic!("{wrong} was taken");
            };
            assert!(why.starts_with(&format!("`{wrong}` ")), "{why}");
        }
    }

    #[test]
    fn options_are_taken_and_the_help_names_each() {
        let skipped = PreflightOptions::default()
            .credentials(Trial::Skipped)
            .sign_in_page(Trial::Skipped);
        let Ok(Asked::Report { options, json }) = asked_with(&["--no-token-request", "--no-sign-in-page"]) else {
            panic!("refused");
        };
        assert_eq!((options, json), (skipped, false));
        assert!(matches!(asked_with(&["--json"]), Ok(Asked::Report { json: true, .. })));
        for option in ["--json", "--no-token-request", "--no-sign-in-page", "--help"] {
            assert!(asked_with(&[option]).is_ok() && HELP.contains(option), "{option}");
        }
        assert!(matches!(asked_with(&["--json", "-h"]), Ok(Asked::Help)));
    }

    #[test]
    fn colours_are_for_a_terminal_alone() {
        assert_eq!(colours(true, false), Colours::Ansi);
        for (is_terminal, no_color) in [(true, true), (false, false), (false, true)] {
            assert_eq!(colours(is_terminal, no_color), Colours::None);
        }
    }

    #[tokio::test]
    async fn the_exit_status_is_0_where_a_launch_can_work_1_where_it_cannot_and_2_without_a_configuration() {
        let sandbox = SandboxServer::start().unwrap();
        sandbox.register(SandboxClient::public("my-app", "http://127.0.0.1:8080/auth/callback"));
        assert_eq!(status_at(&sandbox.fhir_base_url()).await, 0);
        assert_eq!(status_at(&format!("{}/wrong", sandbox.fhir_base_url())).await, 1);
        assert_eq!(status_at("").await, INCOMPLETE);
    }
}
