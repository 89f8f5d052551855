//! Pages for a person. No scripts, no outside files; everything that comes from outside is escaped.

mod chart;
mod found;

pub(super) use self::{
    chart::{frame, patient, patient_list},
    found::Found,
};
use super::{
    http::Reply,
    launching::{LaunchedIn, page_origins},
    people::{SandboxEncounter, SandboxPatient, SandboxUser},
    scopes::{self, in_words},
    state::Pending,
};
use crate::pages::escape;

const STYLE: &str = "\
:root{color-scheme:light dark;--page:#fff;--ink:#17212b;--soft:#4b5a68;--note:#fbf4e0;--line:#8a97a4;--link:#0b5a9a}\
@media(prefers-color-scheme:dark){:root{--page:#12181e;--ink:#e9eef3;--soft:#b4c1cd;--note:#2d2714;--link:#8cc4f5}}\
body{font:17px/1.5 system-ui,sans-serif;max-width:44rem;margin:0 auto;padding:1rem;background:var(--page);\
color:var(--ink);overflow-wrap:anywhere}\
.note{border:1px solid #b58900;border-radius:.4rem;padding:.4rem .8rem;background:var(--note)}\
.card{border:1px solid var(--line);border-radius:.4rem;padding:.6rem .9rem;margin:.8rem 0}\
a{color:var(--link)}a.card{display:block;color:var(--ink);text-decoration:none}a.card strong{text-decoration:underline}\
ul.plain{list-style:none;padding:0}\
input:not([type=checkbox]),select{display:block;width:100%;min-height:44px;box-sizing:border-box;font:inherit;color:var(--ink);\
background:var(--page);border:1px solid var(--line);border-radius:.4rem;padding:.4rem .6rem;margin:.2rem 0 .6rem}\
label.box{display:block;padding:.6rem 0}\
.wide{max-width:none}iframe{width:100%;height:75vh;box-sizing:border-box;border:2px solid var(--line);border-radius:.4rem;background:#fff}\
h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.1rem;margin:.2rem 0}\
.small{font-size:.9rem;color:var(--soft)}\
button,a.button{display:inline-block;min-height:44px;box-sizing:border-box;font:inherit;text-decoration:none;color:#fff;\
background:#0b62a8;border:0;border-radius:.4rem;padding:.5rem .9rem;margin:.2rem .4rem .2rem 0;cursor:pointer}\
button.quiet{background:#5a6570}\
ul.scopes{list-style:none;padding:0}\
ul.scopes label,ul.scopes .fixed{display:block;padding:.6rem 0}\
ul.scopes label,ul.scopes .fixed{padding-inline-start:1.6rem}ul.scopes label{text-indent:-1.6rem}\
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}\
button:focus-visible,a:focus-visible,input:focus-visible,select:focus-visible{outline:3px solid var(--ink);outline-offset:2px}";

/// A page before it becomes an answer.
struct Page {
    status: u16,
    title: String,
    body: String,
    width: &'static str,
    /// Sources in words of the Content-Security-Policy.
    form_targets: String,
    framed: &'static str,
    framed_by: String,
}

/// A page without a frame, that nobody frames, and whose forms stay here.
fn page(status: u16, title: &str, body: &str) -> Page {
    Page {
        status,
        title: title.to_owned(),
        body: body.to_owned(),
        width: "",
        form_targets: String::new(),
        framed: "'none'",
        framed_by: "'none'".to_owned(),
    }
}

impl Page {
    /// Where a form's answer may redirect to. Browsers apply `form-action` to redirects after a form as well.
    fn forms_lead_to(mut self, targets: &str) -> Self {
        targets.clone_into(&mut self.form_targets);
        self
    }

    /// What an application in a frame leads to is its own affair, as in an EHR.
    fn with_frames(mut self) -> Self {
        self.framed = "http: https:";
        self.width = " class=\"wide\"";
        self
    }

    /// Lets pages of these origins have it in a frame.
    fn framed_by(mut self, origins: String) -> Self {
        self.framed_by = origins;
        self
    }

    fn reply(self) -> Reply {
        let Self {
            status,
            body,
            width,
            form_targets,
            framed,
            framed_by,
            ..
        } = self;
        let title = escape(&self.title);
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title} – Sandbox EHR</title><style>{STYLE}</style></head><body{width}>\
             <header class=\"note\"><strong>Sandbox EHR.</strong> For trying out apps. Nobody here is a real person.</header>\
             <main><h1><bdi>{title}</bdi></h1>{body}</main></body></html>"
        );
        let policy = format!(
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'{form_targets}; base-uri 'none'; \
             frame-src {framed}; frame-ancestors {framed_by}"
        );
        Reply::new(status, "text/html; charset=utf-8", html)
            .with_header("content-security-policy", &policy)
            .with_header("cache-control", "no-store")
            .with_header("referrer-policy", "no-referrer")
            .with_header("x-content-type-options", "nosniff")
    }
}

