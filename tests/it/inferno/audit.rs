//! The assertions, each with the id that it has in the list of Inferno's checks.

use std::collections::{BTreeMap, BTreeSet};

use actix_smart_auth::sandbox::{Endpoint, ReceivedRequest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// To whom an assertion applies.
#[derive(Debug, Clone, Copy)]
pub enum Ids {
    Everybody,
    Asymmetric,
    Symmetric,
    Public,
    BackendServices,
}

/// Every assertion about authorization, token and refresh requests and client authentication.
pub const IDS: [(&str, Ids); 32] = [
    ("AZ-1", Ids::Everybody),
    ("AZ-2", Ids::Everybody),
    ("AZ-3", Ids::Everybody),
    ("AZ-4", Ids::Everybody),
    ("AZ-5", Ids::Everybody),
    ("AZ-6", Ids::Everybody),
    ("AZ-7", Ids::Everybody),
    ("AZ-8", Ids::Everybody),
    ("AZ-9", Ids::Everybody),
    ("AZ-10", Ids::Everybody),
    ("TK-1", Ids::Everybody),
    ("TK-2", Ids::Asymmetric),
    ("TK-3", Ids::BackendServices),
    ("TK-4", Ids::Public),
    ("TK-5", Ids::Everybody),
    ("TK-6", Ids::Everybody),
    ("TK-7", Ids::Everybody),
    ("TK-8", Ids::Everybody),
    ("RF-0", Ids::BackendServices),
    ("RF-1", Ids::Everybody),
    ("RF-2", Ids::Asymmetric),
    ("RF-3", Ids::Everybody),
    ("JW-1", Ids::Asymmetric),
    ("JW-2", Ids::Asymmetric),
    ("JW-3", Ids::Asymmetric),
    ("JW-4", Ids::Asymmetric),
    ("JW-5", Ids::Asymmetric),
    ("JW-6", Ids::Asymmetric),
    ("JW-7", Ids::Asymmetric),
    ("JW-8", Ids::Asymmetric),
    ("JW-9", Ids::Asymmetric),
    ("BA-1", Ids::Symmetric),
];

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the EHR knows about the client.
pub struct Registration {
    pub client_id: String,
    pub redirect_uris: Vec<String>,
    pub fhir_base_url: String,
    pub token_url: String,
    pub authentication: Authentication,
}

impl Registration {
    /// Whether it is the application itself, without users.
    fn is_backend(&self) -> bool {
        self.redirect_uris.is_empty()
    }
}

pub enum Authentication {
    Public,
    /// The secret.
    Symmetric(String),
    /// The keys that the application serves.
    Asymmetric(JwkSet),
}

/// What the EHR gave out.
#[derive(Default)]
pub struct Seen {
    /// The values of launch links.
    pub launches: Vec<String>,
    /// Each code, with the state beside which it was sent.
    pub codes: BTreeMap<String, String>,
    pub refresh_tokens: BTreeSet<String>,
}

pub type Finding = (&'static str, Result<(), String>);

/// What an assertion can be about, whichever server recorded it.
pub struct Request {
    pub is_for: Endpoint,
    /// Of the query, or of the form that was posted.
    pub parameters: Vec<(String, String)>,
    /// The `Authorization` header; empty when there is none.
    pub authorization: String,
}

impl From<&ReceivedRequest> for Request {
    fn from(request: &ReceivedRequest) -> Self {
        Self {
            is_for: request.endpoint,
            parameters: match request.method.as_str() {
                "POST" => request.form(),
                _ => request.query.clone(),
            },
            authorization: request.header("authorization").unwrap_or_default().to_owned(),
        }
    }
}

/// Checks all authorization and token requests.
pub fn audit<R: Into<Request>>(
    requests: impl IntoIterator<Item = R>,
    registration: &Registration,
    seen: &Seen,
) -> Vec<Finding> {
    let mut auditor = Auditor {
        registration,
        seen,
        authorizations: Vec::new(),
        jtis: BTreeSet::new(),
        findings: Vec::new(),
    };
    for request in requests {
        let Request {
            is_for,
            parameters,
            authorization,
        } = request.into();
        let parameters = Parameters(parameters);
        match is_for {
            Endpoint::Authorize => auditor.authorization(parameters),
            Endpoint::Token if registration.is_backend() => auditor.backend(&parameters, &authorization),
            Endpoint::Token if parameters.first("grant_type") == Some("refresh_token") => {
                auditor.refresh(&parameters, &authorization);
            }
            Endpoint::Token => auditor.exchange(&parameters, &authorization),
            _ => {}
        }
    }
    auditor.findings
}

struct Auditor<'a> {
    registration: &'a Registration,
    seen: &'a Seen,
    authorizations: Vec<Parameters>,
    jtis: BTreeSet<String>,
    findings: Vec<Finding>,
}

/// Name and value pairs. A repeated one counts as absent: it cannot be equal to anything.
#[derive(Clone)]
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn get(&self, name: &str) -> Option<&str> {
        let mut values = self
            .0
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    }

    /// The first value, also of a repeated one.
    fn first(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value)
    }

    fn is_there(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

impl Auditor<'_> {
    fn note(&mut self, id: &'static str, holds: bool, found: impl std::fmt::Debug) {
        let result = if holds { Ok(()) } else { Err(format!("found {found:?}")) };
        self.findings.push((id, result));
    }

    fn authorization(&mut self, parameters: Parameters) {
        let registration = self.registration;
        let get = |name: &str| parameters.get(name);
        let there = |name: &str| get(name).is_some_and(|value| !value.trim().is_empty());
        self.note("AZ-1", get("response_type") == Some("code"), get("response_type"));
        self.note(
            "AZ-2",
            get("client_id") == Some(&registration.client_id),
            get("client_id"),
        );
        self.note("AZ-3", parameters.is_there("redirect_uri"), ());
        let known = get("redirect_uri").is_some_and(|uri| registration.redirect_uris.iter().any(|known| known == uri));
        self.note("AZ-4", known, get("redirect_uri"));
        if parameters.is_there("launch") {
            let known = get("launch").is_some_and(|value| self.seen.launches.iter().any(|known| known == value));
            self.note("AZ-5", known, get("launch"));
        }
        self.note("AZ-6", there("state"), get("state"));
        let base = registration.fhir_base_url.trim_end_matches('/');
        self.note("AZ-7", get("aud") == Some(base), get("aud"));
        self.note("AZ-8", there("code_challenge"), get("code_challenge"));
        self.note(
            "AZ-9",
            get("code_challenge_method") == Some("S256"),
            get("code_challenge_method"),
        );
        self.note("AZ-10", there("scope"), get("scope"));
        self.authorizations.push(parameters);
    }

    fn exchange(&mut self, form: &Parameters, authorization: &str) {
        let grant = form.get("grant_type");
        self.note("TK-1", grant == Some("authorization_code"), grant);
        if let Authentication::Asymmetric(_) = self.registration.authentication {
            let kind = form.get("client_assertion_type");
            self.note("TK-2", kind == Some(ASSERTION_TYPE), kind);
        }
        if let Authentication::Public = self.registration.authentication {
            let id = form.get("client_id");
            self.note("TK-4", id == Some(&self.registration.client_id), id);
        }
        let code = form.get("code").unwrap_or_default().to_owned();
        self.note("TK-5", !code.is_empty(), ());
        let state = self.seen.codes.get(&code);
        self.note("TK-6", state.is_some(), &code);
        let begun = self
            .authorizations
            .iter()
            .find(|it| state.is_some_and(|state| it.get("state") == Some(state)))
            .cloned();
        let begun = begun.as_ref();
        let redirect_uri = form.get("redirect_uri");
        let same = redirect_uri.is_some() && redirect_uri == begun.and_then(|it| it.get("redirect_uri"));
        self.note("TK-7", same, redirect_uri);
        let verifier = form.get("code_verifier").unwrap_or_default();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let proved = !verifier.is_empty()
            && begun.is_some_and(|it| {
                it.get("code_challenge_method") == Some("S256") && it.get("code_challenge") == Some(&challenge)
            });
        self.note("TK-8", proved, verifier);
        self.authentication(authorization, form);
    }

    fn refresh(&mut self, form: &Parameters, authorization: &str) {
        let grant = form.get("grant_type");
        self.note("RF-1", grant == Some("refresh_token"), grant);
        if let Authentication::Asymmetric(_) = self.registration.authentication {
            let kind = form.get("client_assertion_type");
            self.note("RF-2", kind == Some(ASSERTION_TYPE), kind);
        }
        let token = form.get("refresh_token");
        let known = token.is_some_and(|token| self.seen.refresh_tokens.contains(token));
        self.note("RF-3", known, token);
        self.authentication(authorization, form);
    }

    fn backend(&mut self, form: &Parameters, authorization: &str) {
        let grant = form.get("grant_type");
        self.note("RF-0", grant != Some("refresh_token"), grant);
        self.note("TK-1", grant == Some("client_credentials"), grant);
        let kind = form.get("client_assertion_type");
        self.note("TK-2", kind == Some(ASSERTION_TYPE), kind);
        let scope = form.get("scope");
        self.note("TK-3", scope.is_some_and(|scope| !scope.trim().is_empty()), scope);
        self.authentication(authorization, form);
    }

    fn authentication(&mut self, header: &str, form: &Parameters) {
        match &self.registration.authentication {
            Authentication::Public => {}
            Authentication::Symmetric(secret) => {
                let decoded = header
                    .strip_prefix("Basic ")
                    .and_then(|text| STANDARD.decode(text).ok());
                let expected = format!("{}:{secret}", self.registration.client_id);
                self.note("BA-1", decoded.as_deref() == Some(expected.as_bytes()), header);
            }
            Authentication::Asymmetric(keys) => self.assertion(form.get("client_assertion").unwrap_or_default(), keys),
        }
    }

    fn assertion(&mut self, jwt: &str, keys: &JwkSet) {
        let part = |index: usize| -> Option<Map<String, Value>> {
            let bytes = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(index)?).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        let whole = jwt.split('.').count() == 3;
        let (Some(header), Some(claims), true) = (part(0), part(1), whole) else {
            self.note("JW-1", false, jwt);
            return;
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let client_id = Some(self.registration.client_id.as_str());
        self.note("JW-1", true, ());
        self.note(
            "JW-2",
            header.get("typ") == Some(&Value::from("JWT")),
            header.get("typ"),
        );
        self.note("JW-3", text("iss") == client_id, text("iss"));
        self.note("JW-4", text("sub") == client_id, text("sub"));
        let token_url = Some(self.registration.token_url.as_str());
        self.note("JW-5", text("aud") == token_url, claims.get("aud"));
        self.note("JW-6", claims.contains_key("exp"), ());
        let jti = text("jti").unwrap_or_default();
        self.note("JW-7", !jti.is_empty(), ());
        let fresh = self.jtis.insert(jti.to_owned());
        self.note("JW-8", fresh, jti);
        let verified = verify(jwt, keys);
        self.note("JW-9", verified.is_ok(), verified);
    }
}

/// The signature, with the key of that `kid` among those that the application serves.
fn verify(jwt: &str, keys: &JwkSet) -> Result<(), String> {
    let header = decode_header(jwt).map_err(|error| error.to_string())?;
    let kid = header.kid.ok_or("no kid")?;
    let key = keys.find(&kid).ok_or("no such key")?;
    let key = DecodingKey::from_jwk(key).map_err(|error| error.to_string())?;
    let mut validation = Validation::new(header.alg);
    // The clock of these flows is moved by hand.
    validation.validate_exp = false;
    validation.validate_aud = false;
    // Which claims there have to be is for the other ids to say.
    validation.required_spec_claims.clear();
    decode::<Map<String, Value>>(jwt, &key, &validation).map_err(|error| error.to_string())?;
    Ok(())
}
