//! Whether an EHR answers at the FHIR base URL: address, TLS, redirects, clock.

use url::Url;

use super::{
    check::Check,
    finding::Findings,
    tls,
    trouble::{Trouble, sentence, server_of},
};
use crate::{
    config::Ehr,
    protocol::{
        metadata::{MetadataError, ServerMetadata},
        transport_error::TransportError,
        urls::FhirBaseUrl,
    },
    runtime::{
        Runtime,
        clocks::Clocks,
        discovery::{DiscoveryError, DocumentRequest, RedirectProblem},
    },
    store::CredentialKind,
    transport::tls_look::TlsLook,
};

/// How the address of an EHR is configured.
const SETTING: &str = "FHIR_BASE_URL (`Ehr::builder`)";

/// How many segments of a path are taken off in search of the metadata.
const SEGMENTS: usize = 3;

/// Fetches the metadata, and says what the way there was like. `None` when there is none.
pub(super) async fn look(runtime: &Runtime, ehr: &Ehr, findings: &mut Findings) -> Option<(ServerMetadata, Clocks)> {
    match runtime.current_metadata_of(ehr).await {
        Ok(current) => {
            findings.ok(Check::FhirBaseUrl, "SMART metadata is there.");
            say_tls(ehr.fhir_base_url().url(), findings);
            let clocks = Clocks::of_date(current.date.as_deref(), runtime.wall_clock());
            say_clocks(ehr, clocks, findings);
            Some((current.document, clocks))
        }
        Err(error) => {
            say_error(runtime, ehr, error, findings).await;
            None
        }
    }
}

fn say_tls(url: &Url, findings: &mut Findings) {
    if url.scheme() == "https" {
        findings.ok(
            Check::Tls,
            "The certificate is for this host and of an authority that is trusted here.",
        );
    } else {
        findings.ok(Check::Tls, "Plain http, which is allowed for this machine only.");
    }
}

fn say_clocks(ehr: &Ehr, clocks: Clocks, findings: &mut Findings) {
    let Some(difference) = clocks.difference() else {
        match clocks {
            Clocks::Unknown => findings.not_checked(
                Check::Clock,
                "The EHR's answer does not say what time it is there (`Date`).",
            ),
            _ => findings.ok(Check::Clock, "The EHR's clock agrees with this machine's."),
        }
        return;
    };
    let found = sentence(&difference);
    let cure = "Set this machine's clock by NTP; if it is right, ask the EHR's administrators about theirs.";
    let tolerated = ehr.quirks().tolerated_clock_difference();
    let depends = ehr.client().credentials == CredentialKind::PrivateKey || ehr.scopes().contains("openid");
    if depends && clocks.apart() > tolerated {
        findings.failure(
            Check::Clock,
            format!("{found} Assertions and id tokens are good for minutes, so that they are refused."),
            cure,
        );
    } else {
        findings.warning(Check::Clock, found, cure);
    }
}

async fn say_error(runtime: &Runtime, ehr: &Ehr, error: DiscoveryError, findings: &mut Findings) {
    match error {
        DiscoveryError::Transport { endpoint, source } => {
            say_no_answer(runtime, ehr, &endpoint, source, findings).await
        }
        DiscoveryError::Redirect {
            endpoint,
            problem,
            configure,
            ..
        } => say_redirect(&endpoint, problem, &configure, findings),
        DiscoveryError::Status { endpoint, status, .. } => {
            let trouble = match status {
                429 => Trouble::new(
                    format!("{endpoint} answers with status 429: it is asked too often."),
                    "Wait some minutes and try again.",
                ),
                500..=599 => Trouble::new(
                    format!("{endpoint} answers with status {status}: the server has a problem of its own."),
                    "Try again later. If it stays, ask the EHR's administrators.",
                ),
                _ => {
                    wrong_address(
                        runtime,
                        ehr,
                        format!("{endpoint} answers with status {status}, not with metadata."),
                    )
                    .await
                }
            };
            findings.failure(Check::FhirBaseUrl, trouble.found, trouble.cure);
        }
        DiscoveryError::Document {
            endpoint,
            source: source @ MetadataError::Endpoint { .. },
        } => findings.failure(
            Check::Metadata,
            format!("The metadata at {endpoint} cannot be used: {source}."),
            "Ask the EHR's administrators to mend it, or configure the endpoints by hand (`EhrBuilder::endpoints`).",
        ),
        DiscoveryError::Document { endpoint, source } => {
            let trouble = wrong_address(runtime, ehr, format!("{endpoint} is no metadata: {source}.")).await;
            findings.failure(Check::FhirBaseUrl, trouble.found, trouble.cure);
        }
        other => findings.failure(
            Check::FhirBaseUrl,
            format!("The metadata cannot be fetched: {other}."),
            format!("Check {SETTING}."),
        ),
    }
}

