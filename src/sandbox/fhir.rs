//! A small FHIR R4 server: reading and searching, within scopes and the patient compartment.

use serde_json::{Value, json};

use super::{
    data::{self, Stored},
    http::{Incoming, Pairs, Reply},
    scopes::{Interaction, Level, ResourceScope, has_category, has_token},
    state::{AccessToken, Agreement, GrantRecord, Shared},
};

pub(super) fn reply(shared: &Shared, incoming: &Incoming) -> Reply {
    let path = incoming
        .path
        .strip_prefix("/fhir")
        .unwrap_or_default()
        .trim_start_matches('/');
    if path == "metadata" {
        return match incoming.method.as_str() {
            "GET" => Reply::fhir(200, &capability_statement(shared)),
            _ => Reply::method_not_allowed("GET"),
        };
    }
    let access = match authorize(shared, incoming) {
        Ok(access) => access,
        Err(reply) => return reply,
    };
    let segments: Vec<&str> = path.split('/').collect();
    match (incoming.method.as_str(), segments.as_slice()) {
        ("GET", [resource_type]) if !resource_type.is_empty() => {
            search(shared, &access, resource_type, incoming.query())
        }
        ("POST", [resource_type, "_search"]) => match incoming.form() {
            Some(form) => search(shared, &access, resource_type, [incoming.query(), form].concat()),
            None => Reply::operation_outcome(415, "invalid", "A search by POST has to be a form."),
        },
        ("GET", [resource_type, id]) => read(&access, resource_type, id),
        ("GET", _) => Reply::operation_outcome(404, "not-found", "Nothing is served at this address."),
        _ => Reply::operation_outcome(405, "not-supported", "This server can only be read and searched."),
    }
}

/// A valid access token and what it stands for.
pub(super) struct Access {
    scopes: Vec<ResourceScope>,
    agreement: Agreement,
    own_user: bool,
}

impl Access {
    fn new(token: &AccessToken, grant: &GrantRecord) -> Self {
        Self {
            scopes: token
                .scopes
                .iter()
                .filter_map(|scope| ResourceScope::parse(scope))
                .collect(),
            agreement: grant.agreement.clone(),
            own_user: token.scopes.iter().any(|scope| scope == "fhirUser"),
        }
    }

    /// Whether some scope lets this resource through. Patient scopes reach the patient in context and what belongs to
    /// no patient; user scopes reach what the user may see: a practitioner everything, a patient the own record.
    fn admits(&self, resource_type: &str, interaction: Interaction, stored: &Stored) -> bool {
        let own_patient = data::user(&self.agreement.user).and_then(data::SandboxUser::own_patient);
        self.scopes.iter().any(|scope| {
            let in_reach = match (scope.level, stored.patient) {
                (Level::System, _) => true,
                (_, None) => true,
                (Level::Patient, Some(patient)) => self.agreement.patient.as_deref() == Some(patient),
                (Level::User, Some(patient)) => own_patient.is_none_or(|own| own == patient),
            };
            in_reach && scope.covers(resource_type, interaction) && scope.admits(&stored.resource)
        })
    }

    pub(super) fn client_id(&self) -> &str {
        &self.agreement.client_id
    }

    pub(super) fn covers(&self, resource_type: &str, interaction: Interaction) -> bool {
        self.scopes.iter().any(|scope| scope.covers(resource_type, interaction))
    }
}

pub(super) fn authorize(shared: &Shared, incoming: &Incoming) -> Result<Access, Reply> {
    let unauthorized = |challenge: &str, diagnostics: &str| {
        Reply::operation_outcome(401, "login", diagnostics).with_header("www-authenticate", challenge)
    };
    let Some(header) = incoming.header("authorization") else {
        return Err(unauthorized("Bearer realm=\"sandbox\"", "An access token is needed."));
    };
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token,
        _ => return Err(unauthorized("Bearer realm=\"sandbox\"", "Use the scheme Bearer.")),
    };
    let state = shared.state();
    match state.usable_access_token(token, shared.now()) {
        Some((access, grant)) => Ok(Access::new(access, grant)),
        None => Err(unauthorized(
            "Bearer realm=\"sandbox\", error=\"invalid_token\"",
            "This access token is unknown, revoked or expired.",
        )),
    }
}

