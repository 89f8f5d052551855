//! Looks whether an application can be launched, before anybody tries.
//!
//! ```text
//! cargo run --example preflight
//! ```
//!
//! with the environment variables of the application. `--help` lists them. Exit status: 0 when nothing that was looked at fails,
//! 1 when something does, 2 for wrong arguments and for a configuration that is not complete.
use std::{
    env,
    error::Error,
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use actix_smart_auth::{
    EhrBuilder, SmartConfig, SmartConfigBuilder,
    preflight::{Check, Colours, Preflight, PreflightOptions, Status, Trial},
    resource_server::CallerTokens,
    store::{PostgresStore, RedisStore, SealingKeys, TokenStore},
};
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;
use url::Url;

const HELP: &str = "\
Looks whether an application can be launched from an EHR, and says what to do where it cannot.

usage: cargo run --example preflight -- [--json] [--no-token-request] [--no-sign-in-page]
                                        [--caller-audience AUDIENCE]

  --json               the report for a program
  --no-token-request   does not try the credentials; else one code that cannot exist is sent
                       to the EHR's token endpoint, which logs it
  --no-sign-in-page    does not ask for the EHR's sign-in page; else it is asked for as a browser
                       asks, and nobody signs in
  --caller-audience AUDIENCE
                       looks too whether the EHR tells this client about the tokens with which
                       others call it (EhrBuilder::caller_tokens), and which are for AUDIENCE:
                       a URI, or the name by which the EHR knows the application
  --help               prints this

variables, the same as those of the application
  FHIR_BASE_URL, SMART_CLIENT_ID, SMART_REDIRECT_URI, SMART_SCOPES, SMART_BACKEND_SCOPES,
  SMART_CLIENT_SECRET, or SMART_PRIVATE_KEY_PATH, SMART_KEY_ID and SMART_JWKS_URI
  REDIS_URL or POSTGRES_URL, and SEALING_KEY
                           where launches are kept in Redis or PostgreSQL
  RUST_LOG                 how much is logged, to the standard error; nothing by default
  NO_COLOR                 no colours in a terminal; in a file or a pipe there are none

exit status
  0   nothing fails of what is configured: launches, tokens of the application itself,
      callers' tokens; there may be warnings
  1   something fails
  2   a configuration that is not complete: the report lists what is missing;
      or wrong arguments or settings of the store: a line on the standard error, and with --json
      a report that has it";

const JSON: &str = "--json";
const CALLER_AUDIENCE: &str = "--caller-audience";

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
    let arguments: Vec<String> = env::args_os().skip(1).map(text).collect();
    let (options, caller_audience, json) = match asked(arguments.iter().cloned()) {
        Ok(Asked::Report {
            options,
            caller_audience,
            json,
        }) => (options, caller_audience, json),
        Ok(Asked::Help) => {
            print(HELP);
            return ExitCode::SUCCESS;
        }
        Err(why) => return no_report(&why, "See --help.", arguments.iter().any(|argument| argument == JSON)),
    };
    let store = match store_from_env(|name| env::var_os(name).map(text)) {
        Ok(store) => store,
        Err(error) => {
            let why = format!("REDIS_URL, POSTGRES_URL, SEALING_KEY: {error}");
            return no_report(&why, "Correct these variables, or unset them.", json);
        }
    };
    let mut ehr = EhrBuilder::from_env();
    if let Some(audience) = caller_audience {
        ehr = ehr.caller_tokens(CallerTokens::new().audience(audience));
    }
    let (report, status) = look(SmartConfig::builder().ehr(ehr).store(store), options).await;
    if json {
        print(&format!("{:#}", report.to_json()));
    } else {
        let colours = colours(io::stdout().is_terminal(), env::var_os("NO_COLOR").is_some());
        print(&report.table(colours).to_string());
    }
    ExitCode::from(status)
}

