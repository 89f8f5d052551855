//! Tokens for an application itself, without a user (SMART App Launch 2.2, Backend Services).

use serde_json::{Map, Value};

use super::{
    client::{ClientKind, Flows, SandboxClient},
    http::Params,
    launching::LaunchDetails,
    scopes::{self, Level, ResourceScope},
    state::{Agreement, GrantRecord, Shared},
    token::{Failure, issue_access_token},
};

/// Members of other requests. Whoever sends them means something else.
const OF_OTHERS: [&str; 4] = ["code", "code_verifier", "redirect_uri", "refresh_token"];

/// The members of the answer.
pub(super) fn client_credentials(
    shared: &Shared,
    client: &SandboxClient,
    form: &Params,
) -> Result<Map<String, Value>, Failure> {
    if client.flows == Flows::Launches {
        return Err(Failure::new(
            "unauthorized_client",
            "This client is registered for launches, not for backend services.",
        ));
    }
    if client.kind == ClientKind::Public {
        return Err(Failure::new(
            "unauthorized_client",
            "A public client cannot prove that it is the application: register it with a key or a secret.",
        ));
    }
    if let Some(name) = OF_OTHERS.into_iter().find(|name| form.has(name)) {
        return Err(Failure::new(
            "invalid_request",
            format!("{name} does not belong into a request for client_credentials."),
        ));
    }
    let scopes = granted(client, form.get("scope").unwrap_or_default())?;
    let mut state = shared.state();
    let grant = state.grants.push(GrantRecord {
        agreement: Agreement {
            client_id: client.client_id.clone(),
            scopes: scopes.clone(),
            user: String::new(),
            patient: None,
            encounter: None,
            details: LaunchDetails::default(),
            nonce: None,
            state: String::new(),
            auth_time: None,
        },
        refreshes: 0,
        tried: None,
        reuse_detected: false,
        revoked: false,
    });
    Ok(issue_access_token(shared, &mut state, grant, scopes))
}

/// Those of the scopes that the client is registered for.
fn granted(client: &SandboxClient, asked: &str) -> Result<Vec<String>, Failure> {
    let asked: Vec<&str> = asked.split(' ').filter(|scope| !scope.is_empty()).collect();
    if asked.is_empty() {
        return Err(Failure::new(
            "invalid_scope",
            "scope is missing; backend services have to say what they need.",
        ));
    }
    for scope in &asked {
        match ResourceScope::parse(scope) {
            Some(parsed) if parsed.level == Level::System => {
                if let Some(name) = scopes::unsupported(scope) {
                    return Err(Failure::new("invalid_scope", scopes::not_held(scope, &name)));
                }
            }
            Some(_) => {
                let description =
                    format!("{scope} is a scope of launches; without a user only system/ scopes are given.");
                return Err(Failure::new("invalid_scope", description));
            }
            None => {
                return Err(Failure::new(
                    "invalid_scope",
                    format!("{scope} is not a system/ scope of SMART 2.2."),
                ));
            }
        }
    }
    let is_registered = |scope: &str| match &client.scopes {
        Some(registered) => registered
            .iter()
            .any(|one| one == scope || scopes::contains(one, scope)),
        None => true,
    };
    let granted: Vec<String> = asked
        .into_iter()
        .filter(|scope| is_registered(scope))
        .map(str::to_owned)
        .collect();
    if granted.is_empty() {
        return Err(Failure::new(
            "invalid_scope",
            scopes::none_left(client.scopes.as_deref()),
        ));
    }
    Ok(granted)
}