pub(super) fn forbidden(diagnostics: &str) -> Reply {
    Reply::operation_outcome(403, "forbidden", diagnostics).with_header(
        "www-authenticate",
        "Bearer realm=\"sandbox\", error=\"insufficient_scope\"",
    )
}

fn read(access: &Access, resource_type: &str, id: &str) -> Reply {
    let Some(all) = data::resources(resource_type) else {
        return Reply::operation_outcome(404, "not-supported", "This server has no resources of this type.");
    };
    let found = all
        .into_iter()
        .find(|stored| stored.resource.get("id").and_then(Value::as_str) == Some(id));
    // The scope `fhirUser` lets an app read who the user is.
    let own = access.own_user && access.agreement.user == format!("{resource_type}/{id}");
    match found {
        Some(stored) if own || access.admits(resource_type, Interaction::Read, &stored) => {
            Reply::fhir(200, &stored.resource)
        }
        Some(_) => forbidden("No granted scope allows reading this resource."),
        // Whoever may not read the type does not learn what exists.
        None if access.covers(resource_type, Interaction::Read) => {
            Reply::operation_outcome(404, "not-found", "There is no such resource.")
        }
        None => forbidden("No granted scope allows reading resources of this type."),
    }
}

fn search(shared: &Shared, access: &Access, resource_type: &str, parameters: Pairs) -> Reply {
    let Some(mut found) = data::resources(resource_type) else {
        return Reply::operation_outcome(404, "not-supported", "This server has no resources of this type.");
    };
    if !access.covers(resource_type, Interaction::Search) {
        return forbidden("No granted scope allows searching for resources of this type.");
    }
    let (mut count, mut offset) = (50_usize, 0_usize);
    for (name, value) in &parameters {
        match name.as_str() {
            "_format" => {}
            "_count" => match value.parse() {
                Ok(number) if number > 0 => count = number,
                _ => return Reply::operation_outcome(400, "invalid", "_count has to be a positive number."),
            },
            "_offset" => match value.parse() {
                Ok(number) => offset = number,
                Err(_) => return Reply::operation_outcome(400, "invalid", "_offset has to be a number."),
            },
            "_sort" if value == "-date" => {}
            "_sort" if value == "date" => found.reverse(),
            _ => match filter(resource_type, name, value, access, &mut found) {
                Ok(()) => {}
                Err(reply) => return reply,
            },
        }
    }
    found.retain(|stored| access.admits(resource_type, Interaction::Search, stored));
    bundle(shared, resource_type, &parameters, &found, count, offset)
}

/// Applies one search parameter. An unknown one is an error: leaving it out would return too much.
fn filter(resource_type: &str, name: &str, value: &str, access: &Access, found: &mut Vec<Stored>) -> Result<(), Reply> {
    match (resource_type, name) {
        (_, "_id") => found.retain(|stored| {
            let id = stored.resource.get("id").and_then(Value::as_str).unwrap_or_default();
            value.split(',').any(|wanted| wanted == id)
        }),
        ("Observation" | "Encounter" | "Condition" | "MedicationRequest", "patient" | "subject")
        | ("AllergyIntolerance", "patient") => {
            let wanted = value.strip_prefix("Patient/").unwrap_or(value);
            found.retain(|stored| stored.patient == Some(wanted));
            let admitted = |stored: &Stored| access.admits(resource_type, Interaction::Search, stored);
            // An explicit question about somebody else is refused rather than answered with "nothing".
            let only_patient_scopes = !access.scopes.iter().any(|scope| scope.level != Level::Patient);
            let other = only_patient_scopes && access.agreement.patient.as_deref() != Some(wanted);
            if other || (!found.is_empty() && !found.iter().any(admitted)) {
                return Err(forbidden("No granted scope reaches this patient's data."));
            }
        }
        ("Observation" | "Condition", "category") => {
            found.retain(|stored| value.split(',').any(|token| has_category(&stored.resource, token)));
        }
        ("Observation" | "Condition", "code") => {
            found.retain(|stored| {
                value
                    .split(',')
                    .any(|token| has_token(stored.resource.get("code"), token))
            });
        }
        ("Condition" | "AllergyIntolerance", "clinical-status") => {
            found.retain(|stored| {
                value
                    .split(',')
                    .any(|token| has_token(stored.resource.get("clinicalStatus"), token))
            });
        }
        ("MedicationRequest", "status" | "intent") => {
            found.retain(|stored| {
                let code = stored.resource.get(name).and_then(Value::as_str).unwrap_or_default();
                value.split(',').any(|wanted| wanted == code)
            });
        }
        ("Patient" | "Practitioner", "name") => {
            let wanted = value.to_lowercase();
            found.retain(|stored| {
                let text = stored
                    .resource
                    .pointer("/name/0/text")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                text.to_lowercase().split(' ').any(|part| part.starts_with(&wanted))
            });
        }
        _ => {
            let diagnostics = format!("The search parameter {name} is not supported for {resource_type}.");
            return Err(Reply::operation_outcome(400, "not-supported", &diagnostics));
        }
    }
    Ok(())
}

