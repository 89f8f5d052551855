//! Pages for a person. No scripts, no outside files; everything that comes from outside is escaped.

use super::{
    data::{PATIENTS, SandboxPatient, USERS, patient},
    http::Reply,
    scopes::{self, in_words},
    state::Pending,
};
use crate::pages::escape;

const STYLE: &str = "\
:root{color-scheme:light dark;--page:#fff;--ink:#17212b;--soft:#4b5a68;--note:#fbf4e0;--line:#8a97a4}\
@media(prefers-color-scheme:dark){:root{--page:#12181e;--ink:#e9eef3;--soft:#b4c1cd;--note:#2d2714}}\
body{font:17px/1.5 system-ui,sans-serif;max-width:44rem;margin:0 auto;padding:1rem;background:var(--page);\
color:var(--ink);overflow-wrap:anywhere}\
.note{border:1px solid #b58900;border-radius:.4rem;padding:.4rem .8rem;background:var(--note)}\
.card{border:1px solid var(--line);border-radius:.4rem;padding:.6rem .9rem;margin:.8rem 0}\
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.1rem;margin:.2rem 0}\
.small{font-size:.9rem;color:var(--soft)}\
button,a.button{display:inline-block;min-height:44px;box-sizing:border-box;font:inherit;text-decoration:none;color:#fff;\
background:#0b62a8;border:0;border-radius:.4rem;padding:.5rem .9rem;margin:.2rem .4rem .2rem 0;cursor:pointer}\
button.quiet{background:#5a6570}\
ul.scopes{list-style:none;padding:0}\
ul.scopes label,ul.scopes .fixed{display:block;padding:.6rem 0}\
ul.scopes label,ul.scopes .fixed{padding-inline-start:1.6rem}ul.scopes label{text-indent:-1.6rem}\
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}\
button:focus-visible,a:focus-visible{outline:3px solid var(--ink);outline-offset:2px}";

/// `form_targets`: where a form's answer may redirect to, in words of the Content-Security-Policy. Browsers apply
/// `form-action` to redirects after a form as well.
fn page(status: u16, title: &str, body: &str, form_targets: &str) -> Reply {
    let title = escape(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} – Sandbox EHR</title><style>{STYLE}</style></head><body>\
         <header class=\"note\"><strong>Sandbox EHR.</strong> For trying out apps. All people here are made up.</header>\
         <main><h1>{title}</h1>{body}</main></body></html>"
    );
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'{form_targets}; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    Reply::new(status, "text/html; charset=utf-8", html)
        .with_header("content-security-policy", &policy)
        .with_header("cache-control", "no-store")
        .with_header("referrer-policy", "no-referrer")
        .with_header("x-content-type-options", "nosniff")
}

/// Something the user cannot go on with.
pub(super) fn problem(status: u16, reason: &str) -> Reply {
    page(status, "This did not work", &format!("<p>{}</p>", escape(reason)), "")
}

/// The EHR's start page: patients, visits, and a link per app.
pub(super) fn ehr(launch_urls: &[(String, String)]) -> Reply {
    let mut body = String::new();
    if launch_urls.is_empty() {
        body.push_str("<p>No app has been registered for launching from here yet.</p>");
    } else {
        body.push_str(
            "<p>Choose a patient, or one of the patient’s visits, and open an app for it. It opens in a new tab.</p>",
        );
    }
    for patient in &PATIENTS {
        body.push_str(&format!("<section class=\"card\">{}", person(patient)));
        let name = patient.name();
        body.push_str(&launch_links(
            launch_urls,
            patient.id,
            None,
            "",
            &format!(" for {name}"),
        ));
        for visit in patient.encounters {
            let day = day(visit.start);
            let whose = format!(" of {name} on {day}");
            body.push_str(&format!(
                "<p class=\"small\">Visit on {}: {}<br>{}</p>",
                escape(&day),
                escape(visit.reason),
                launch_links(launch_urls, patient.id, Some(visit.id), " for this visit", &whose),
            ));
        }
        body.push_str("</section>");
    }
    page(200, "Patients", &body, "")
}

/// `whose` is beside the link for those who see the page. Who hears a list of links alone hears it with each.
fn launch_links(
    launch_urls: &[(String, String)],
    patient: &str,
    encounter: Option<&str>,
    for_what: &str,
    whose: &str,
) -> String {
    let link = |(index, (client_id, _)): (usize, &(String, String))| {
        let encounter_part = encounter.map(|id| format!("&encounter={id}")).unwrap_or_default();
        let href = format!("/ehr/launch?app={index}&patient={patient}{encounter_part}");
        format!(
            "<a class=\"button\" target=\"_blank\" rel=\"noopener\" href=\"{}\">Launch {}{for_what}\
             <span class=\"heard\">{}</span></a>",
            escape(&href),
            escape(client_id),
            escape(whose),
        )
    };
    launch_urls.iter().enumerate().map(link).collect()
}

