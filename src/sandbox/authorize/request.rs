//! Every rule that an authorization request has to meet ([`check`]).

use super::LAUNCH_USED;
use crate::sandbox::{
    Peculiarity, StrictCheck,
    answered::Fresh,
    http::Params,
    scopes::{self, Verdict},
    sign_in::SignInRequest,
    state::{AuthorizationRequest, Shared, State},
};

/// Why a request is refused.
pub(super) enum Refusal {
    /// The redirect URI cannot be trusted: the user is told, nothing is sent back (RFC 6749 section 4.1.2.1).
    Page(String),
    /// The application is told.
    Redirect {
        redirect_uri: String,
        state: Option<String>,
        error: &'static str,
        description: String,
    },
}

/// SMART asks for 122 random bits. The fewest whole bytes with as many are 16, which are 22 characters of base64.
const LEAST_STATE_LENGTH: usize = 22;

/// Of token requests. Who sends them by the browser gives them away.
const SECRETS: [&str; 3] = ["client_secret", "client_assertion", "code_verifier"];

/// The request that the parameters make.
pub(super) fn check(
    shared: &Shared,
    state: &State,
    pairs: Vec<(String, String)>,
) -> Result<AuthorizationRequest, Refusal> {
    let page = |reason: &str| Refusal::Page(reason.to_owned());
    // Repeated parameters are found first: which of two redirect URIs would be the one to trust?
    let only = |name: &str| {
        let mut values = pairs
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.clone());
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    };
    let client_id = only("client_id").ok_or_else(|| page("The request has to name exactly one client_id."))?;
    let client = state.clients.get(&client_id).ok_or_else(|| {
        Refusal::Page(format!(
            "No application is registered here with the client_id {client_id}"
        ))
    })?;
    let redirect_uri = only("redirect_uri").ok_or_else(|| page("The request has to name exactly one redirect_uri."))?;
    if client.redirect_uris.is_empty() {
        return Err(page(
            "This application has registered no redirect_uri: it is not for launches.",
        ));
    }
    if !client.redirect_uris.contains(&redirect_uri) {
        let registered = client.redirect_uris.join(" ");
        return Err(Refusal::Page(format!(
            "redirect_uri is {redirect_uri} and has to be a registered one, character for character: {registered}"
        )));
    }
    let echoed = only("state");
    let refuse = |error: &'static str, description: &str| Refusal::Redirect {
        redirect_uri: redirect_uri.clone(),
        state: echoed.clone(),
        error,
        description: description.to_owned(),
    };
    let invalid = |description: &str| refuse("invalid_request", description);
    let params = Params::new(pairs.clone())
        .map_err(|name| invalid(&format!("The parameter {name} is repeated; it may be there once.")))?;

    let strict = &state.settings.strict;
    let demand = |check, is_met, why: &str| strict.demand(check, is_met, why).map_err(|why| invalid(&why));
    if let Some(name) = SECRETS.into_iter().find(|name| params.has(name)) {
        let why = format!("{name} does not belong here, where the browser reads it: it is for token requests.");
        demand(StrictCheck::NothingSecretByBrowser, false, &why)?;
    }
    match params.get("response_type") {
        Some("code") => {}
        Some(_) => {
            return Err(refuse(
                "unsupported_response_type",
                "Only response_type=code is supported.",
            ));
        }
        None => return Err(invalid("response_type is missing; it has to be code.")),
    }
    let is_first = |kind, value: &str| !state.answered.has(&client_id, kind, value);
    let state_value = params.get("state").ok_or_else(|| invalid("state is missing."))?;
    let is_long = state_value.len() >= LEAST_STATE_LENGTH;
    demand(
        StrictCheck::StateLength,
        is_long,
        "state is too short to carry 122 random bits: it needs 22 characters.",
    )?;
    let is_new = is_first(Fresh::State, state_value);
    demand(
        StrictCheck::StateOnce,
        is_new,
        "This state was used before: each authorization needs a new one.",
    )?;
    let challenge = challenge_of(&params).map_err(invalid)?;
    demand(
        StrictCheck::Challenge,
        challenge.is_some(),
        "code_challenge is missing.",
    )?;
    let is_new = challenge.is_none_or(|challenge| is_first(Fresh::Challenge, challenge));
    demand(
        StrictCheck::ChallengeOnce,
        is_new,
        "This code_challenge was used before: each authorization needs a new one.",
    )?;
    check_audience(shared, state, params.get("aud")).map_err(|why| invalid(&why))?;
    let scope = params
        .get("scope")
        .ok_or_else(|| refuse("invalid_scope", "scope is missing."))?;
    let sign_in = SignInRequest::read(&params).map_err(invalid)?;
    let mut requested: Vec<&str> = scope.split(' ').filter(|scope| !scope.is_empty()).collect();
    let nonce = params.get("nonce");
    let has_nonce = nonce.is_some() || !requested.contains(&"openid");
    demand(
        StrictCheck::Nonce,
        has_nonce,
        "An authorization that asks for openid needs a nonce.",
    )?;
    let is_new = nonce.is_none_or(|nonce| is_first(Fresh::Nonce, nonce));
    demand(
        StrictCheck::NonceOnce,
        is_new,
        "This nonce was used before: each authorization needs a new one.",
    )?;
    check_launch(state, &client_id, params.get("launch"), &requested).map_err(|why| invalid(&why))?;
    if params.get("launch").is_none() {
        requested.retain(|scope| *scope != "launch");
    }
    let unsupported = requested
        .iter()
        .find_map(|scope| Some((scope, scopes::unsupported(scope)?)));
    if let Some((scope, name)) = unsupported {
        return Err(refuse("invalid_scope", &scopes::not_held(scope, &name)));
    }
    if let Some(bad) = requested
        .iter()
        .find(|scope| scopes::judge(scope) == Verdict::Malformed)
    {
        let why = format!("{bad} is not a scope of SMART App Launch 2.2.");
        strict
            .demand(StrictCheck::ScopeGrammar, false, &why)
            .map_err(|why| refuse("invalid_scope", &why))?;
    }
    let has_both = !requested.contains(&"fhirUser") || requested.contains(&"openid");
    let why = "The scope fhirUser needs the scope openid.";
    strict
        .demand(StrictCheck::FhirUserWithOpenid, has_both, why)
        .map_err(|why| refuse("invalid_scope", &why))?;
    if state.settings.has(&Peculiarity::ScopesDropped) {
        requested.retain(|scope| state.settings.refuses_scope(scope).is_none());
    } else if let Some(reason) = requested.iter().find_map(|scope| state.settings.refuses_scope(scope)) {
        return Err(refuse("invalid_scope", &reason));
    }
    let asked = Asked {
        scopes: &requested,
        from_ehr: params.get("launch").is_some(),
    };
    let granted = match &client.scopes {
        Some(registered) if state.settings.has(&Peculiarity::RegisteredScopes) => {
            grantable(Some(registered), &registered_for(registered, &requested), &asked)
        }
        registered => grantable(registered.as_deref(), &requested, &asked),
    };
    let scopes = granted.map_err(|reason| refuse("invalid_scope", &reason))?;
    Ok(AuthorizationRequest {
        client_id,
        redirect_uri: redirect_uri.clone(),
        state: state_value.to_owned(),
        scopes,
        code_challenge: challenge.map(str::to_owned),
        nonce: nonce.map(str::to_owned),
        launch: params.get("launch").map(str::to_owned),
        sign_in,
    })
}

