//! Any number of EHRs in this process: what they answer costs next to nothing, and no socket is between.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_smart_auth::{
    ClientAuth, Ehr, EhrBuilder, SmartConfigBuilder,
    resolver::{EhrResolver, FhirBaseUrl, ResolveFuture},
    transport::{AddressEnforcement, HttpRequest, HttpResponse, HttpTransport, Method, TransportFuture},
};

use crate::ehr_process::{CLIENT_ID, REDIRECT_URI};

/// How all of them answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answers {
    /// How many scopes are granted.
    pub(crate) scopes: usize,
    /// The characters of an access token.
    pub(crate) token: usize,
}

/// The FHIR base URL of an EHR.
pub(crate) fn base_url(number: usize) -> String {
    format!("https://ehr-{number}.example/fhir/r4")
}

/// How the application is registered there.
pub(crate) fn registration(fhir_base_url: &str, answers: Answers) -> EhrBuilder {
    Ehr::builder(fhir_base_url)
        .client_id(CLIENT_ID)
        .client_auth(ClientAuth::public())
        .redirect_uri(REDIRECT_URI)
        .scopes(scopes(answers.scopes))
}

/// A configuration whose requests these EHRs answer.
pub(crate) fn reaching(config: SmartConfigBuilder, answers: Answers) -> SmartConfigBuilder {
    config.transport(InProcess(answers))
}

fn scopes(number: usize) -> String {
    let resources = (3..number).map(|number| format!(" patient/Resource{number}.rs"));
    format!(
        "launch offline_access patient/Patient.rs{}",
        resources.collect::<String>()
    )
}

#[derive(Debug)]
struct InProcess(Answers);

impl HttpTransport for InProcess {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        let origin = request.url.origin().ascii_serialization();
        let body = match request.method {
            Method::Get if !request.url.path().contains("/.well-known/") => {
                r#"{"resourceType":"Patient","id":"87a339d0-8cae-418e-89c7-8651e6aab3c6"}"#.to_owned()
            }
            Method::Get => format!(
                r#"{{"issuer":"{origin}","authorization_endpoint":"{origin}/authorize","token_endpoint":"{origin}/token",
                "jwks_uri":"{origin}/jwks","code_challenge_methods_supported":["S256"],
                "grant_types_supported":["authorization_code"],"capabilities":["launch-ehr","client-public","permission-v2"]}}"#
            ),
            _ => format!(
                r#"{{"access_token":"{}","token_type":"Bearer","expires_in":36000,"refresh_token":"{}","scope":"{}",
                "patient":"87a339d0-8cae-418e-89c7-8651e6aab3c6","need_patient_banner":false}}"#,
                "x".repeat(self.0.token),
                "r".repeat(43),
                scopes(self.0.scopes),
            ),
        };
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Box::pin(async move { Ok(HttpResponse::new(200, headers, body.into_bytes())) })
    }

    /// It connects to no address at all.
    fn addresses(&self) -> AddressEnforcement {
        AddressEnforcement::Enforced
    }
}

/// Has the registrations of all EHRs, as a table in memory would: what asking costs beside that is the crate's.
#[derive(Debug, Clone)]
pub(crate) struct Registry {
    pub(crate) answers: Answers,
    /// How often it was asked.
    pub(crate) asked: Arc<AtomicUsize>,
}

impl EhrResolver for Registry {
    fn resolve<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<EhrBuilder>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move { Ok(Some(registration(asked.as_str(), self.answers))) })
    }
}