/// The ending of a run that looks at nothing.
fn no_report(why: &str, cure: &str, json: bool) -> ExitCode {
    eprintln!("{why}");
    if json {
        print(&format!("{:#}", json_without_report(why, cure)));
    }
    ExitCode::from(INCOMPLETE)
}

/// As `Preflight::to_json`, so that a program reads one thing however it ends.
fn json_without_report(why: &str, cure: &str) -> Value {
    json!({
        "can_launch": false,
        "registrations": [],
        "findings": [{ "ehr": null, "check": Check::Configuration, "status": Status::Failure, "found": why, "cure": cure }],
    })
}

/// What is no text is refused as what it looks like: left out, nobody would be told of it.
fn text(value: OsString) -> String {
    value.to_string_lossy().into_owned()
}

enum Asked {
    Help,
    Report {
        options: PreflightOptions,
        caller_audience: Option<String>,
        json: bool,
    },
}

fn asked(arguments: impl IntoIterator<Item = String>) -> Result<Asked, String> {
    let mut options = PreflightOptions::default();
    let (mut caller_audience, mut json) = (None, false);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            JSON => json = true,
            "--no-token-request" => options = options.credentials(Trial::Skipped),
            "--no-sign-in-page" => options = options.sign_in_page(Trial::Skipped),
            CALLER_AUDIENCE => {
                let audience = arguments.next().filter(|audience| is_audience(audience));
                let audience = audience.ok_or(format!(
                    "`{CALLER_AUDIENCE}` wants a URI, such as https://app.example/api, or a name without blanks, colons and slashes."
                ))?;
                if caller_audience.replace(audience).is_some() {
                    return Err(format!(
                        "`{CALLER_AUDIENCE}` is given twice; a registration has one audience."
                    ));
                }
            }
            "--help" | "-h" => return Ok(Asked::Help),
            other => {
                return Err(format!(
                    "`{other}` is no option. The EHR and the rest are variables; --help lists both."
                ));
            }
        }
    }
    Ok(Asked::Report {
        options,
        caller_audience,
        json,
    })
}

