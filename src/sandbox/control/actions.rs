//! What each request does.

use std::{collections::HashMap, sync::Arc};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use super::{
    super::{
        EhrStyle, Grant, KeyRotation, LaunchedIn, SandboxFault, SandboxServer, SandboxSettings, address,
        http::Incoming, records::Stored, state::GrantRecord,
    },
    Control,
    description::{ClientDescription, RegisteredClient},
    openapi,
    received::Wanted,
    refusal::Refusal,
    routes::{self, Action, Segments},
};

/// What is answered where nothing is wrong.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
}

impl Answer {
    const NOTHING: Self = Self {
        status: 204,
        body: None,
    };

    const fn ok(body: Value) -> Self {
        Self {
            status: 200,
            body: Some(body),
        }
    }

    const fn created(body: Value) -> Self {
        Self {
            status: 201,
            body: Some(body),
        }
    }
}

/// `POST …/launches`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, expecting = "a launch by its keys")]
struct Launch {
    launch_url: String,
    /// Default: the patient of standalone launches.
    patient: Option<String>,
    encounter: Option<String>,
    intent: Option<String>,
    #[serde(default)]
    style: EhrStyle,
    #[serde(default)]
    opened_in: LaunchedIn,
}

/// `POST …/grants/of-token`.
#[derive(Deserialize)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "an object with the key token"
)]
struct Token {
    token: String,
}

/// `POST …/keys/rotate`.
#[derive(Deserialize)]
#[serde(
    rename_all = "kebab-case",
    deny_unknown_fields,
    expecting = "an object with the key rotation"
)]
struct Rotation {
    rotation: KeyRotation,
}

/// A grant with its number, which is no other one's, also when others are forgotten.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct NumberedGrant {
    number: usize,
    #[serde(flatten)]
    grant: Grant,
}

impl NumberedGrant {
    fn of(number: usize, grant: &GrantRecord) -> Self {
        Self {
            number,
            grant: Grant::of(grant),
        }
    }
}

impl Control {
    pub(super) async fn answer(&self, incoming: &Incoming) -> Result<Answer, Refusal> {
        let (action, segments) = routes::find(&incoming.method, &incoming.path)?;
        match action {
            Action::Health => self.health(),
            Action::OpenApi => Ok(Answer::ok(openapi::document())),
            Action::Ehrs => {
                let ehrs: Vec<Value> = self.ehrs.iter().map(|(name, ehr)| addresses(name, ehr)).collect();
                Ok(Answer::ok(json!({ "ehrs": ehrs })))
            }
            Action::ResetAll => {
                for (_, ehr) in &self.ehrs {
                    ehr.reset();
                }
                Ok(Answer::NOTHING)
            }
            of_one => of_ehr(of_one, self.ehr(&segments.ehr)?, &segments, incoming).await,
        }
    }

    fn health(&self) -> Result<Answer, Refusal> {
        match self.ehrs.iter().all(|(_, ehr)| ehr.is_running()) {
            true => Ok(Answer::ok(json!({ "status": "ok" }))),
            false => Err(Refusal::Stopped),
        }
    }

    fn ehr(&self, name: &str) -> Result<&Arc<SandboxServer>, Refusal> {
        let found = self.ehrs.iter().find(|(known, _)| known == name);
        found.map(|(_, ehr)| ehr).ok_or_else(|| {
            let known: Vec<&str> = self.ehrs.iter().map(|(name, _)| name.as_str()).collect();
            Refusal::NoSuchEhr {
                name: name.to_owned(),
                known: some(&known),
            }
        })
    }
}

