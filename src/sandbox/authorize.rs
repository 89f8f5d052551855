//! The authorization endpoint: who answers a request, and the redirect back. [`request`] has the rules that it has to meet.

mod request;

use self::request::{Refusal, check};
use super::{
    Peculiarity, StateParameter,
    answered::Fresh,
    flow,
    http::{Incoming, Reply, find, in_ascii},
    launching::LaunchDetails,
    pages, people, random,
    settings::{AutomaticAnswer, IssParameter, Mode},
    sign_in,
    state::{Agreement, AuthorizationRequest, Code, EhrLaunch, Pending, Shared, State, with_parameters},
};

const LAUNCH_USED: &str = "This launch value has been used: each authorization needs a new launch.";

pub(super) fn authorize(shared: &Shared, incoming: &Incoming) -> Reply {
    let pairs = match incoming.method.as_str() {
        "GET" => incoming.query(),
        "POST" => match incoming.form() {
            Some(pairs) if refuses_post(shared, &pairs) => {
                return pages::problem(400, "A launch that the EHR did not begin has to come by GET.");
            }
            Some(pairs) => pairs,
            None => {
                return pages::problem(
                    400,
                    "A POST to this address has to have the content type application/x-www-form-urlencoded.",
                );
            }
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
        arrived: shared.now(),
        user: None,
        signed_in_at: None,
        patient: None,
        encounter: None,
        details: LaunchDetails::default(),
    };
    if let Some(launch) = launch_of(&state, &pending.request) {
        pending.patient = Some(launch.patient.clone());
        pending.encounter = launch.encounter.clone();
        pending.details = launch.details.clone();
    }
    match state.settings.mode {
        Mode::Interactive if pending.request.sign_in.silent => login_required(shared, &state, &pending),
        Mode::Interactive => {
            let handle = random::url_safe(16);
            let answer = match incoming.method.as_str() {
                "POST" => Reply::see_other(&pages::sign_in_address(&handle)),
                _ => {
                    let users = flow::who_signs_in(&state, &pending, None, shared.now());
                    pages::sign_in(&handle, &pending, &users, &shared.origin)
                }
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
    let first_user = || {
        people::users(&state.records, shared.now())
            .into_iter()
            .next()
            .map(|user| user.reference)
    };
    let Some(user) = state.settings.automatic_user.clone().or_else(first_user) else {
        return nobody_there(shared, state, &pending, "The EHR has nobody who could sign in.");
    };
    let own = people::own_patient(&user);
    if let (Some(own), Some(patient)) = (own, pending.patient.as_deref())
        && own != patient
    {
        return deny_because(shared, state, &pending, "A patient can open only the own record.");
    }
    if needs_patient(&pending) {
        let own = own.map(str::to_owned);
        let chosen = own.or_else(|| state.settings.automatic_patient.clone());
        pending.patient = chosen.or_else(|| people::first_patient(&state.records));
        if pending.patient.is_none() {
            return nobody_there(shared, state, &pending, "The EHR has no patient to choose.");
        }
    }
    if !sign_in::automatic(state, &mut pending, &user, shared.now()) {
        return login_required(shared, state, &pending);
    }
    allow(shared, state, pending)
}

fn nobody_there(shared: &Shared, state: &State, pending: &Pending, description: &str) -> Reply {
    let (uri, echoed) = (&pending.request.redirect_uri, &pending.request.state);
    error_redirect(shared, state, uri, Some(echoed), "server_error", description)
}

/// Somebody has to sign in, and the request forbids to ask.
fn login_required(shared: &Shared, state: &State, pending: &Pending) -> Reply {
    let (uri, echoed) = (&pending.request.redirect_uri, &pending.request.state);
    let description = "Somebody has to sign in, and prompt=none forbids to ask.";
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

/// The user agreed: a code for the application.
pub(super) fn allow(shared: &Shared, state: &mut State, mut pending: Pending) -> Reply {
    if let Err(refusal) = use_up_launch(shared, state, &pending) {
        return refusal;
    }
    let asked = |scope: &str| pending.request.scopes.iter().any(|s| s == scope);
    if pending.encounter.is_none() && asked("launch/encounter") {
        let patient = pending.patient.as_deref();
        let patient = patient.and_then(|id| people::patient(&state.records, id, shared.now()));
        pending.encounter = patient.and_then(|patient| people::visit_of_launch(&state.records, &patient));
    }
    remember(state, &pending.request);
    let request = pending.request;
    let code = state.settings.new_value();
    state.codes.insert(
        code.clone(),
        Code {
            agreement: Agreement {
                client_id: request.client_id,
                scopes: request.scopes,
                user: pending.user.unwrap_or_default(),
                patient: pending.patient,
                encounter: pending.encounter,
                details: pending.details,
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
    deny_because(shared, state, pending, "The user did not allow this.")
}

fn deny_because(shared: &Shared, state: &mut State, pending: &Pending, description: &str) -> Reply {
    if let Err(refusal) = use_up_launch(shared, state, pending) {
        return refusal;
    }
    let request = &pending.request;
    remember(state, request);
    error_redirect(
        shared,
        state,
        &request.redirect_uri,
        Some(&request.state),
        "access_denied",
        description,
    )
}

/// What may not come again. Not before the answer: a person may reload the sign-in page.
fn remember(state: &mut State, request: &AuthorizationRequest) {
    let values = [
        (Fresh::State, Some(&request.state)),
        (Fresh::Nonce, request.nonce.as_ref()),
        (Fresh::Challenge, request.code_challenge.as_ref()),
    ];
    for (kind, value) in values {
        if let Some(value) = value {
            state.answered.add(&request.client_id, kind, value);
        }
    }
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
        let (uri, description) = (&request.redirect_uri, LAUNCH_USED);
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
    let description = in_ascii(description);
    let mut parameters = vec![("error", error), ("error_description", &*description)];
    parameters.extend(echoed.map(|value| ("state", value)));
    answer(shared, state, redirect_uri, &parameters)
}

fn answer(shared: &Shared, state: &State, redirect_uri: &str, parameters: &[(&str, &str)]) -> Reply {
    let has_code = parameters.iter().any(|(name, _)| *name == "code");
    let issuer = match state.settings.iss_parameter {
        IssParameter::Sent => Some(shared.fhir_base()),
        IssParameter::SentWithCodes => has_code.then(|| shared.fhir_base()),
        IssParameter::OfAnotherServer => Some(format!("{}/another", shared.fhir_base())),
        IssParameter::Promised | IssParameter::Absent => None,
    };
    let mut parameters: Vec<(&str, &str)> = parameters.to_vec();
    let altered = random::url_safe(32);
    match state.settings.state_parameter {
        StateParameter::Returned => {}
        StateParameter::Absent => parameters.retain(|(name, _)| *name != "state"),
        StateParameter::Altered => {
            let states = parameters.iter_mut().filter(|(name, _)| *name == "state");
            states.for_each(|(_, value)| *value = &altered);
        }
    }
    parameters.extend(issuer.as_deref().map(|issuer| ("iss", issuer)));
    Reply::redirect(&with_parameters(redirect_uri, &parameters))
}
