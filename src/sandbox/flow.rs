//! The steps a person takes between the authorization request and the redirect back.
//!
//! The request itself stays in the server; the pages carry a random handle of it.

use super::{
    authorize::{allow, deny, needs_patient},
    ehr,
    http::{Incoming, Params, Reply},
    pages::{self, Found},
    people::{self, SandboxPatient, SandboxUser},
    scopes::is_about_the_launch,
    sign_in,
    state::{Pending, Shared, State},
};
use crate::time::Timestamp;

/// Answers the pages: those of the EHR, and the forms of the authorization.
pub(super) fn reply(shared: &Shared, incoming: &Incoming) -> Reply {
    match (incoming.path.as_str(), incoming.method.as_str()) {
        (path, _) if path == "/" || path.starts_with("/ehr/") => ehr::reply(shared, incoming),
        (_, "GET" | "HEAD") => shown(shared, incoming),
        ("/authorize/sign-in", "POST") => signed_in(shared, incoming),
        ("/authorize/patient", "POST") => patient_picked(shared, incoming),
        (_, "POST") => decided(shared, incoming),
        _ => Reply::method_not_allowed("GET, HEAD, POST"),
    }
}

/// A page of an authorization at its own address, as a form leads there; the step before it where that is not done.
fn shown(shared: &Shared, incoming: &Incoming) -> Reply {
    let query = Params::new(incoming.query()).ok();
    let handle = query
        .as_ref()
        .and_then(|query| query.get("request"))
        .unwrap_or_default();
    let state = shared.state();
    let Some(pending) = state.pending.get(handle) else {
        return over();
    };
    let chooses = asks_for_patient(pending);
    let (records, now) = (state.records.clone(), shared.now());
    let asked = query.as_ref().and_then(|query| query.get("q"));
    match (incoming.path.as_str(), pending.user.is_some()) {
        ("/authorize/patient", true) if chooses => {
            drop(state);
            let all = people::patient_list(&records, now);
            pages::pick_patient(handle, &Found::of(all, asked, SandboxPatient::described))
        }
        ("/authorize/patient" | "/authorize/decision", true) if !needs_patient(pending) => {
            let patient = pending.patient.as_deref();
            let patient = patient.and_then(|id| people::patient(&records, id, now));
            pages::consent(handle, pending, patient.as_ref(), &shared.origin)
        }
        _ => {
            let users = who_signs_in(&state, pending, asked, now);
            pages::sign_in(handle, pending, &users, &shared.origin)
        }
    }
}

/// Those who are asked to sign in. From a chart it is the staff.
pub(super) fn who_signs_in(
    state: &State,
    pending: &Pending,
    asked: Option<&str>,
    now: Timestamp,
) -> Found<SandboxUser> {
    let from_a_chart = pending.request.launch.is_some();
    let users = people::users(&state.records, now).into_iter();
    let users = users.filter(|user| !from_a_chart || user.own_patient().is_none());
    Found::of(users, asked, |user| user.name.clone())
}

/// Whether who signed in says which patient is meant: a practitioner who did not come from a chart.
fn asks_for_patient(pending: &Pending) -> bool {
    let user = pending.user.as_deref();
    let is_practitioner = user.is_some_and(|user| people::own_patient(user).is_none());
    is_practitioner && pending.request.launch.is_none()
}

fn over() -> Reply {
    pages::problem(
        400,
        "This sign-in is over. Please start again from the app or from the EHR.",
    )
}

fn signed_in(shared: &Shared, incoming: &Incoming) -> Reply {
    step(shared, incoming, |state, handle, mut pending, form| {
        let user = form.get("user");
        let Some(user) = user.and_then(|user| people::user(&state.records, user, shared.now())) else {
            return pages::problem(400, "Please go back and choose who you are.");
        };
        let own = user.own_patient();
        if let (Some(own), Some(patient)) = (own, pending.patient.as_deref())
            && pending.request.launch.is_some()
            && own != patient
        {
            return pages::problem(403, "A patient can open only the own record.");
        }
        if pending.request.launch.is_none() {
            // Who went back and is somebody else now has not chosen yet.
            pending.patient = None;
        }
        if let Some(own) = own.filter(|_| needs_patient(&pending)) {
            pending.patient = Some(own.to_owned());
        }
        sign_in::by_hand(state, &mut pending, &user.reference, shared.now());
        let next = match needs_patient(&pending) {
            true => pages::patient_address(handle),
            false => pages::consent_address(handle),
        };
        state.pending.insert(handle.to_owned(), pending);
        Reply::see_other(&next)
    })
}

fn patient_picked(shared: &Shared, incoming: &Incoming) -> Reply {
    step(shared, incoming, |state, handle, mut pending, form| {
        let is_here = |id: &&str| state.records.has(&format!("Patient/{id}"));
        let Some(patient) = form.get("patient").filter(is_here) else {
            return pages::problem(400, "Please go back and choose a patient.");
        };
        // Only a practitioner is ever asked; whoever is a patient, or came from a chart, has the answer already.
        if !asks_for_patient(&pending) {
            return pages::problem(403, "The patient of this launch is not yours to choose.");
        }
        pending.patient = Some(patient.to_owned());
        state.pending.insert(handle.to_owned(), pending);
        Reply::see_other(&pages::consent_address(handle))
    })
}

fn decided(shared: &Shared, incoming: &Incoming) -> Reply {
    step(shared, incoming, |state, handle, mut pending, form| {
        if pending.user.is_none() || needs_patient(&pending) {
            return pages::problem(400, "Please sign in and choose a patient first.");
        }
        // A tab beside this one may have chosen somebody else since: who allows has to have read of whom.
        let is_read = form
            .get(pages::ABOUT)
            .is_none_or(|about| pending.patient.as_deref() == Some(about));
        match form.get("decision") {
            Some("allow") if !is_read => Reply::see_other(&pages::consent_address(handle)),
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
        None => over(),
    }
}