async fn of_ehr(
    action: Action,
    ehr: &SandboxServer,
    segments: &Segments,
    incoming: &Incoming,
) -> Result<Answer, Refusal> {
    match action {
        Action::Health | Action::OpenApi | Action::Ehrs | Action::ResetAll => return Err(Refusal::NoSuchPath),
        Action::Ehr => return Ok(Answer::ok(addresses(&segments.ehr, ehr))),
        Action::Reset => ehr.reset(),
        Action::Settings => return Ok(Answer::ok(json!(ehr.settings()))),
        Action::ChangeSettings => {
            ehr.change(body::<SandboxSettings>(incoming)?)?;
            return Ok(Answer::ok(json!(ehr.settings())));
        }
        Action::People => return Ok(Answer::ok(people(ehr))),
        Action::Clients => return Ok(Answer::ok(json!({ "clients": clients(ehr, None) }))),
        Action::Client => return client(ehr, &segments.which),
        Action::PutClient => {
            register(ehr, &segments.which, incoming)?;
            return client(ehr, &segments.which);
        }
        Action::DeleteClient => {
            if !ehr.deregister(&segments.which) {
                return Err(no_such_client(ehr, &segments.which));
            }
        }
        Action::Launch => return launch(ehr, &body(incoming)?),
        Action::Faults => {
            let faults: Vec<SandboxFault> = ehr.shared.state().faults.waiting().cloned().collect();
            return Ok(Answer::ok(json!({ "faults": faults })));
        }
        Action::Inject => {
            let fault: SandboxFault = body(incoming)?;
            let answer = Answer::created(json!(fault));
            ehr.shared.state().faults.push(fault);
            return Ok(answer);
        }
        Action::ClearFaults => ehr.clear_faults(),
        Action::Requests => return Wanted::parse(incoming)?.wait(ehr).await.map(Answer::ok),
        Action::ClearRequests => ehr.clear_received_requests(),
        Action::Grants => return Ok(Answer::ok(json!({ "grants": grants(ehr) }))),
        Action::RevokeEverything => ehr.revoke_everything(),
        Action::RevokeGrant => {
            let number = segments.which.parse().ok();
            if !number.is_some_and(|number| revoke(ehr, number)) {
                return Err(Refusal::NoSuchGrant(segments.which.clone()));
            }
        }
        Action::GrantOfToken => {
            let Token { token } = body(incoming)?;
            let grant = grant_of(ehr, &token).ok_or(Refusal::NoSuchToken)?;
            return Ok(Answer::ok(json!(grant)));
        }
        Action::ExpireAccessTokens => ehr.expire_access_tokens(),
        Action::RotateKey => {
            let Rotation { rotation } = body(incoming)?;
            ehr.rotate_id_token_key(rotation);
            return Ok(Answer::ok(json!({ "jwks-url": ehr.jwks_url() })));
        }
    }
    Ok(Answer::NOTHING)
}

/// The body as JSON.
///
/// # Errors
/// With the key at which it is wrong.
fn body<T: DeserializeOwned>(incoming: &Incoming) -> Result<T, Refusal> {
    let mut json = serde_json::Deserializer::from_str(&incoming.body);
    let read = serde_path_to_error::deserialize(&mut json).map_err(wrong)?;
    json.end().map_err(|error| Refusal::Body(error.to_string()))?;
    Ok(read)
}

fn wrong(error: serde_path_to_error::Error<serde_json::Error>) -> Refusal {
    let path = error.path().to_string();
    let why = error.into_inner();
    Refusal::Body(match path.as_str() {
        "." => why.to_string(),
        path => format!("{path}: {why}"),
    })
}

/// Registers what the body describes. The id stands in the path; the body may repeat it.
fn register(ehr: &SandboxServer, client_id: &str, incoming: &Incoming) -> Result<(), Refusal> {
    let mut members: Map<String, Value> = body(incoming)?;
    let said = members
        .entry("client-id")
        .or_insert_with(|| json!(client_id))
        .as_str()
        .unwrap_or_default();
    if said != client_id {
        return Err(Refusal::Body(format!(
            "client-id is not {client_id}, as the path says; leave it out"
        )));
    }
    let description: ClientDescription = serde_path_to_error::deserialize(Value::Object(members)).map_err(wrong)?;
    let launch_urls = description.launch_urls().to_vec();
    ehr.shared.state().put_client(description.client().clone(), launch_urls);
    Ok(())
}

/// All clients in the order of their ids, or the one with this id.
fn clients(ehr: &SandboxServer, client_id: Option<&str>) -> Vec<Value> {
    let state = ehr.shared.state();
    let mut launch_urls: HashMap<&str, Vec<&str>> = HashMap::new();
    for (whose, url) in &state.launch_urls {
        launch_urls.entry(whose).or_default().push(url);
    }
    let mut chosen: Vec<_> = state
        .clients
        .values()
        .filter(|client| client_id.is_none_or(|id| client.client_id == id))
        .collect();
    chosen.sort_unstable_by(|one, other| one.client_id.cmp(&other.client_id));
    let listed = chosen.into_iter();
    listed
        .map(|client| {
            let own = launch_urls.remove(client.client_id.as_str()).unwrap_or_default();
            json!(RegisteredClient::new(client, own))
        })
        .collect()
}

fn client(ehr: &SandboxServer, client_id: &str) -> Result<Answer, Refusal> {
    let found = clients(ehr, Some(client_id)).pop();
    found.map(Answer::ok).ok_or_else(|| no_such_client(ehr, client_id))
}

