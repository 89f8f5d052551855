//! Whether the application can register itself at an EHR where it is not registered yet, without doing so.

use super::{
    announced, callers,
    check::Check,
    finding::{Finding, Findings},
    options::Trial,
    reach, redirect_uri, scopes,
    subject::Subject,
    trouble::Trouble,
};
use crate::{
    protocol::{http::HttpRequest, metadata::ServerMetadata, urls::EndpointUrl},
    registration::Unregistered,
};

/// How the address of the endpoint is configured.
const SETTING: &str = "the `registration_endpoint` of the EHR's metadata (`ToRegister::endpoint`)";
/// A body that no server can read as the metadata of a client, not even as an empty one.
const NO_METADATA: &str = "preflight";

impl Subject {
    /// Looks at what a registration at first use needs. What needs a client is left out.
    pub(super) async fn look_before_registration(self, unregistered: Unregistered) -> Vec<Finding> {
        let mut findings = Findings::about(self.ehr.key());
        if let Some(redirect_uri) = self.ehr.redirect_url() {
            redirect_uri::look(&self.ehr, redirect_uri, &mut findings);
        }
        let metadata = reach::look(&self.runtime, &self.ehr, &mut findings).await;
        let metadata = metadata.map(|(metadata, _)| metadata);
        if self.ehr.redirect_url().is_some() {
            if let Some(metadata) = &metadata {
                announced::look(&self.ehr, &self.runtime.settings, metadata, &mut findings);
            }
            scopes::look(&self.ehr, metadata.as_ref(), &mut findings);
        }
        callers::look_before_registration(&self.ehr, &mut findings);
        match endpoint(&unregistered, metadata.as_ref(), &mut findings) {
            Some(endpoint) => self.try_endpoint(&endpoint, &unregistered, &mut findings).await,
            None => return findings.into_list(),
        }
        if self.ehr.redirect_url().is_some() {
            findings.not_checked(
                Check::TokenEndpoint,
                "The application is not registered yet, and has no client id to try. Run the preflight again after the first launch.",
            );
        }
        if self.ehr.backend_scopes().is_some() {
            findings.not_checked(
                Check::BackendToken,
                "The application is not registered yet, and has no client to ask for a token with. Run the preflight again when it is.",
            );
        }
        findings.into_list()
    }

    async fn try_endpoint(&self, endpoint: &EndpointUrl, unregistered: &Unregistered, findings: &mut Findings) {
        if self.options.credentials == Trial::Skipped {
            findings.not_checked(
                Check::Registration,
                format!(
                    "The application would register itself at {}. That was not to be tried.",
                    endpoint.as_str()
                ),
            );
            return;
        }
        let body = NO_METADATA.to_owned();
        let timeout = self.runtime.settings.http.request_timeout;
        let mut request = HttpRequest::post_form(endpoint.url().clone(), body, timeout);
        request.headers = vec![
            ("Accept", "application/json".to_owned()),
            ("Content-Type", "application/json".to_owned()),
        ];
        request.addresses = self.ehr.addresses().clone();
        match self.runtime.transport().send(request).await {
            Ok(response) => judge(endpoint, response.status, unregistered, findings),
            Err(error) => {
                let trouble = Trouble::of_transport(error, endpoint.as_str(), SETTING);
                findings.failure(Check::Registration, trouble.found, trouble.cure);
            }
        }
    }
}

/// Where the application would register itself.
fn endpoint(
    unregistered: &Unregistered,
    metadata: Option<&ServerMetadata>,
    findings: &mut Findings,
) -> Option<EndpointUrl> {
    if let Some(own) = &unregistered.endpoint {
        let parsed = EndpointUrl::parse(own);
        if let Err(error) = &parsed {
            findings.failure(
                Check::Registration,
                format!("The registration endpoint cannot be used: {error}."),
                "Correct `ToRegister::endpoint`.",
            );
        }
        return parsed.ok();
    }
    let Some(metadata) = metadata else {
        findings.not_checked(
            Check::Registration,
            "Without the metadata it is not known where to register.",
        );
        return None;
    };
    let published = metadata.registration_endpoint().cloned();
    if published.is_none() {
        findings.failure(
            Check::Registration,
            "The EHR's metadata names no registration endpoint, so that the application cannot register itself.",
            "Ask the EHR's operator for the endpoint and name it (`ToRegister::endpoint`), or have the application registered by hand \
             and give its client id.",
        );
    }
    published
}

/// By how the endpoint answers to what is no registration, without a token.
fn judge(endpoint: &EndpointUrl, status: u16, unregistered: &Unregistered, findings: &mut Findings) {
    match (status, unregistered.has_initial_access_token) {
        (401 | 403, true) => findings.ok(
            Check::Registration,
            "The EHR registers applications that have an initial access token, and one is configured. Whether it is good only the \
             registration shows.",
        ),
        (401 | 403, false) => findings.failure(
            Check::Registration,
            format!("The EHR wants an initial access token (status {status}), and none is configured."),
            "Get one from the EHR's operator and give it with `ToRegister::initial_access_token`.",
        ),
        (404 | 405, _) => findings.failure(
            Check::Registration,
            format!("Nothing takes registrations at {} (status {status}).", endpoint.as_str()),
            "Ask the EHR's operator for the registration endpoint and name it (`ToRegister::endpoint`).",
        ),
        (200..=299, _) => findings.warning(
            Check::Registration,
            format!(
                "{} answers with status {status} to what is no registration. If that is the registration endpoint, it takes anything and may have \
                 made a client just now, whose id is not known here.",
                endpoint.as_str()
            ),
            "Ask the EHR's operator whether this is the registration endpoint, and to look there for a client that was registered just now \
             without a name, and to delete it.",
        ),
        (400..=499, _) => findings.ok(
            Check::Registration,
            format!(
                "The EHR has a registration endpoint. It refuses what is no registration, and asks for no token (status {status}); whether \
                 it takes the application only the registration shows."
            ),
        ),
        _ => findings.warning(
            Check::Registration,
            format!(
                "{} answers with status {status} to what is no registration, which says nothing certain.",
                endpoint.as_str()
            ),
            "Ask the EHR's operator whether this is the registration endpoint, and what its log says.",
        ),
    }
}
