//! The authorization endpoint: every rule a request has to meet, and the redirect back.

use super::{
    Peculiarity, data,
    http::{Incoming, Params, Reply, find},
    pages, random,
    scopes::{self, Verdict},
    settings::{AutomaticAnswer, IssParameter, Mode},
    sign_in::{self, SignInRequest},
    state::{Agreement, AuthorizationRequest, Code, EhrLaunch, Pending, Shared, State, with_parameters},
};

/// SMART asks for 122 random bits. The fewest whole bytes with as many are 16, which are 22 characters of base64.
const LEAST_STATE_LENGTH: usize = 22;

/// Why a request is refused.
enum Refusal {
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

pub(super) fn authorize(shared: &Shared, incoming: &Incoming) -> Reply {
    let pairs = match incoming.method.as_str() {
        "GET" => incoming.query(),
        "POST" => match incoming.form() {
            Some(pairs) if refuses_post(shared, &pairs) => {
                return pages::problem(400, "A launch that the EHR did not begin has to come by GET.");
            }
            Some(pairs) => pairs,
            None => return pages::problem(400, "A POST to this address has to be a form."),
        },
        _ => return Reply::method_not_allowed("GET, POST"),
    };
    let mut state = shared.state();
    let request = match check(shared, &state, pairs) {
        Ok(request) => request,
        Err(Refusal::Page(reason)) => return pages::problem(400, &reason),
        Err(Refusal::Redirect {
            redirect_uri,
            state: echoed,
            error,
            description,
        }) => return error_redirect(shared, &state, &redirect_uri, echoed.as_deref(), error, &description),
    };
    let mut pending = Pending {
        request,
        user: None,
        signed_in_at: None,
        patient: None,
        encounter: None,
    };
    if let Some(launch) = launch_of(&state, &pending.request) {
        pending.patient = Some(launch.patient.clone());
        pending.encounter = launch.encounter.clone();
    }
    match state.settings.mode {
        Mode::Interactive if pending.request.sign_in.silent => login_required(shared, &state, &pending),
        Mode::Interactive => {
            let handle = random::url_safe(16);
            let answer = match incoming.method.as_str() {
                "POST" => Reply::see_other(&pages::sign_in_address(&handle)),
                _ => pages::sign_in(&handle, &pending),
            };
            state.pending.insert(handle, pending);
            answer
        }
        Mode::Automatic => automatic(shared, &mut state, pending),
    }
}

fn refuses_post(shared: &Shared, pairs: &[(String, String)]) -> bool {
    shared.state().settings.has(&Peculiarity::PostFromEhrOnly) && find(pairs, "launch").is_none()
}

fn automatic(shared: &Shared, state: &mut State, mut pending: Pending) -> Reply {
    if state.settings.automatic_answer == AutomaticAnswer::Deny {
        return deny(shared, state, &pending);
    }
    let user = state.settings.automatic_user.clone();
    if needs_patient(&pending) {
        let own = data::user(&user).and_then(data::SandboxUser::own_patient);
        pending.patient = Some(own.map_or_else(|| state.settings.automatic_patient.clone(), str::to_owned));
    }
    if !sign_in::automatic(state, &mut pending, &user, shared.now()) {
        return login_required(shared, state, &pending);
    }
    allow(shared, state, pending)
}

/// Somebody has to sign in, and the request forbids to ask.
fn login_required(shared: &Shared, state: &State, pending: &Pending) -> Reply {
    let (uri, echoed) = (&pending.request.redirect_uri, &pending.request.state);
    let description = "Somebody has to sign in.";
    error_redirect(shared, state, uri, Some(echoed), "login_required", description)
}

/// Whether somebody has to say which patient is meant.
pub(super) fn needs_patient(pending: &Pending) -> bool {
    let asked = |scope: &str| pending.request.scopes.iter().any(|s| s == scope);
    pending.patient.is_none() && (asked("launch/patient") || asked("launch/encounter"))
}

fn launch_of<'a>(state: &'a State, request: &AuthorizationRequest) -> Option<&'a EhrLaunch> {
    state.launches.get(request.launch.as_deref()?)
}