async fn say_no_answer(runtime: &Runtime, ehr: &Ehr, endpoint: &str, error: TransportError, findings: &mut Findings) {
    let trouble = Trouble::of_transport(error, endpoint, SETTING);
    let url = ehr.fhir_base_url().url();
    let is_plain = url.scheme() == "http";
    match error {
        TransportError::Tls => {
            let seen = runtime.engine.look_at_tls(url, ehr.addresses()).await;
            let trouble = tls::trouble(seen, url, SETTING).unwrap_or(trouble);
            findings.failure(Check::Tls, trouble.found, trouble.cure);
        }
        // Connecting has one limit for TCP and TLS.
        TransportError::ConnectTimeout if !is_plain => {
            let seen = runtime.engine.look_at_tls(url, ehr.addresses()).await;
            let (check, trouble) = match tls::trouble(seen, url, SETTING) {
                Some(trouble) => (Check::Tls, trouble),
                None => (Check::FhirBaseUrl, trouble),
            };
            findings.failure(check, trouble.found, trouble.cure);
        }
        TransportError::Disconnected if is_plain && speaks_tls(runtime, ehr).await => findings.failure(
            Check::Tls,
            format!("{} speaks TLS, and it is asked in plain http.", server_of(endpoint)),
            format!("Write https:// in place of http:// in {SETTING}."),
        ),
        _ => findings.failure(Check::FhirBaseUrl, trouble.found, trouble.cure),
    }
}

async fn speaks_tls(runtime: &Runtime, ehr: &Ehr) -> bool {
    let seen = runtime
        .engine
        .look_at_tls(ehr.fhir_base_url().url(), ehr.addresses())
        .await;
    !matches!(seen, TlsLook::NoTls | TlsLook::NotSeen | TlsLook::Silent)
}

fn say_redirect(endpoint: &str, problem: RedirectProblem, configure: &str, findings: &mut Findings) {
    let cure = match problem {
        RedirectProblem::Insecure => format!(
            "Ask the EHR's administrators for the https address. It may be {configure}: if they confirm it, write that in {SETTING}."
        ),
        RedirectProblem::Elsewhere => {
            format!("If the EHR's documentation names that server, write {configure} in {SETTING}.")
        }
        RedirectProblem::TooMany | RedirectProblem::Unusable => {
            format!("Open the address in a browser, see where it ends, and write that base URL in {SETTING}.")
        }
    };
    findings.failure(Check::Redirect, format!("{endpoint} {problem}."), cure);
}

/// Something answers, and it is no SMART metadata. A path too many is what people write most often, so that shorter ones on the
/// same server are tried.
async fn wrong_address(runtime: &Runtime, ehr: &Ehr, found: String) -> Trouble {
    let mut cure = format!(
        "Compare {SETTING} with the EHR's documentation: it is the address of the FHIR server, without the name of a resource and \
         with neither a path too many nor one too few."
    );
    for shorter in shorter(ehr.fhir_base_url()) {
        let wanted = DocumentRequest::metadata_of(&shorter).reaching(ehr.addresses().clone());
        if runtime.current(&wanted).await.is_ok() {
            cure = format!("Write {} in {SETTING}: SMART metadata is there.", shorter.as_str());
            break;
        }
    }
    Trouble { found, cure }
}

/// The same address with fewer segments in its path.
fn shorter(base: &FhirBaseUrl) -> impl Iterator<Item = FhirBaseUrl> {
    let mut text = base.as_str().trim_end_matches('/').to_owned();
    let origin = base.url().origin().ascii_serialization().len();
    std::iter::from_fn(move || {
        let cut = text.rfind('/').filter(|cut| *cut >= origin)?;
        text.truncate(cut);
        FhirBaseUrl::parse(&text).ok()
    })
    .take(SEGMENTS)
}