fn person(patient: &SandboxPatient) -> String {
    format!(
        "<h2>{}</h2><p class=\"small\">born {}, {}</p>",
        escape(&patient.name()),
        escape(patient.birth_date),
        escape(patient.gender),
    )
}

fn day(date_time: &str) -> String {
    date_time.chars().take(10).collect()
}

pub(super) fn sign_in_address(handle: &str) -> String {
    format!("/authorize/sign-in?request={handle}")
}

pub(super) fn patient_address(handle: &str) -> String {
    format!("/authorize/patient?request={handle}")
}

pub(super) fn consent_address(handle: &str) -> String {
    format!("/authorize/decision?request={handle}")
}

/// The field that says of which patient a page has told.
pub(super) const ABOUT: &str = "about";

fn handle_field(handle: &str) -> String {
    format!("<input type=\"hidden\" name=\"request\" value=\"{}\">", escape(handle))
}

/// Who is it? There are no passwords.
pub(super) fn sign_in(handle: &str, pending: &Pending) -> Reply {
    let mut body = format!(
        "<p>The app <strong>{}</strong> asks you to sign in. There are no passwords in the sandbox.</p>\
         <form method=\"post\" action=\"/authorize/sign-in\">{}",
        escape(&pending.request.client_id),
        handle_field(handle),
    );
    for user in &USERS {
        let from_a_chart = pending.request.launch.is_some();
        if from_a_chart && user.own_patient().is_some() {
            continue;
        }
        body.push_str(&format!(
            "<p><button name=\"user\" value=\"{}\">Sign in as {}</button></p>",
            escape(user.reference),
            escape(user.name),
        ));
    }
    body.push_str("</form>");
    page(200, "Sign in", &body, "")
}

/// Which patient is it about? Standalone launches only.
pub(super) fn pick_patient(handle: &str) -> Reply {
    let mut body = format!(
        "<form method=\"post\" action=\"/authorize/patient\">{}",
        handle_field(handle),
    );
    for patient in &PATIENTS {
        body.push_str(&format!(
            "<section class=\"card\">{}<button name=\"patient\" value=\"{}\">Choose {}</button></section>",
            person(patient),
            escape(patient.id),
            escape(&patient.name()),
        ));
    }
    body.push_str("</form>");
    page(200, "Choose a patient", &body, "")
}

/// What may the app do?
pub(super) fn consent(handle: &str, pending: &Pending) -> Reply {
    let request = &pending.request;
    let about = match pending.patient.as_deref() {
        Some(id) => {
            let name = patient(id).map_or_else(|| id.to_owned(), SandboxPatient::name);
            format!(
                "<p>The patient is <strong>{}</strong>.</p><input type=\"hidden\" name=\"{ABOUT}\" value=\"{}\">",
                escape(&name),
                escape(id),
            )
        }
        None => String::new(),
    };
    let scopes: String = request
        .scopes
        .iter()
        .map(|scope| format!("<li>{}</li>", asked_scope(scope)))
        .collect();
    let body = format!(
        "<p>The app <strong>{}</strong> would like to:</p>\
         <form method=\"post\" action=\"/authorize/decision\">{}<ul class=\"scopes\">{scopes}</ul>{about}\
         <button name=\"decision\" value=\"allow\">Allow</button>\
         <button class=\"quiet\" name=\"decision\" value=\"deny\">Deny</button></form>",
        escape(&request.client_id),
        handle_field(handle),
    );
    page(200, "Allow access?", &body, &form_target(&request.redirect_uri))
}

/// One scope, with a box to refuse it by. Whom a launch is about is no permission, so that has none.
fn asked_scope(scope: &str) -> String {
    let (words, scope_text) = (escape(&in_words(scope)), escape(scope));
    if scopes::is_about_the_launch(scope) {
        return format!("<span class=\"fixed\">{words} <code class=\"small\">{scope_text}</code></span>");
    }
    format!(
        "<label><input type=\"checkbox\" name=\"{}\" value=\"yes\" checked> {words} \
         <code class=\"small\">{scope_text}</code></label>",
        escape(&scope_field(scope)),
    )
}

/// The name of the box of a scope.
pub(super) fn scope_field(scope: &str) -> String {
    format!("allow {scope}")
}

/// The redirect URI as a source of a Content-Security-Policy: its origin, or its scheme for an app on a phone.
fn form_target(redirect_uri: &str) -> String {
    let Ok(url) = url::Url::parse(redirect_uri) else {
        return String::new();
    };
    match url.origin() {
        url::Origin::Tuple(..) => format!(" {}", url.origin().ascii_serialization()),
        url::Origin::Opaque(_) => format!(" {}:", url.scheme()),
    }
}