fn check(shared: &Shared, state: &State, pairs: Vec<(String, String)>) -> Result<AuthorizationRequest, Refusal> {
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
    let client = state
        .clients
        .get(&client_id)
        .ok_or_else(|| page("No application with this client_id is registered here."))?;
    let redirect_uri = only("redirect_uri").ok_or_else(|| page("The request has to name exactly one redirect_uri."))?;
    if !client.redirect_uris.contains(&redirect_uri) {
        return Err(page(
            "This redirect_uri is not registered for the application, character for character.",
        ));
    }
    let echoed = only("state");
    let refuse = |error: &'static str, description: &str| Refusal::Redirect {
        redirect_uri: redirect_uri.clone(),
        state: echoed.clone(),
        error,
        description: description.to_owned(),
    };
    let invalid = |description: &str| refuse("invalid_request", description);
    let params = Params::new(pairs.clone()).map_err(|name| invalid(&format!("The parameter {name} is repeated.")))?;

    match params.get("response_type") {
        Some("code") => {}
        Some(_) => {
            return Err(refuse(
                "unsupported_response_type",
                "Only response_type=code is supported.",
            ));
        }
        None => return Err(invalid("response_type is missing.")),
    }
    let state_value = params.get("state").ok_or_else(|| invalid("state is missing."))?;
    if state_value.len() < LEAST_STATE_LENGTH {
        return Err(invalid("state is too short to carry 122 random bits."));
    }
    if params.get("code_challenge_method") != Some("S256") {
        return Err(invalid("code_challenge_method has to be S256."));
    }
    let challenge = params
        .get("code_challenge")
        .ok_or_else(|| invalid("code_challenge is missing."))?;
    let base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if challenge.len() != 43 || !challenge.chars().all(base64url) {
        return Err(invalid("code_challenge is not the base64url of a SHA-256 hash."));
    }
    let fhir_base = shared.fhir_base();
    if params.get("aud") != Some(state.settings.audience().unwrap_or(&fhir_base)) {
        return Err(invalid("Bad audience value"));
    }
    let scope = params
        .get("scope")
        .ok_or_else(|| refuse("invalid_scope", "scope is missing."))?;
    let sign_in = SignInRequest::read(&params).map_err(invalid)?;
    let mut requested: Vec<&str> = scope.split(' ').filter(|scope| !scope.is_empty()).collect();
    check_launch(state, params.get("launch"), &requested).map_err(invalid)?;
    if state.settings.has(&Peculiarity::ScopesDropped) {
        requested.retain(|scope| state.settings.refuses_scope(scope).is_none());
    } else if let Some(reason) = requested.iter().find_map(|scope| state.settings.refuses_scope(scope)) {
        return Err(refuse("invalid_scope", &reason));
    }
    let requested = match &client.scopes {
        Some(registered) if state.settings.has(&Peculiarity::RegisteredScopes) => {
            registered_for(registered, &requested)
        }
        _ => requested,
    };
    let scopes = grantable(client.scopes.as_deref(), &requested, params.has("launch"))
        .map_err(|reason| refuse("invalid_scope", &reason))?;
    Ok(AuthorizationRequest {
        client_id,
        redirect_uri: redirect_uri.clone(),
        state: state_value.to_owned(),
        scopes,
        code_challenge: challenge.to_owned(),
        nonce: params.get("nonce").map(str::to_owned),
        launch: params.get("launch").map(str::to_owned),
        sign_in,
    })
}

fn check_launch(state: &State, launch: Option<&str>, requested: &[&str]) -> Result<(), &'static str> {
    match (launch, requested.contains(&"launch")) {
        (None, false) => Ok(()),
        (None, true) => Err("The scope launch needs the parameter launch of an EHR launch."),
        (Some(_), false) => Err("The parameter launch needs the scope launch."),
        (Some(value), true) => match state.launches.get(value) {
            None => Err("Unknown launch value."),
            Some(launch) if launch.used => Err("This launch value has been used."),
            Some(_) => Ok(()),
        },
    }
}

/// Of the registered scopes those that were asked for, as they are registered.
fn registered_for<'a>(registered: &'a [String], requested: &[&str]) -> Vec<&'a str> {
    let registered = registered.iter().map(String::as_str);
    registered
        .filter(|scope| requested.iter().any(|asked| scopes::overlap(scope, asked)))
        .collect()
}

