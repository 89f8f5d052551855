//! A configuration is built, or everything that is wrong with it is said at once.

mod build;
mod defaults;
mod env;
mod identity;
mod paths;
mod quirks;
#[cfg(all(feature = "actix", feature = "reqwest"))]
mod sending;
mod slips;
mod values;

use super::{Ehr, EhrBuilder, SmartConfigBuilder, error::ConfigError};
use crate::{
    SmartConfig,
    config::{InvalidReason, ProblemKind},
};

const RSA: &str = include_str!("../../tests/fixtures/keys/rsa2048-pkcs8.pem");
const P384: &str = include_str!("../../tests/fixtures/keys/p384-sec1.pem");

fn ehr() -> EhrBuilder {
    ehr_at("https://ehr.example/fhir/R4")
}

fn ehr_at(base: &str) -> EhrBuilder {
    Ehr::builder(base)
        .client_id("my-app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient patient/*.rs")
}

fn builder() -> SmartConfigBuilder {
    SmartConfig::builder().ehr(ehr())
}

/// Field and reason of each problem.
fn found(error: &ConfigError) -> Vec<(&'static str, ProblemKind)> {
    error
        .problems()
        .iter()
        .map(|problem| (problem.field, problem.kind.clone()))
        .collect()
}

fn refused(builder: SmartConfigBuilder) -> Vec<(&'static str, ProblemKind)> {
    found(&builder.build().unwrap_err())
}

fn invalid(field: &'static str, reason: impl Into<InvalidReason>) -> (&'static str, ProblemKind) {
    (field, ProblemKind::Invalid(reason.into()))
}

const fn missing(field: &'static str) -> (&'static str, ProblemKind) {
    (field, ProblemKind::Missing)
}

/// What `work` gives, and what it logs.
pub(crate) fn logged<T>(work: impl FnOnce() -> T) -> (T, String) {
    #[derive(Clone, Default)]
    struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    // While there is one subscriber only, a line that another thread reaches first is switched off for all.
    static SECOND: std::sync::LazyLock<tracing::Dispatch> =
        std::sync::LazyLock::new(|| tracing::Dispatch::new(tracing_subscriber::registry()));
    std::sync::LazyLock::force(&SECOND);
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let result = tracing::subscriber::with_default(subscriber, work);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    (result, text)
}