/// The code challenge, if there is one (RFC 7636). `plain` is never taken (SMART App Launch 2.2).
fn challenge_of(params: &Params) -> Result<Option<&str>, &'static str> {
    let is_base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err("code_challenge is missing."),
        (Some(_), method) if method != Some("S256") => Err("code_challenge_method has to be S256."),
        (Some(challenge), _) if challenge.len() == 43 && challenge.chars().all(is_base64url) => Ok(Some(challenge)),
        (Some(_), _) => {
            Err("code_challenge has to be the base64url of a SHA-256 hash: 43 characters of A-Z a-z 0-9 - _")
        }
    }
}

fn check_audience(shared: &Shared, state: &State, sent: Option<&str>) -> Result<(), String> {
    let fhir_base = shared.fhir_base();
    let expected = state.settings.audience().unwrap_or(&fhir_base);
    let sent = sent.ok_or_else(|| format!("aud is missing; it has to be {expected}"))?;
    let why = format!("Bad audience value: aud is {sent} and has to be {expected}");
    if sent == expected {
        return Ok(());
    }
    match sent.trim_end_matches('/') == expected.trim_end_matches('/') {
        true => state.settings.strict.demand(StrictCheck::ExactAudience, false, &why),
        false => Err(why),
    }
}

fn check_launch(state: &State, client_id: &str, launch: Option<&str>, requested: &[&str]) -> Result<(), String> {
    let demand = |check, is_met, why| state.settings.strict.demand(check, is_met, why);
    let has_scope = requested.contains(&"launch");
    let Some(value) = launch else {
        let why = "The scope launch needs the parameter launch of an EHR launch.";
        return demand(StrictCheck::LaunchWithItsScope, !has_scope, why);
    };
    demand(
        StrictCheck::LaunchWithItsScope,
        has_scope,
        "The parameter launch needs the scope launch.",
    )?;
    let launch = state.launches.get(value);
    let launch = launch.ok_or("Unknown launch value: it has to be the one of the launch URL, decoded.")?;
    let is_theirs = launch.client_id.as_ref().is_none_or(|theirs| theirs == client_id);
    demand(
        StrictCheck::LaunchOfThisClient,
        is_theirs,
        "This launch value was made for another application.",
    )?;
    match launch.used {
        true => Err(LAUNCH_USED.to_owned()),
        false => Ok(()),
    }
}

/// Of the registered scopes those that were asked for, as they are registered.
fn registered_for<'a>(registered: &'a [String], requested: &[&str]) -> Vec<&'a str> {
    let registered = registered.iter().map(String::as_str);
    registered
        .filter(|scope| requested.iter().any(|asked| scopes::overlap(scope, asked)))
        .collect()
}

/// What came, whatever of it is looked at.
struct Asked<'a> {
    scopes: &'a [&'a str],
    from_ehr: bool,
}

fn grantable(allowed: Option<&[String]>, requested: &[&str], asked: &Asked<'_>) -> Result<Vec<String>, String> {
    let mut granted: Vec<String> = Vec::new();
    for scope in requested {
        let fits = scopes::judge(scope) == Verdict::Grantable
            && allowed.is_none_or(|allowed| allowed.iter().any(|a| a == scope))
            && (*scope != "fhirUser" || requested.contains(&"openid"));
        if fits && !granted.iter().any(|g| g == scope) {
            granted.push((*scope).to_owned());
        }
    }
    if granted.is_empty() {
        return Err(scopes::none_left(allowed));
    }
    let patient_known = asked.from_ehr
        || granted
            .iter()
            .any(|scope| scope == "launch/patient" || scope == "launch/encounter");
    match granted.iter().find(|scope| scopes::is_patient_level(scope)) {
        Some(scope) if !patient_known && asked.scopes.contains(&"launch/patient") => Err(format!(
            "{scope} needs a patient: launch/patient was asked for, but this client is not registered for it."
        )),
        Some(scope) if !patient_known => Err(format!("{scope} needs a patient: ask for launch/patient as well.")),
        _ => Ok(granted),
    }
}
