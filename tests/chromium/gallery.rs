//! Every page of the crate, for a browser and for axe-core: at `/gallery/…` of the application.

use std::{
    collections::BTreeSet,
    env,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use actix_smart_auth::{
    pages::{Brand, Language, Logo, Page, gallery},
    time::Timestamp,
};
use actix_web::{HttpRequest, HttpResponse, http::header, web};
use serde_json::{Value, json};

use crate::{
    application::{Application, Place},
    demo::Demo,
    stage::Stage,
};

fn play_in(language: Language) {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwn);
    stage.play(
        "gallery.everyPage",
        &app,
        json!({ "pages": visits(language), "pictures": pictures() }),
    );
}

#[test]
fn everybody_can_use_every_page_in_english() {
    play_in(Language::English);
}

#[test]
fn everybody_can_use_every_page_in_german() {
    play_in(Language::German);
}

#[test]
fn everybody_can_use_the_pages_of_the_sandbox_and_the_banner_of_a_patient() {
    let Some(stage) = Stage::find() else { return };
    let app = Application::start(Place::OfItsOwn);
    stage.play("gallery.sandbox", &app, json!({}));
}

#[test]
fn everybody_can_use_the_demo() {
    let Some(stage) = Stage::find() else { return };
    let Some(demo) = Demo::start() else { return };
    stage.play("gallery.demo", &demo, json!({ "pictures": pictures() }));
}

#[test]
fn the_demo_says_what_a_button_did_once_and_keeps_the_drawer_open_in_which_it_was_pressed() {
    let Some(stage) = Stage::find() else { return };
    let Some(demo) = Demo::start() else { return };
    stage.play("gallery.refreshNow", &demo, json!({}));
}

#[test]
fn the_demo_says_soon_that_the_ehr_hangs() {
    let Some(stage) = Stage::find() else { return };
    let Some(demo) = Demo::start_at_a_sandbox() else { return };
    stage.play("gallery.hangingEhr", &demo, json!({}));
}

/// Where the pictures of the documentation go, where they are to be made anew (`BLESS=1`).
fn pictures() -> Option<PathBuf> {
    let is_wanted = env::var("BLESS").is_ok_and(|value| value == "1");
    is_wanted.then(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("docs"))
}

/// The pages of a language, each with the looks in which axe-core goes through it.
///
/// All pages share one style sheet. A word too long for its place is a matter of one text, which the widths find that every
/// page is shown in; what axe-core finds is a matter of elements and colours. So it goes through
///
/// - every page with a brand, on a desk by day: that has all texts, and the most elements,
/// - the first page of every code at night: each code is seen in both themes,
/// - the first page of every structure (elements and their classes), with a brand and without, in every look.
///
/// A page without a brand has nothing more than the same page with one; it is shown where its structure is new.
fn visits(language: Language) -> Vec<Value> {
    let (mut codes, mut structures) = (BTreeSet::new(), BTreeSet::new());
    let in_language = || DOCUMENTS.iter().filter(|it| it.page.language == language);
    let branded = in_language().filter(|it| it.page.brand.is_some());
    let plain = in_language().filter(|it| it.page.brand.is_none());
    let visits = branded.chain(plain).filter_map(|Document { path, page }| {
        let branded = page.brand.is_some();
        let new_code = codes.insert(page.code);
        let looks: &[&str] = if structures.insert(structure(&page.html())) {
            &["desk, day", "desk, night", "phone, day", "phone, night"]
        } else if new_code {
            &["desk, day", "desk, night"]
        } else if branded {
            &["desk, day"]
        } else {
            return None;
        };
        Some(json!({ "path": path, "looks": looks }))
    });
    visits.collect()
}

static DOCUMENTS: LazyLock<Vec<Document>> =
    LazyLock::new(|| Language::ALL.iter().flat_map(|it| documents(*it)).collect());

struct Document {
    path: String,
    page: Page,
}

fn documents(language: Language) -> Vec<Document> {
    let numbered = gallery(language).into_iter().enumerate();
    let both = numbered.flat_map(|(number, page)| {
        let page = page.with_time(Timestamp::from_millis(1_795_982_645_000));
        let page = match page.status {
            400.. => page.with_reference("7K3M-9QXT".parse().unwrap()),
            _ => page,
        };
        let path = format!("/gallery/{}-{number:02}-{}", language.tag(), page.code);
        [
            Document {
                path: format!("{path}-plain"),
                page: page.clone(),
            },
            Document {
                path: format!("{path}-brand"),
                page: page.with_brand(brand()),
            },
        ]
    });
    both.collect()
}

fn brand() -> Brand {
    let logo = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\"><rect width=\"24\" height=\"24\" rx=\"5\" \
                fill=\"#fff\"/><path d=\"M4 19q8-1 16-13M4 13q7-1 12-8\" fill=\"none\" stroke=\"#005eb8\" stroke-width=\"2\" \
                stroke-linecap=\"round\"/></svg>";
    Brand::new("Growth charts")
        .support("Call 555-0100, day and night.")
        .support_in(Language::German, "Rufen Sie 555-0100 an, Tag und Nacht.")
        .support_in(Language::German, "Rufen Sie 555-0100 an, Tag und Nacht.")
        .color("#005eb8".parse().unwrap())
        .logo(Logo::new(logo).unwrap())
}

/// The elements of a page and their classes, without texts and addresses.
fn structure(html: &str) -> String {
    let tags = html.split('<').filter_map(|it| it.split_once('>')).map(|(tag, _)| tag);
    let elements = tags.map(|tag| {
        let name = tag.split_whitespace().next().unwrap_or_default();
        let class = tag.split_once("class=\"").and_then(|(_, rest)| rest.split('"').next());
        format!("{name}.{} ", class.unwrap_or_default())
    });
    elements.collect()
}

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.route("/gallery/{name}", web::get().to(shown));
}

/// With the policy that the crate sends, as a style that it refused would go unnoticed otherwise.
async fn shown(request: HttpRequest) -> HttpResponse {
    match DOCUMENTS.iter().find(|it| it.path == request.match_info().as_str()) {
        Some(Document { page, .. }) => HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, page.content_security_policy()))
            .body(page.html()),
        None => HttpResponse::NotFound().finish(),
    }
}
