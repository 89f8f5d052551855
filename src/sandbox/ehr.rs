//! The EHR's own pages: the patient list, a patient, and the page with an application in its frame.

use serde_json::json;

use super::{
    http::{Incoming, Params, Reply},
    launching::{EhrStyle, LaunchedIn, opened_at},
    pages::{self, Found},
    people::{self, SandboxPatient},
    state::{EhrLaunch, Shared, launch_url_with},
};

/// What a page of the EHR is asked for.
pub(super) fn reply(shared: &Shared, incoming: &Incoming) -> Reply {
    if !matches!(incoming.method.as_str(), "GET" | "HEAD") {
        return Reply::method_not_allowed("GET, HEAD");
    }
    // These make a launch value, which a question must not.
    if incoming.method == "HEAD" && matches!(incoming.path.as_str(), "/ehr/launch" | "/ehr/frame") {
        return Reply::method_not_allowed("GET");
    }
    let Ok(query) = Params::new(incoming.query()) else {
        return pages::problem(400, "The address says something twice. Please go back to the patients.");
    };
    match incoming.path.as_str() {
        "/ehr/patient" => patient(shared, &query),
        "/ehr/launch" => launch(shared, &query),
        "/ehr/frame" => frame(shared, &query),
        "/ehr/style.json" => style(),
        _ => patients(shared, &query),
    }
}

/// The address of the style, for `smart_style_url`.
pub(super) fn style_address(origin: &str) -> String {
    format!("{origin}/ehr/style.json")
}

fn patients(shared: &Shared, query: &Params) -> Reply {
    let records = shared.records();
    let all = people::patient_list(&records, shared.now());
    pages::patient_list(&Found::of(all, query.get("q"), SandboxPatient::described))
}

fn patient(shared: &Shared, query: &Params) -> Reply {
    let state = shared.state();
    let patient = query
        .get("id")
        .and_then(|id| people::patient(&state.records, id, shared.now()));
    match patient {
        Some(patient) => pages::patient(&patient, &state.launch_urls, &shared.origin),
        None => pages::problem(404, "This patient is not known here. Please go back to the patients."),
    }
}

/// Sends the browser to an application, as an EHR does when somebody opens it from a chart.
fn launch(shared: &Shared, query: &Params) -> Reply {
    let now = shared.now();
    let mut state = shared.state();
    // Only registered addresses: the page must not be a way to send a browser anywhere.
    // By name: a number would be another app after a change while the page is open.
    let app = query.get("client").and_then(|client| {
        let mut own = state.launch_urls.iter().filter(|(whose, _)| whose == client);
        match query.get("launch-url") {
            Some(url) => own.find(|(_, own)| own == url),
            None => own.next(),
        }
    });
    let app = app.cloned();
    let patient = query
        .get("patient")
        .and_then(|id| people::patient(&state.records, id, now));
    let (Some((client_id, url)), Some(patient)) = (app, patient) else {
        return pages::problem(404, "This patient or this app is not known here.");
    };
    let mut visits = patient.encounters.into_iter().map(|visit| visit.id);
    let mut launch = EhrLaunch::new(url, Some(client_id), patient.id, now);
    launch.encounter = query.get("encounter").and_then(|id| visits.find(|visit| visit == id));
    launch.details.intent = query.get("intent").map(str::to_owned);
    launch.details.style = match query.get("style") {
        Some(_) => EhrStyle::Said,
        None => EhrStyle::NotSaid,
    };
    launch.details.place = match query.get("open") {
        Some("own-site-frame") => LaunchedIn::OwnSiteFrame,
        Some("third-party-frame") => LaunchedIn::ThirdPartyFrame,
        _ => LaunchedIn::Tab,
    };
    let value = state.mint_launch(launch.clone());
    Reply::redirect(&opened_at(shared, &launch, &value))
}

/// The page around an application. After a reload the application is launched once more, as in an EHR.
fn frame(shared: &Shared, query: &Params) -> Reply {
    let now = shared.now();
    let mut state = shared.state();
    let value = query.get("launch").unwrap_or_default().to_owned();
    let launch = state.launches.get(&value).cloned();
    let Some(launch) = launch.filter(|launch| launch.details.place != LaunchedIn::Tab) else {
        return pages::problem(
            404,
            "This page is over. Please open the app from the patient once more.",
        );
    };
    let value = match launch.used {
        true => state.mint_launch(EhrLaunch {
            used: false,
            made: now,
            ..launch.clone()
        }),
        false => value,
    };
    let patient = people::patient(&state.records, &launch.patient, now);
    let address = launch_url_with(&launch.launch_url, &shared.fhir_base(), &value);
    pages::frame(&launch, patient.as_ref(), &address, &shared.origin)
}

/// How the EHR looks (SMART App Launch 2.2, section *Styling*).
fn style() -> Reply {
    let style = json!({
        "color_background": "#ffffff",
        "color_error": "#b3261e",
        "color_highlight": "#0b62a8",
        "color_modal_backdrop": "#17212b",
        "color_success": "#1e6b3a",
        "color_text": "#17212b",
        "dim_border_radius": "6px",
        "dim_font_size": "17px",
        "dim_spacing_size": "16px",
        "font_family_body": "system-ui, sans-serif",
        "font_family_heading": "system-ui, sans-serif",
    });
    Reply::json(200, &style).with_header("access-control-allow-origin", "*")
}