fn grantable(allowed: Option<&[String]>, requested: &[&str], ehr_launch: bool) -> Result<Vec<String>, String> {
    if let Some(bad) = requested
        .iter()
        .find(|scope| scopes::judge(scope) == Verdict::Malformed)
    {
        return Err(format!("{bad} is not a scope of SMART App Launch 2.2."));
    }
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
        return Err("None of these scopes can be granted.".to_owned());
    }
    let patient_known = ehr_launch
        || granted
            .iter()
            .any(|scope| scope == "launch/patient" || scope == "launch/encounter");
    match granted.iter().find(|scope| scopes::is_patient_level(scope)) {
        Some(scope) if !patient_known => Err(format!("{scope} needs a patient: ask for launch/patient as well.")),
        _ => Ok(granted),
    }
}

/// The user agreed: a code for the application.
pub(super) fn allow(shared: &Shared, state: &mut State, mut pending: Pending) -> Reply {
    if let Err(refusal) = use_up_launch(shared, state, &pending) {
        return refusal;
    }
    let asked = |scope: &str| pending.request.scopes.iter().any(|s| s == scope);
    if pending.encounter.is_none() && asked("launch/encounter") {
        let patient = pending.patient.as_deref().and_then(data::patient);
        pending.encounter = patient
            .and_then(|p| p.encounters.first())
            .map(|visit| visit.id.to_owned());
    }
    let request = pending.request;
    let code = random::awkward();
    state.codes.insert(
        code.clone(),
        Code {
            agreement: Agreement {
                client_id: request.client_id,
                scopes: request.scopes,
                user: pending.user.unwrap_or_else(|| data::FIRST_PRACTITIONER.to_owned()),
                patient: pending.patient,
                encounter: pending.encounter,
                nonce: request.nonce,
                state: request.state.clone(),
                auth_time: pending.signed_in_at.filter(|_| request.sign_in.wants_auth_time()),
            },
            redirect_uri: request.redirect_uri.clone(),
            code_challenge: request.code_challenge,
            expires: shared.now().saturating_add(state.settings.code_lifetime),
            used: false,
            grant: None,
        },
    );
    answer(
        shared,
        state,
        &request.redirect_uri,
        &[("code", &code), ("state", &request.state)],
    )
}

/// The user refused.
pub(super) fn deny(shared: &Shared, state: &mut State, pending: &Pending) -> Reply {
    if let Err(refusal) = use_up_launch(shared, state, pending) {
        return refusal;
    }
    let request = &pending.request;
    let description = "The user did not allow this.";
    error_redirect(
        shared,
        state,
        &request.redirect_uri,
        Some(&request.state),
        "access_denied",
        description,
    )
}

/// A launch value serves one authorization. It is used up by the user's answer, not by the request: a person may reload
/// the sign-in page.
fn use_up_launch(shared: &Shared, state: &mut State, pending: &Pending) -> Result<(), Reply> {
    let request = &pending.request;
    let Some(launch) = request
        .launch
        .as_deref()
        .and_then(|value| state.launches.get_mut(value))
    else {
        return Ok(());
    };
    if std::mem::replace(&mut launch.used, true) {
        let (uri, description) = (&request.redirect_uri, "This launch value has been used.");
        return Err(error_redirect(
            shared,
            state,
            uri,
            Some(&request.state),
            "invalid_request",
            description,
        ));
    }
    Ok(())
}

fn error_redirect(
    shared: &Shared,
    state: &State,
    redirect_uri: &str,
    echoed: Option<&str>,
    error: &str,
    description: &str,
) -> Reply {
    let mut parameters = vec![("error", error), ("error_description", description)];
    parameters.extend(echoed.map(|value| ("state", value)));
    answer(shared, state, redirect_uri, &parameters)
}

fn answer(shared: &Shared, state: &State, redirect_uri: &str, parameters: &[(&str, &str)]) -> Reply {
    let issuer = shared.fhir_base();
    let mut parameters = parameters.to_vec();
    let has_code = parameters.iter().any(|(name, _)| *name == "code");
    let names_itself = match state.settings.iss_parameter {
        IssParameter::Sent => true,
        IssParameter::SentWithCodes => has_code,
        IssParameter::Promised | IssParameter::Absent => false,
    };
    if names_itself {
        parameters.push(("iss", &issuer));
    }
    Reply::redirect(&with_parameters(redirect_uri, &parameters))
}
