//! Pages of the EHR: the patient list, a patient, and the frame with an application in it.

use super::{Found, day, facts, form_target, page};
use crate::{
    pages::escape,
    sandbox::{
        http::Reply,
        launching::{can_be_own_site, can_be_third_party, own_site_origin, page_origin, page_origins},
        people::SandboxPatient,
        state::EhrLaunch,
    },
};

/// The EHR's start page.
pub(in crate::sandbox) fn patient_list(found: &Found<SandboxPatient>) -> Reply {
    let search = found.search_form("/", "", "Name, date of birth or record number");
    let mut body = format!("{search}{}", found.count_line("patients"));
    body.push_str("<ul class=\"plain\">");
    for patient in &found.shown {
        body.push_str(&format!(
            "<li><a class=\"card\" href=\"{}\"><strong><bdi>{}</bdi></strong><br><span class=\"small\">{}</span></a></li>",
            escape(&patient_address(&patient.id)),
            escape(&patient.name()),
            escape(&facts(patient)),
        ));
    }
    body.push_str("</ul>");
    page(200, "Patients", &body).reply()
}

fn patient_address(id: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/ehr/patient?id={id}")
}

/// A patient with the visits, and a form per application that can be opened from here.
pub(in crate::sandbox) fn patient(patient: &SandboxPatient, launch_urls: &[(String, String)], origin: &str) -> Reply {
    let name = patient.name();
    let mut body = format!(
        "<p>{}</p><p><a href=\"/\">Back to the patients</a></p>{}",
        escape(&facts(patient)),
        visits(patient),
    );
    if launch_urls.is_empty() {
        body.push_str("<p>No app has been registered for launching from here yet.</p>");
    }
    for (index, (client_id, url)) in launch_urls.iter().enumerate() {
        body.push_str(&launch_form(patient, index, (client_id, url), origin));
    }
    let targets: String = launch_urls.iter().map(|(_, url)| form_target(url)).collect();
    page(200, &name, &body)
        .forms_lead_to(&format!(" {}{targets}", page_origins(origin)))
        .reply()
}

fn visits(patient: &SandboxPatient) -> String {
    if patient.encounters.is_empty() {
        return "<p>No visits are written down.</p>".to_owned();
    }
    let lines = patient.encounters.iter().map(|visit| {
        let reason = visit.reason.as_deref().unwrap_or("no reason is written down");
        format!("<li>{}: <bdi>{}</bdi></li>", escape(&day(visit)), escape(reason))
    });
    format!("<h2>Visits</h2><ul>{}</ul>", lines.collect::<String>())
}

fn launch_form(patient: &SandboxPatient, index: usize, (client_id, launch_url): (&str, &str), origin: &str) -> String {
    let options: String = patient
        .encounters
        .iter()
        .map(|visit| {
            let reason = visit.reason.as_deref().unwrap_or("no reason is written down");
            let says = format!("{}: {reason}", day(visit));
            format!("<option value=\"{}\">{}</option>", escape(&visit.id), escape(&says))
        })
        .collect();
    // Who sees the page sees whom a button is about. Who hears a list of buttons alone hears it with each.
    let heard = format!(
        "<span class=\"heard\"> – {} for {}</span>",
        escape(client_id),
        escape(&patient.name())
    );
    let button = |open: &str, more: &str, says: &str| {
        format!("<button name=\"open\" value=\"{open}\"{more}>{says}{heard}</button>")
    };
    let buttons = [
        button("tab", "", "Launch in this tab"),
        button("tab", " formtarget=\"_blank\"", "Launch in a new tab"),
        match can_be_own_site(origin, launch_url) {
            true => button("own-site-frame", "", "Launch in a frame of the same site"),
            false => String::new(),
        },
        match can_be_third_party(origin, launch_url) {
            true => button("third-party-frame", "", "Launch in a frame of another site"),
            false => String::new(),
        },
    ]
    .concat();
    let why_not = match (can_be_own_site(origin, launch_url), own_site_origin(origin, launch_url)) {
        (true, _) => String::new(),
        (false, None) => {
            "<p class=\"small\">A frame of the same site is for apps with the host of this EHR.</p>".to_owned()
        }
        (false, Some(instead)) => format!(
            "<p class=\"small\">A frame of the same site is for apps with the host of this EHR. Start it with the origin <code>{}</code> to give \
             it the host of this app.</p>",
            escape(&instead)
        ),
    };
    format!(
        "<section class=\"card\" aria-labelledby=\"app-{index}\"><h2 id=\"app-{index}\"><bdi>{client}</bdi></h2>\
         <p class=\"small\">{url}</p><form action=\"/ehr/launch\" method=\"get\" rel=\"noopener\">\
         <input type=\"hidden\" name=\"client\" value=\"{client}\"><input type=\"hidden\" name=\"launch-url\" value=\"{url}\">\
         <input type=\"hidden\" name=\"patient\" value=\"{id}\">\
         <label for=\"encounter-{index}\">Visit</label>\
         <select id=\"encounter-{index}\" name=\"encounter\"><option value=\"\">No visit</option>{options}</select>\
         <label for=\"intent-{index}\">Intent (may be left empty)</label>\
         <input id=\"intent-{index}\" name=\"intent\" autocomplete=\"off\" maxlength=\"200\">\
         <label class=\"box\"><input type=\"checkbox\" name=\"style\" value=\"yes\"> Tell the app how this EHR looks</label>\
         {buttons}{why_not}</form></section>",
        client = escape(client_id),
        url = escape(launch_url),
        id = escape(&patient.id),
    )
}

/// The page around an application: who the patient is, and the application below it.
pub(in crate::sandbox) fn frame(
    launch: &EhrLaunch,
    patient: Option<&SandboxPatient>,
    address: &str,
    origin: &str,
) -> Reply {
    let (name, known) = match patient {
        Some(patient) => (patient.name(), facts(patient)),
        None => (launch.patient.clone(), "This patient is not known here".to_owned()),
    };
    let client = launch.client_id.as_deref().unwrap_or("The app");
    // Of an EHR with a name of its own there is no other page: that is of the site of an app with the same host, whatever was chosen.
    let shown_at = page_origin(origin, &launch.launch_url, launch.details.place);
    let site = match can_be_own_site(&shown_at, &launch.launch_url) {
        true => "of the same site as the app",
        false => "of another site than the app",
    };
    let back = match patient {
        // The patient's page is at home under the EHR's own name.
        Some(patient) => format!(
            "<p><a href=\"{}\">Back to the patient</a></p>",
            escape(&format!("{origin}{}", patient_address(&patient.id)))
        ),
        None => String::new(),
    };
    let body = format!(
        "<p>{}</p>{back}<p class=\"small\">{} is in the frame below. To the browser this page is {site}. If the frame \
         stays empty, the app does not let this page have it in a frame (<code>frame-ancestors</code>).</p>\
         <iframe title=\"{}\" src=\"{}\"></iframe>",
        escape(&known),
        escape(client),
        escape(client),
        escape(address),
    );
    page(200, &name, &body).with_frames().reply()
}
