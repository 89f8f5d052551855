//! The steps a person takes between the authorization request and the redirect back.
//!
//! The request itself stays in the server; the pages carry a random handle of it.

use super::{
    authorize::{allow, deny, needs_patient},
    data,
    http::{Incoming, Params, Reply},
    pages,
    scopes::is_about_the_launch,
    sign_in,
    state::{Pending, Shared, State, launch_url_with},
};

/// Answers the pages: the EHR's start page, its *Launch* links, and the forms of the authorization.
pub(super) fn reply(shared: &Shared, incoming: &Incoming) -> Reply {
    let (wanted, answer): (&str, fn(&Shared, &Incoming) -> Reply) = match incoming.path.as_str() {
        "/" => ("GET", start_page),
        "/ehr/launch" => ("GET", launch),
        "/authorize/sign-in" => ("POST", signed_in),
        "/authorize/patient" => ("POST", patient_picked),
        _ => ("POST", decided),
    };
    match incoming.method == wanted {
        true => answer(shared, incoming),
        false => Reply::method_not_allowed(wanted),
    }
}

fn start_page(shared: &Shared, _: &Incoming) -> Reply {
    pages::ehr(&shared.state().launch_urls)
}

/// Sends the browser to an application, as an EHR does when somebody opens it from a chart.
fn launch(shared: &Shared, incoming: &Incoming) -> Reply {
    let query = Params::new(incoming.query()).ok();
    let get = |name: &str| query.as_ref().and_then(|query| query.get(name));
    let mut state = shared.state();
    // Only registered addresses: the page must not be a way to send a browser anywhere.
    let app = get("app")
        .and_then(|app| app.parse().ok())
        .and_then(|index: usize| state.launch_urls.get(index));
    let (Some((_, url)), Some(patient)) = (app.cloned(), get("patient").and_then(data::patient)) else {
        return pages::problem(404, "This patient or this app is not known here.");
    };
    let encounter = get("encounter").filter(|id| patient.encounters.iter().any(|visit| visit.id == *id));
    let value = state.mint_launch(patient.id, encounter);
    Reply::redirect(&launch_url_with(&url, &shared.fhir_base(), &value))
}

fn signed_in(shared: &Shared, incoming: &Incoming) -> Reply {
    step(shared, incoming, |state, handle, mut pending, form| {
        let Some(user) = form.get("user").and_then(data::user) else {
            return pages::problem(400, "Please go back and choose who you are.");
        };
        let own = user.own_patient();
        if let (Some(own), Some(patient)) = (own, pending.patient.as_deref())
            && pending.request.launch.is_some()
            && own != patient
        {
            return pages::problem(403, "A patient can open only the own record.");
        }
        if let Some(own) = own.filter(|_| needs_patient(&pending)) {
            pending.patient = Some(own.to_owned());
        }
        sign_in::by_hand(state, &mut pending, user.reference, shared.now());
        let page = match needs_patient(&pending) {
            true => pages::pick_patient(handle),
            false => pages::consent(handle, &pending),
        };
        state.pending.insert(handle.to_owned(), pending);
        page
    })
}

fn patient_picked(shared: &Shared, incoming: &Incoming) -> Reply {
    step(shared, incoming, |state, handle, mut pending, form| {
        let Some(patient) = form.get("patient").and_then(data::patient) else {
            return pages::problem(400, "Please go back and choose a patient.");
        };
        // Only a practitioner is ever asked; whoever is a patient, or came from a chart, has the answer already.
        let user = pending.user.as_deref().and_then(data::user);
        let practitioner = user.is_some_and(|user| user.own_patient().is_none());
        if !practitioner || pending.request.launch.is_some() {
            return pages::problem(403, "The patient of this launch is not yours to choose.");
        }
        pending.patient = Some(patient.id.to_owned());
        let page = pages::consent(handle, &pending);
        state.pending.insert(handle.to_owned(), pending);
        page
    })
}

fn decided(shared: &Shared, incoming: &Incoming) -> Reply {
    step(shared, incoming, |state, handle, mut pending, form| {
        if pending.user.is_none() || needs_patient(&pending) {
            return pages::problem(400, "Please sign in and choose a patient first.");
        }
        match form.get("decision") {
            Some("allow") => {
                state.pending.remove(handle);
                keep_allowed(&mut pending.request.scopes, form);
                if pending.request.scopes.is_empty() {
                    return deny(shared, state, &pending);
                }
                allow(shared, state, pending)
            }
            Some("deny") => {
                state.pending.remove(handle);
                deny(shared, state, &pending)
            }
            _ => pages::problem(400, "Please go back and choose Allow or Deny."),
        }
    })
}

/// Keeps the scopes whose boxes are checked. A person without a name has no role either, so `fhirUser` goes with `openid`.
fn keep_allowed(scopes: &mut Vec<String>, form: &Params) {
    scopes.retain(|scope| is_about_the_launch(scope) || form.has(&pages::scope_field(scope)));
    if !scopes.iter().any(|scope| scope == "openid") {
        scopes.retain(|scope| scope != "fhirUser");
    }
}

fn step(
    shared: &Shared,
    incoming: &Incoming,
    answer: impl FnOnce(&mut State, &str, Pending, &Params) -> Reply,
) -> Reply {
    let Some(Ok(form)) = incoming.form().map(Params::new) else {
        return pages::problem(400, "This page needs a form.");
    };
    let mut state = shared.state();
    let handle = form.get("request").unwrap_or_default();
    match state.pending.get(handle).cloned() {
        Some(pending) => answer(&mut state, handle, pending, &form),
        None => pages::problem(
            400,
            "This sign-in is over. Please start again from the app or from the EHR.",
        ),
    }
}
