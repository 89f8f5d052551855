//! The pages, as HTML. Whatever comes from outside goes through [`escape`].

use std::{fmt::Write as _, time::Duration};

use actix_smart_auth::{LaunchKind, SmartSession, time::Timestamp};
use serde::Deserialize;

use crate::fhir::{Measurement, Person, Unread};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8886;--accent:#0b62a8}\
body{margin:0;font:1rem/1.5 system-ui,sans-serif}\
main{max-width:46rem;margin:0 auto;padding:1rem}\
h1{font-size:1.7rem;line-height:1.2;margin:.4rem 0}h2{font-size:1.15rem;margin:1.8rem 0 .4rem}\
.small{font-size:.9rem;opacity:.8}\
.notice{border-left:.3rem solid #2a8a4a;background:#2a8a4a1f;padding:.6rem .9rem}\
.problem{border-left:.3rem solid #c0392b;background:#c0392b1f;padding:.6rem .9rem}\
.box{border:1px solid var(--line);border-radius:.5rem;padding:.2rem 1rem 1rem;margin:1.6rem 0}\
.box h2{margin-top:.8rem}\
table{border-collapse:collapse;width:100%}\
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);\
overflow-wrap:anywhere}\
table.list td{overflow-wrap:break-word}table.list td:first-child{white-space:nowrap}th{font-weight:600}th[scope=row]{width:11rem;font-weight:400;opacity:.8}\
@media(max-width:30rem){th[scope=row]{width:7rem}}\
form{display:inline}\
button,.button{display:inline-block;font:inherit;font-weight:600;text-decoration:none;color:#fff;\
background:var(--accent);border:1px solid var(--accent);border-radius:.4rem;padding:.45rem 1rem;\
margin:.3rem .5rem .3rem 0;cursor:pointer}\
button.quiet{color:inherit;background:none;border-color:#888}\
button:focus-visible,a:focus-visible{outline:3px solid #e69500;outline-offset:2px}";

/// What the page reports about the button that was pressed, from the query of its address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Notice {
    #[serde(default)]
    did: String,
    #[serde(default)]
    wait: u32,
}

/// The page outside of any launch.
pub(crate) fn home(ehr_page: Option<&str>) -> String {
    let mut body = String::from(
        "<h1>Patient viewer</h1>\n\
         <p>This small application shows one patient’s data. It gets them from an EHR (a hospital’s record system) \
         after you have signed in there. It never sees your password.</p>\n\
         <h2>Start here</h2>\n\
         <p><a class=\"button\" href=\"/auth/launch\">Sign in</a><br>\
         <span class=\"small\">You sign in at the EHR and choose a patient there.</span></p>\n",
    );
    if let Some(ehr) = ehr_page {
        let _ = write!(
            body,
            "<h2>Or start in the EHR</h2>\n\
             <p>Open <a href=\"{0}\" target=\"_blank\" rel=\"noopener\">the EHR’s patient list</a> and press \
             <em>Launch</em> beside a patient. The application opens for that patient in a new tab.</p>\n",
            escape(ehr),
        );
    }
    document("Patient viewer", &body)
}

/// The page of one launch.
pub(crate) fn patient(
    session: &SmartSession,
    notice: &Notice,
    person: Result<Person, Unread>,
    measurements: Result<Vec<Measurement>, Unread>,
    ehr_page: Option<&str>,
) -> String {
    let mut body = notice_text(notice);
    let title = match person {
        Ok(person) => {
            let born = if person.birth_date.is_empty() {
                "date of birth not recorded".to_owned()
            } else {
                format!("born {}", escape(&person.birth_date))
            };
            let _ = writeln!(body, "<h1>{}</h1>\n<p>{born}</p>", escape(&person.name));
            person.name
        }
        Err(error) => {
            let _ = writeln!(body, "<h1>Patient</h1>\n{}", problem(&error));
            "Patient".to_owned()
        }
    };
    body.push_str("<h2>Latest measurements</h2>\n");
    body.push_str(&match measurements {
        Ok(list) => measurements_table(&list),
        Err(error) => problem(&error),
    });
    body.push_str(&token_box(session));
    body.push_str(&context(session));
    let _ = writeln!(
        body,
        "<form method=\"post\" action=\"{}\"><button class=\"quiet\">Sign out of this patient</button></form>",
        escape(&session.path("/auth/logout")),
    );
    let another = match ehr_page {
        Some(ehr) => format!(
            "open <a href=\"{}\" target=\"_blank\" rel=\"noopener\">the EHR’s patient list</a> and launch for \
             somebody else",
            escape(ehr)
        ),
        None => "launch for somebody else from the EHR".to_owned(),
    };
    let _ = writeln!(
        body,
        "<p class=\"small\">To see a second patient beside this one, {another}, or \
         <a href=\"/auth/launch\" target=\"_blank\" rel=\"noopener\">sign in again in a new tab</a>. \
         Each tab keeps its own patient.</p>",
    );
    document(&title, &body)
}

fn notice_text(notice: &Notice) -> String {
    let (class, text) = match notice.did.as_str() {
        "refreshed" => ("notice", "A new access token was fetched.".to_owned()),
        "too-early" => (
            "notice",
            format!(
                "Not refreshed: the token was new, and EHRs do not like to be asked too often. Try again after {} s.",
                notice.wait
            ),
        ),
        "no-refresh-token" => (
            "notice",
            "Not refreshed: the EHR gave no refresh token. When this token expires, sign in again.".to_owned(),
        ),
        "failed" => (
            "problem",
            "Not refreshed: the EHR did not give a new token. The log says why.".to_owned(),
        ),
        _ => return String::new(),
    };
    format!("<p class=\"{class}\" role=\"status\">{text}</p>\n")
}

fn problem(error: &Unread) -> String {
    format!("<p class=\"problem\">{}</p>\n", escape(&error.to_string()))
}

fn measurements_table(list: &[Measurement]) -> String {
    if list.is_empty() {
        return "<p>None are recorded.</p>\n".to_owned();
    }
    let rows: String = list
        .iter()
        .map(|it| {
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                escape(&it.date),
                escape(&it.what),
                escape(&it.value)
            )
        })
        .collect();
    format!("<table class=\"list\">\n<tr><th>Date</th><th>What</th><th>Value</th></tr>\n{rows}</table>\n")
}

/// How old the access token is. The token itself is never shown.
fn token_box(session: &SmartSession) -> String {
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
        "<section class=\"box\"><h2>Access token</h2>\n<table>\n{}{}</table>\n<p class=\"small\">{next}</p>\n\
         <form method=\"post\" action=\"{}\"><button>Refresh now</button></form></section>\n",
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
    let scopes: String = session
        .granted_scopes()
        .iter()
        .map(|scope| format!("<code>{}</code> ", escape(scope)))
        .collect();
    format!(
        "<h2>Launch context</h2>\n<table>\n{}{}{}{}{}{}{}</table>\n<h2>Granted scopes</h2>\n<p>{scopes}</p>\n",
        row("Launch began", began),
        row("Signed in", &user(session)),
        row("FHIR server", session.fhir_base_url()),
        row("Patient id", session.patient().unwrap_or(none)),
        row("Encounter id", session.encounter().unwrap_or(none)),
        row("Intent", context.intent().unwrap_or(none)),
        row("Show a patient banner", banner),
    )
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

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
        escape(title)
    )
}

/// Text as HTML, for an element's content and for a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
