//! The certificate store of the operating system. Which one that is, an environment variable says, and a test cannot change
//! the environment of its own process; so each runs itself once more.

use std::{env, process::Command};

use super::*;
use crate::{
    Ehr, SmartConfig,
    config::{ConfigError, InvalidReason, ProblemKind},
    transport::{Roots, loopback::block_on},
};

/// Set in the second run: the port of the server, whose certificate only the fixtures' root vouches for.
const PORT: &str = "SMART_TEST_SYSTEM_ROOTS_PORT";

/// Runs the test of that name again, with that file for the system's store.
fn run_again(name: &str, store: &str, port: u16) {
    let output = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            &format!("transport::shipped::tests::system_roots::{name}"),
            "--nocapture",
        ])
        .env("SSL_CERT_FILE", store)
        .env_remove("SSL_CERT_DIR")
        .env(PORT, port.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn config(http: HttpClient, roots: Roots) -> Result<SmartConfig, ConfigError> {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    SmartConfig::builder()
        .ehr(ehr)
        .http_client(http)
        .root_certificates(roots)
        .build()
}

#[test]
fn the_store_of_the_system_is_trusted_where_that_is_wanted_and_nowhere_else() {
    let Ok(port) = env::var(PORT) else {
        let server = Loopback::start_tls("server.pem", serve);
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/root.pem");
        return run_again(
            "the_store_of_the_system_is_trusted_where_that_is_wanted_and_nowhere_else",
            root,
            server.port,
        );
    };
    let url: url::Url = format!("https://localhost:{port}/").parse().unwrap();
    for http in CLIENTS {
        for (roots, expected) in [
            (Roots::BuiltIn, Err(TransportError::Tls)),
            (Roots::BuiltInAndSystem, Ok(200)),
            (Roots::System, Ok(200)),
        ] {
            let config = config(*http, roots).unwrap();
            let request = HttpRequest::get(url.clone(), Duration::from_secs(5));
            let answer = block_on(config.runtime().transport().send(request));
            assert_eq!(answer.map(|answer| answer.status), expected, "{http:?} {roots:?}");
        }
    }
}

#[test]
fn a_system_without_certificates_is_said_when_the_configuration_is_built() {
    if env::var(PORT).is_err() {
        let not_one = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/README.md");
        return run_again(
            "a_system_without_certificates_is_said_when_the_configuration_is_built",
            not_one,
            0,
        );
    }
    for http in CLIENTS {
        assert!(config(*http, Roots::BuiltIn).is_ok());
        for roots in [Roots::BuiltInAndSystem, Roots::System] {
            let error = config(*http, roots).unwrap_err();
            let [problem] = error.problems() else { panic!("{error}") };
            assert_eq!(problem.field, "root_certificates");
            assert_eq!(problem.kind, ProblemKind::Invalid(InvalidReason::NoSystemRoots));
        }
    }
}

/// Where the built-in roots are switched off, they are off.
#[test]
fn the_store_of_the_system_alone_means_that_the_built_in_roots_are_not_trusted() {
    let count = |roots| {
        let settings = TransportSettings { roots, ..trusting() };
        crate::transport::shipped::tls::trusted(&settings).len()
    };
    assert_eq!(count(Roots::System), 1, "the extra one");
    assert!(count(Roots::BuiltIn) > 50);
    assert_eq!(count(Roots::BuiltIn), count(Roots::BuiltInAndSystem));
}
