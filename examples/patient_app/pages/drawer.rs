//! What a developer wants to see: the token's age, the launch context, the scopes. Folded, as it is not for clinicians.

use std::time::Duration;

use actix_smart_auth::{
    LaunchKind, SmartSession,
    audit::{AuditEvent, Audited},
    time::Timestamp,
};

use super::{document::escape, notice::Notice};

/// Open where it has something to tell: the button that was pressed is in it.
pub(super) fn drawer(session: &SmartSession, events: &[AuditEvent], notice: &Notice) -> String {
    let open = if notice.is_there() { " open" } else { "" };
    format!(
        "<details id=\"developers\"{open}><summary>For developers</summary>\n{}{}{}{}{}</details>\n",
        notice.html(),
        token(session),
        context(session),
        scopes(session),
        last_events(session, events)
    )
}

/// How old the access token is. The token itself is never shown.
fn token(session: &SmartSession) -> String {
    let tokens = session.tokens();
    let due = Duration::from_secs(300).min(tokens.lifetime() / 2);
    let left = session.expires_in();
    let next = match (tokens.refresh_token(), left.checked_sub(due)) {
        (None, _) => "The EHR gave no refresh token, so you sign in again when it expires.".to_owned(),
        (Some(_), Some(wait)) => format!(
            "Reload this page in {} s or later, and it is refreshed before the page is made.",
            wait.as_secs() + 1
        ),
        (Some(_), None) => "It is due; a reload refreshes it before the page is made.".to_owned(),
    };
    format!(
        "<h3>Access token</h3>\n<progress aria-label=\"What is left of its life\" max=\"{}\" value=\"{}\"></progress>\n\
         <table>\n{}{}</table>\n<p class=\"small\">{next}</p>\n\
         <form method=\"post\" action=\"{}\"><button>Refresh now</button></form>\n",
        tokens.lifetime().as_secs(),
        left.as_secs(),
        row("Fetched at", &time_of_day(tokens.requested_at())),
        row("Expires in", &format!("{} s", left.as_secs())),
        escape(&session.path("/refresh")),
    )
}

fn context(session: &SmartSession) -> String {
    let context = session.launch_context();
    let began = match session.kind() {
        LaunchKind::Ehr => "in the EHR",
        _ => "in the application",
    };
    let banner = match context.need_patient_banner() {
        Some(true) => "yes",
        Some(false) => "no",
        None => "the EHR did not say",
    };
    let none = "none";
    format!(
        "<h3>Launch context</h3>\n<table>\n{}{}{}{}{}{}{}</table>\n",
        row("Launch began", began),
        row("Signed in", &user(session)),
        row("FHIR server", session.fhir_base_url()),
        row("Patient id", session.patient().unwrap_or(none)),
        row("Encounter id", session.encounter().unwrap_or(none)),
        row("Intent", context.intent().unwrap_or(none)),
        row("Show a patient banner", banner),
    )
}

fn scopes(session: &SmartSession) -> String {
    let listed = |scopes: Vec<&str>| match scopes.as_slice() {
        [] => "<p class=\"small\">None.</p>\n".to_owned(),
        some => {
            let codes = some.iter().map(|scope| format!("<code>{}</code> ", escape(scope)));
            format!("<p>{}</p>\n", codes.collect::<String>())
        }
    };
    let asked = session.ehr().map(|ehr| ehr.scopes().to_string()).unwrap_or_default();
    let refused = session.require_scopes(&asked).err();
    let refused = refused.as_ref().map(|lack| lack.missing().iter().collect());
    format!(
        "<h3>Scopes that were granted</h3>\n{}<h3>Scopes that were refused</h3>\n{}",
        listed(session.granted_scopes().iter().collect()),
        listed(refused.unwrap_or_default())
    )
}

/// What the audit trail has of this launch.
fn last_events(session: &SmartSession, events: &[AuditEvent]) -> String {
    let rows = events
        .iter()
        .map(|event| row(&time_of_day(event.at), &in_words(&event.what)));
    format!(
        "<h3>Last events of this launch</h3>\n<table>\n{}</table>\n<p class=\"small\">The log calls this launch <code>{}</code>. \
         What this process counts is at <a href=\"/metrics\">/metrics</a>.</p>\n",
        rows.collect::<String>(),
        escape(&session.log_name())
    )
}

fn in_words(what: &Audited) -> String {
    match what {
        Audited::Refresh(refresh) => format!("refresh: {}", refresh.result.name()),
        Audited::FhirAccess(access) => {
            let status = access
                .status
                .map_or_else(|| "not sent".to_owned(), |status| status.to_string());
            let kind = access.resource_type.as_deref().unwrap_or_default();
            format!("FHIR: {} {kind}, {status}", access.interaction)
        }
        other => other.name().replace('_', " "),
    }
}

/// Who signed in, as the verified id token says it.
fn user(session: &SmartSession) -> String {
    let name = session.id_token_claims().and_then(|claims| claims.name());
    let reference = session.fhir_user().map(|user| user.reference());
    match (name, reference) {
        (Some(name), Some(reference)) => format!("{name} ({reference})"),
        (Some(known), None) => known.to_owned(),
        (None, Some(known)) => known,
        (None, None) => "the EHR did not say".to_owned(),
    }
}

fn row(name: &str, value: &str) -> String {
    format!(
        "<tr><th scope=\"row\">{}</th><td>{}</td></tr>\n",
        escape(name),
        escape(value)
    )
}

fn time_of_day(moment: Timestamp) -> String {
    let seconds = moment.as_secs() % (24 * 60 * 60);
    format!("{:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