/// Whether a token can be for that: `aud` is a text, and a URI where there is a colon in it (RFC 7519, section 2). What has a slash and
/// is no URI is one whose beginning was forgotten.
fn is_audience(text: &str) -> bool {
    let is_name = !text.is_empty() && !text.contains([':', '/']);
    let has_blanks = text.contains(char::is_whitespace);
    !text.starts_with('-') && !has_blanks && (is_name || Url::parse(text).is_ok())
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

/// Redis or PostgreSQL where it is named, else the memory of this process.
fn store_from_env(variable: impl Fn(&str) -> Option<String>) -> Result<TokenStore, Box<dyn Error>> {
    let url = |name| variable(name).filter(|url| !url.trim().is_empty());
    let (redis, postgres) = (url("REDIS_URL"), url("POSTGRES_URL"));
    if redis.is_none() && postgres.is_none() {
        return Ok(TokenStore::memory());
    }
    let key = variable("SEALING_KEY").ok_or("SEALING_KEY is missing; make one with `openssl rand -base64 32`")?;
    let keys = SealingKeys::parse(&key)?;
    match (redis, postgres) {
        (Some(_), Some(_)) => Err("launches are in one place: unset one of REDIS_URL and POSTGRES_URL".into()),
        (_, Some(url)) => Ok(TokenStore::new(PostgresStore::builder(url).sealing_keys(keys).build()?)),
        (redis, None) => {
            let store = RedisStore::builder(redis.unwrap_or_default()).sealing_keys(keys);
            Ok(TokenStore::new(store.build()?))
        }
    }
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

    #[cfg(unix)]
    #[test]
    fn what_is_no_text_is_refused_and_not_left_out() {
        use std::os::unix::ffi::OsStringExt as _;
        let no_text = || text(OsString::from_vec(b"redis://\xff".to_vec()));
        assert!(asked(["--json".to_owned(), no_text()]).is_err());
        // Without a sealing key a Redis server is an error, where it is named at all.
        assert!(store_from_env(|name| (name == "REDIS_URL").then(no_text)).is_err());
    }

    #[test]
    fn options_are_taken_and_the_help_names_each() {
        let skipped = PreflightOptions::default()
            .credentials(Trial::Skipped)
            .sign_in_page(Trial::Skipped);
        let Ok(Asked::Report {
            options,
            caller_audience,
            json,
        }) = asked_with(&["--no-token-request", "--no-sign-in-page"])
        else {
            panic!("refused");
        };
        assert_eq!((options, caller_audience, json), (skipped, None, false));
        let audience = "https://app.example/api";
        assert!(matches!(
            asked_with(&[CALLER_AUDIENCE, audience, JSON]),
            Ok(Asked::Report { caller_audience: Some(named), json: true, .. }) if named == audience
        ));
        for without_audience in [&[CALLER_AUDIENCE] as &[&str], &[CALLER_AUDIENCE, JSON]] {
            assert!(asked_with(without_audience).is_err_and(|why| why.contains(CALLER_AUDIENCE)));
        }
        assert!(HELP.contains(CALLER_AUDIENCE));
        assert!(matches!(asked_with(&["--json"]), Ok(Asked::Report { json: true, .. })));
        for option in ["--json", "--no-token-request", "--no-sign-in-page", "--help"] {
            assert!(asked_with(&[option]).is_ok() && HELP.contains(option), "{option}");
        }
        assert!(matches!(asked_with(&["--json", "-h"]), Ok(Asked::Help)));
    }

    #[test]
    fn an_audience_is_a_uri_or_a_name_and_there_is_one() {
        for audience in ["https://app.example/api", "urn:app", "api://0f5c", "our-api", "0f5c-11"] {
            let taken = asked_with(&[CALLER_AUDIENCE, audience]);
            assert!(matches!(taken, Ok(Asked::Report { caller_audience: Some(named), .. }) if named == audience));
        }
        for wrong in [
            "",
            " ",
            "-x",
            "app.example/api",
            "//app.example",
            "https:// app",
            "our api",
            "a:/\n",
            ":x",
        ] {
            let why = asked_with(&[CALLER_AUDIENCE, wrong]).err();
            assert!(why.is_some_and(|why| why.contains("wants a URI")), "{wrong:?}");
        }
        let twice = asked_with(&[CALLER_AUDIENCE, "urn:one", CALLER_AUDIENCE, "urn:two"]).err();
        assert!(twice.is_some_and(|why| why.contains("given twice")));
        assert!(asked_with(&["--json", "--json", "--no-sign-in-page", "--no-sign-in-page"]).is_ok());
    }

    /// Which members an object has, and those of the first of its findings.
    fn members(report: &Value) -> Vec<Vec<String>> {
        let of = |value: &Value| value.as_object().unwrap().keys().cloned().collect();
        vec![of(report), of(&report["findings"][0])]
    }

    #[test]
    fn without_a_report_a_program_reads_the_members_of_one() {
        let why = store_from_env(|name| (name == "REDIS_URL").then(|| "redis://127.0.0.1".to_owned()));
        let Err(why) = why else { panic!("without a sealing key") };
        let written = json_without_report(&why.to_string(), "Correct it.");
        let report = Preflight::from(&SmartConfig::builder().build().unwrap_err()).to_json();
        assert_eq!(members(&written), members(&report));
        for member in ["can_launch", "registrations"] {
            assert_eq!(written[member], report[member]);
        }
        for member in ["ehr", "check", "status"] {
            assert_eq!(written["findings"][0][member], report["findings"][0][member]);
        }
        assert!(
            written["findings"][0]["found"]
                .as_str()
                .unwrap()
                .contains("SEALING_KEY"),
            "{written}"
        );
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