fn bundle(
    shared: &Shared,
    resource_type: &str,
    parameters: &Pairs,
    found: &[Stored],
    count: usize,
    offset: usize,
) -> Reply {
    let base = shared.fhir_base();
    let page_url = |offset: usize| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters.iter().filter(|(name, _)| name != "_offset"))
            .append_pair("_offset", &offset.to_string())
            .finish();
        format!("{base}/{resource_type}?{query}")
    };
    let mut links = vec![json!({"relation": "self", "url": page_url(offset)})];
    let next = offset.saturating_add(count);
    if next < found.len() {
        links.push(json!({"relation": "next", "url": page_url(next)}));
    }
    let entries: Vec<Value> = found
        .iter()
        .skip(offset)
        .take(count)
        .map(|stored| {
            let id = stored.resource.get("id").and_then(Value::as_str).unwrap_or_default();
            json!({
                "fullUrl": format!("{base}/{resource_type}/{id}"),
                "resource": stored.resource,
                "search": {"mode": "match"},
            })
        })
        .collect();
    let mut bundle = json!({"resourceType": "Bundle", "type": "searchset", "total": found.len(), "link": links});
    // FHIR has no empty arrays.
    if let (Some(object), false) = (bundle.as_object_mut(), entries.is_empty()) {
        object.insert("entry".to_owned(), json!(entries));
    }
    Reply::fhir(200, &bundle)
}

fn capability_statement(shared: &Shared) -> Value {
    let resource = |name: &str, parameters: &[&str]| {
        let parameters: Vec<Value> = parameters
            .iter()
            .map(|p| json!({"name": p, "type": search_type(p)}))
            .collect();
        json!({
            "type": name,
            "interaction": [{"code": "read"}, {"code": "search-type"}],
            "searchParam": parameters,
        })
    };
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2025-01-01",
        "kind": "instance",
        "software": {"name": "actix-smart-auth sandbox"},
        "implementation": {"description": "A sandbox with made-up people", "url": shared.fhir_base()},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{
            "mode": "server",
            "security": {"service": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                "code": "SMART-on-FHIR",
            }]}]},
            "resource": [
                resource("Patient", &["_id", "name"]),
                resource("Encounter", &["_id", "patient", "subject"]),
                resource("Observation", &["_id", "patient", "subject", "category", "code"]),
                resource("Practitioner", &["_id", "name"]),
                resource("Condition", &["_id", "patient", "subject", "category", "clinical-status", "code"]),
                resource("MedicationRequest", &["_id", "patient", "subject", "status", "intent"]),
                resource("AllergyIntolerance", &["_id", "patient", "clinical-status"]),
            ],
        }],
    })
}

fn search_type(parameter: &str) -> &'static str {
    match parameter {
        "patient" | "subject" => "reference",
        "name" => "string",
        _ => "token",
    }
}