/// Something the user cannot go on with.
pub(super) fn problem(status: u16, reason: &str) -> Reply {
    page(status, "This did not work", &format!("<p>{}</p>", escape(reason))).reply()
}

fn person(patient: &SandboxPatient) -> String {
    format!(
        "<h2><bdi>{}</bdi></h2><p class=\"small\">{}</p>",
        escape(&patient.name()),
        escape(&facts(patient)),
    )
}

/// What tells people of the same name apart.
fn facts(patient: &SandboxPatient) -> String {
    let born = patient.birth_date.as_ref().map(|date| format!("born {date}"));
    let number = patient.record_number.as_ref().map(|number| format!("record {number}"));
    let known: Vec<String> = [born, patient.gender.clone(), number].into_iter().flatten().collect();
    match known.is_empty() {
        true => "Date of birth and record number are not known".to_owned(),
        false => known.join(", "),
    }
}

fn day(visit: &SandboxEncounter) -> String {
    match &visit.start {
        Some(start) => start.chars().take(10).collect(),
        None => "a day that is not written down".to_owned(),
    }
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
pub(super) fn sign_in(handle: &str, pending: &Pending, users: &Found<SandboxUser>, origin: &str) -> Reply {
    let mut body = format!(
        "<p>The app <strong><bdi>{}</bdi></strong> asks you to sign in. There are no passwords in the sandbox.</p>",
        escape(&pending.request.client_id),
    );
    if users.needs_search() {
        body.push_str(&users.search_form("/authorize/sign-in", &handle_field(handle), "Name of the person"));
        body.push_str(&users.count_line("people"));
    }
    body.push_str(&format!(
        "<form method=\"post\" action=\"/authorize/sign-in\">{}",
        handle_field(handle)
    ));
    for user in &users.shown {
        body.push_str(&format!(
            "<p><button name=\"user\" value=\"{}\">Sign in as <bdi>{}</bdi></button></p>",
            escape(&user.reference),
            escape(&user.name),
        ));
    }
    body.push_str("</form>");
    of_authorization("Sign in", &body, pending, origin).reply()
}

/// Which patient is it about? Standalone launches only.
pub(super) fn pick_patient(handle: &str, patients: &Found<SandboxPatient>) -> Reply {
    let mut body = String::new();
    if patients.needs_search() {
        let label = "Name, date of birth or record number";
        body.push_str(&patients.search_form("/authorize/patient", &handle_field(handle), label));
    }
    body.push_str(&patients.count_line("patients"));
    body.push_str(&format!(
        "<form method=\"post\" action=\"/authorize/patient\">{}",
        handle_field(handle),
    ));
    for patient in &patients.shown {
        body.push_str(&format!(
            "<section class=\"card\">{}<button name=\"patient\" value=\"{}\">Choose <bdi>{}</bdi></button></section>",
            person(patient),
            escape(&patient.id),
            escape(&patient.name()),
        ));
    }
    body.push_str("</form>");
    page(200, "Choose a patient", &body).reply()
}

/// A page of a launch that the EHR has opened in a frame is in that frame.
fn of_authorization(title: &str, body: &str, pending: &Pending, origin: &str) -> Page {
    let page = page(200, title, body);
    match pending.details.place {
        LaunchedIn::Tab => page,
        LaunchedIn::OwnSiteFrame | LaunchedIn::ThirdPartyFrame => page.framed_by(page_origins(origin)),
    }
}

/// What may the app do?
pub(super) fn consent(handle: &str, pending: &Pending, patient: Option<&SandboxPatient>, origin: &str) -> Reply {
    let request = &pending.request;
    let about = match pending.patient.as_deref() {
        Some(id) => {
            let name = patient.map_or_else(|| id.to_owned(), SandboxPatient::name);
            format!(
                "<p>The patient is <strong><bdi>{}</bdi></strong>.</p><input type=\"hidden\" name=\"{ABOUT}\" value=\"{}\">",
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
    of_authorization("Allow access?", &body, pending, origin)
        .forms_lead_to(&form_target(&request.redirect_uri))
        .reply()
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
pub(super) fn form_target(redirect_uri: &str) -> String {
    let Ok(url) = url::Url::parse(redirect_uri) else {
        return String::new();
    };
    match url.origin() {
        url::Origin::Tuple(..) => format!(" {}", url.origin().ascii_serialization()),
        url::Origin::Opaque(_) => format!(" {}:", url.scheme()),
    }
}