fn no_such_client(ehr: &SandboxServer, client_id: &str) -> Refusal {
    Refusal::NoSuchClient {
        id: client_id.to_owned(),
        known: some(&ehr.client_ids()),
    }
}

/// The first of many names: nobody reads thousands.
fn some<T: AsRef<str>>(names: &[T]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().checked_sub(SHOWN) {
        _ if shown.is_empty() => "none".to_owned(),
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn launch(ehr: &SandboxServer, launch: &Launch) -> Result<Answer, Refusal> {
    address::launch_url(&launch.launch_url).map_err(|error| Refusal::Body(format!("launch-url: {error}")))?;
    let usual = || {
        let chosen = ehr.shared.state().settings.automatic_patient.clone();
        chosen.or_else(|| ehr.patients().into_iter().next().map(|patient| patient.id))
    };
    let patient = launch.patient.clone().or_else(usual);
    let patient =
        patient.ok_or_else(|| Refusal::Body("patient: there is nobody in the data; give an id".to_owned()))?;
    are_there(ehr, &patient, launch.encounter.as_deref())?;
    let mut opened = ehr.ehr_launch(&launch.launch_url, patient);
    if let Some(encounter) = &launch.encounter {
        opened = opened.encounter(encounter);
    }
    if let Some(intent) = &launch.intent {
        opened = opened.intent(intent);
    }
    let url = opened.style(launch.style).opened_in(launch.opened_in).url();
    Ok(Answer::created(json!({ "url": url })))
}

/// Whether the data have the patient, and this visit of the patient.
fn are_there(ehr: &SandboxServer, patient: &str, encounter: Option<&str>) -> Result<(), Refusal> {
    let records = &ehr.shared.state().records;
    if !records.has(&format!("Patient/{patient}")) {
        return Err(Refusal::NoSuchPatient {
            id: patient.to_owned(),
            known: some_of(records.of_type("Patient")),
        });
    }
    match encounter {
        Some(id) if !records.of_patient("Encounter", patient).any(|visit| visit.id() == id) => {
            Err(Refusal::NoSuchEncounter {
                id: id.to_owned(),
                patient: patient.to_owned(),
                known: some_of(records.of_patient("Encounter", patient)),
            })
        }
        Some(_) | None => Ok(()),
    }
}

/// The first ids, and how many others there are.
fn some_of<'a>(all: impl Iterator<Item = &'a Stored>) -> String {
    some(&all.map(Stored::id).collect::<Vec<_>>())
}

fn grants(ehr: &SandboxServer) -> Vec<NumberedGrant> {
    let state = ehr.shared.state();
    let numbered = state.grants.numbered();
    numbered
        .map(|(number, grant)| NumberedGrant::of(number, grant))
        .collect()
}

/// The grant for which a token was issued.
fn grant_of(ehr: &SandboxServer, token: &str) -> Option<NumberedGrant> {
    let state = ehr.shared.state();
    let number = state.grant_of_token(token)?;
    let grant = state.grants.get(number)?;
    Some(NumberedGrant::of(number, grant))
}

/// Whether there is one with this number.
fn revoke(ehr: &SandboxServer, number: usize) -> bool {
    let mut state = ehr.shared.state();
    let is_there = state.grants.get(number).is_some();
    state.revoke_grant(number);
    is_there
}

fn addresses(name: &str, ehr: &SandboxServer) -> Value {
    json!({
        "name": name,
        "origin": ehr.origin(),
        "listens-at": ehr.local_address(),
        "fhir-base-url": ehr.fhir_base_url(),
        "ehr-url": ehr.ehr_url(),
        "authorization-endpoint": ehr.authorization_endpoint(),
        "token-endpoint": ehr.token_endpoint(),
        "revocation-endpoint": ehr.revocation_endpoint(),
        "introspection-endpoint": ehr.introspection_endpoint(),
        "registration-endpoint": ehr.registration_endpoint(),
        "id-token-issuer": ehr.id_token_issuer(),
        "jwks-url": ehr.jwks_url(),
        "trusted-certificate": ehr.trusted_certificate(),
    })
}

fn people(ehr: &SandboxServer) -> Value {
    let patients: Vec<Value> = ehr
        .patients()
        .iter()
        .map(|patient| json!({ "id": patient.id, "name": patient.name(), "birth-date": patient.birth_date }))
        .collect();
    let users: Vec<Value> = ehr
        .users()
        .iter()
        .map(|user| json!({ "reference": user.reference, "name": user.name }))
        .collect();
    json!({ "patients": patients, "users": users })
}
