use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::*;
use crate::{protocol::authorization::AuthorizationForm, time::Timestamp};

const HOSTILE: &str = "<script>alert('x')</script>\" onload=\"&amp;";

fn hostile_page() -> Page {
    Page::new(502, "ehr-error", HOSTILE, HOSTILE)
        .with_detail(HOSTILE)
        .with_action(HOSTILE, HOSTILE)
        .with_brand(Brand::new(HOSTILE).support(HOSTILE))
}

fn no_launch() -> Page {
    Page::new(401, "no-launch", "You are not signed in here", "Please start again.")
}

#[test]
fn every_text_is_escaped() {
    assert_eq!(
        escape(r#"<a b="c" d='e'>&"#),
        "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;"
    );
    let html = hostile_page().html();
    // Title, heading, message, detail, label, address; whose it is (twice), and whom to ask.
    assert_eq!(html.matches("&lt;script&gt;alert(&#39;x&#39;)").count(), 9);
    assert_eq!(html.matches("&amp;amp;").count(), 9);
    for raw in ["<script", "alert('", "\" onload", "onload=\"\""] {
        assert!(!html.contains(raw), "{raw}");
    }
}

#[test]
fn a_page_is_a_complete_document_that_fits_a_phone() {
    let html = no_launch()
        .with_action("Sign in", "/auth/launch?return_to=/a&x=1".to_owned())
        .html();
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert!(html.contains("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"));
    assert!(html.contains("<a class=\"action\" href=\"/auth/launch?return_to=/a&amp;x=1\">Sign in</a>"));
    assert!(html.contains("Code: no-launch"));
    assert!(!html.contains("<script") && !html.contains("http"));
    assert!(html.len() < 4_000, "{}", html.len());
}

/// The text between `<style>` and `</style>`, as the policy names it.
fn hash_of_style(html: &str) -> String {
    let (_, style) = html.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style)))
}

#[test]
fn the_policies_allow_our_style_in_any_color_and_no_other() {
    let plain = no_launch();
    let colored = no_launch().with_brand(Brand::new("Growth charts").color("#ffcc00".parse().unwrap()));
    assert!(colored.html().contains("--brand:#ffcc00;--on-brand:#000"));
    assert_ne!(hash_of_style(&plain.html()), hash_of_style(&colored.html()));
    for page in [plain, colored] {
        let policy = page.content_security_policy();
        assert!(policy.contains(&hash_of_style(&page.html())), "{policy}");
        assert!(!policy.contains("img-src"), "{policy}");
    }
    let replaced = REPLACED_PAGE_CONTENT_SECURITY_POLICY.to_owned();
    for policy in [no_launch().content_security_policy(), replaced] {
        assert!(policy.starts_with("default-src 'none'; ") && policy.ends_with("base-uri 'none'; form-action 'self'"));
        assert!(!policy.contains("script-src") && !policy.contains("frame-ancestors"));
    }
}

#[test]
fn a_page_says_whose_it_is_in_its_title_and_at_its_top_and_whom_to_ask() {
    let brand = Brand::new("Growth charts").support("Call 555-0100.");
    let html = no_launch().with_brand(brand.clone()).html();
    assert!(
        html.contains("<title>You are not signed in here – Growth charts</title>"),
        "{html}"
    );
    assert!(html.contains("<header><span>Growth charts</span></header>"), "{html}");
    assert!(html.contains("<p>Help: Call 555-0100.</p>"), "{html}");
    let question = Page::new(200, "choose-patient", "Which?", "Choose.").with_brand(brand.clone());
    assert!(!question.html().contains("555-0100"));
    let choices = || vec![PageAction::new("North Hospital", "/auth/launch?ehr=north")];
    let choice = question.clone().with_choices(choices());
    let search = question.with_search(PageSearch::new("/auth/launch", "west"));
    for page in [choice, search] {
        assert!(page.html().contains("<p>Help: Call 555-0100.</p>"), "{}", page.html());
    }
    assert!(!no_launch().html().contains("<header"));
}

#[test]
fn what_a_search_has_found_is_told_from_the_whole_list_in_the_title_and_leads_back_to_the_field() {
    let page = |text: &str| {
        Page::new(200, "which-ehr", "Which?", "Choose.")
            .with_choices(vec![PageAction::new("North Hospital", "/auth/launch?ehr=north")])
            .with_search(PageSearch::new("/auth/launch", text))
            .with_brand(Brand::new("Growth charts"))
            .html()
    };
    let found = page("<st> mary");
    assert!(
        found.contains("<title>&lt;st&gt; mary – Which? – Growth charts</title>"),
        "{found}"
    );
    assert!(page(" ").contains("<title>Which? – Growth charts</title>"));
    let (list, back) = (found.find("</ul>").unwrap(), found.find(r##"href="#q""##).unwrap());
    assert!(
        list < back && found.contains(r#"<input type="search" id="q" "#),
        "{found}"
    );
    assert!(found.contains(r#"<ul role="list">"#), "{found}");
    let nothing = Page::new(200, "which-ehr", "Which?", "None.").with_search(PageSearch::new("/auth/launch", "x"));
    assert!(!nothing.html().contains(r##"href="#q""##));
}

#[test]
fn a_logo_goes_along_inside_of_the_page_and_the_policy_lets_it() {
    let brand = Brand::new("Growth charts").logo(Logo::new("<svg/>").unwrap());
    let page = no_launch().with_brand(brand);
    assert!(
        page.html()
            .contains("<img src=\"data:image/svg+xml;base64,PHN2Zy8+\" alt=\"\">")
    );
    assert!(page.content_security_policy().contains("; img-src data:; "));
    assert!(!format!("{page:?}").contains("base64"));
}

#[test]
fn a_logo_of_a_choice_goes_along_and_the_policy_lets_it() {
    let mut page = no_launch();
    let choice = || PageAction::new("North", "launch?ehr=north");
    page.choices = vec![choice()];
    assert!(!page.content_security_policy().contains("img-src"));
    page.choices = vec![choice(), choice().with_logo(Logo::new(b"\x89PNG\r\n\x1a\n").unwrap())];
    assert!(page.content_security_policy().contains("; img-src data:; "));
    assert_eq!(page.html().matches("<img src=\"data:image/png;base64,").count(), 1);
}

#[test]
fn a_page_is_in_one_language_its_own_words_too() {
    let page = Page::new(
        401,
        "no-launch",
        "Sie sind hier nicht angemeldet",
        "Bitte beginnen Sie neu.",
    )
    .with_language(Language::German)
    .with_reference("7K3M-9QXT".parse().unwrap())
    .with_time(Timestamp::from_millis(1_795_982_645_000));
    let html = page.html();
    assert!(html.starts_with("<!doctype html>\n<html lang=\"de\">"));
    for text in [
        "<summary>Angaben für den Support</summary>",
        "Referenz: 7K3M-9QXT</p>",
        "Zeit: 2026-11-29 20:04:05 UTC</p>",
    ] {
        assert!(html.contains(text), "{html}");
    }
}

#[test]
fn whom_to_ask_is_said_in_the_language_of_the_page_where_the_brand_has_it() {
    let brand = Brand::new("Growth charts")
        .support("Call 555-0100.")
        .support_in(Language::German, "Rufen Sie 555-0100 an.");
    let german = no_launch().with_brand(brand.clone()).with_language(Language::German);
    assert!(
        german.html().contains("<p>Hilfe: Rufen Sie 555-0100 an.</p>"),
        "{}",
        german.html()
    );
    let english = no_launch().with_brand(brand);
    assert!(
        english.html().contains("<p>Help: Call 555-0100.</p>"),
        "{}",
        english.html()
    );
    let only = Brand::new("Growth charts").support("Call 555-0100.");
    let german = no_launch().with_brand(only).with_language(Language::German);
    assert!(
        german.html().contains("<p>Hilfe: Call 555-0100.</p>"),
        "{}",
        german.html()
    );
}

#[test]
fn a_page_that_loads_itself_again_says_so() {
    let mut page = no_launch();
    assert!(!page.html().contains("by itself"));
    page.tries_again_in = Some(Duration::from_secs(30));
    assert!(
        page.html()
            .contains("<p>This page tries again by itself in 30 seconds.</p>")
    );
}

#[test]
fn a_page_that_loads_itself_again_does_not_tell_to_try_again_as_well() {
    let wait = Duration::from_secs(5);
    for language in Language::ALL {
        let words = language.words();
        let soon = texts::record_silent(words, Audience::Document, wait).with_language(*language);
        let mut itself = soon.clone();
        itself.tries_again_in = Some(wait);
        let by_itself = words.frame.tries_again.replace("{seconds}", "5");
        assert!(soon.message.ends_with(words.later.soon), "{}", soon.message);
        assert!(soon.html().contains(words.later.soon) && !soon.html().contains(&by_itself));
        assert!(!itself.html().contains(words.later.soon), "{}", itself.html());
        assert_eq!(itself.html().matches(&by_itself).count(), 1, "{}", itself.html());
    }
}

#[test]
fn a_list_stands_in_place_of_the_message_which_says_the_same_in_one_paragraph() {
    let list = PageList::new(
        "Not allowed:",
        vec!["see <tasks>".to_owned(), "know you".to_owned()],
        "Ask & see.",
    );
    let page = no_launch().with_list(list);
    assert_eq!(page.message, "Not allowed: see <tasks>; know you. Ask & see.");
    let html = page.html();
    let shown = "<p>Not allowed:</p>\n<ul class=\"what\">\n<li>see &lt;tasks&gt;</li>\n<li>know you</li>\n</ul>\n<p>Ask &amp; see.</p>";
    assert!(html.contains(shown), "{html}");
    assert_eq!(html.matches("know you").count(), 1, "{html}");
    let problem: Value = serde_json::from_str(&page.problem_json()).unwrap();
    assert_eq!(problem["detail"], page.message);
    assert!(!format!("{:?}", page.list).contains("tasks"));
}

#[test]
fn a_detail_in_another_language_than_its_page_says_so() {
    for (language, paragraph) in [
        (Language::German, "<p lang=\"en\">the launch request has no `iss`</p>"),
        (Language::English, "<p>the launch request has no `iss`</p>"),
    ] {
        let page = texts::bad_launch(language.words(), "the launch request has no `iss`".to_owned());
        let html = page.with_language(language).html();
        assert!(html.contains(paragraph), "{html}");
    }
}

#[test]
fn problem_json_carries_what_a_program_needs() {
    let problem: Value = serde_json::from_str(&hostile_page().problem_json()).unwrap();
    assert_eq!(
        problem,
        json!({
            "type": "urn:actix-smart-auth:ehr-error", "title": HOSTILE, "status": 502, "detail": HOSTILE,
            "code": "ehr-error", "explanation": HOSTILE, "launch_url": HOSTILE,
        })
    );
    let bare: Value = serde_json::from_str(&no_launch().problem_json()).unwrap();
    let members: Vec<_> = bare.as_object().unwrap().keys().collect();
    assert_eq!(members, ["code", "detail", "status", "title", "type"]);
}

#[test]
fn what_went_wrong_has_a_reference_for_people_and_programs() {
    let refused = no_launch().with_reference("7K3M-9QXT".parse().unwrap());
    assert!(refused.html().contains("Reference: 7K3M-9QXT</p>"));
    let problem: Value = serde_json::from_str(&refused.problem_json()).unwrap();
    assert_eq!(problem["reference"], "7K3M-9QXT");
}

#[test]
fn debug_output_of_a_page_does_not_hold_what_the_ehr_wrote() {
    assert_eq!(
        format!("{:?}", hostile_page()),
        r#"Page { status: 502, code: "ehr-error", .. }"#
    );
}

#[test]
fn the_authorize_form_submits_itself_and_has_a_button() {
    let form = AuthorizationForm {
        action: "https://ehr.example/authorize?a=1&b=\"><script>".to_owned(),
        fields: vec![
            ("scope".to_owned(), "a|b \"><script>x".to_owned()),
            ("launch".to_owned(), "'x'&+".to_owned()),
        ],
    };
    let page = authorize_form_page(&form, "NONCE", Language::English, None);
    let html = &page.html;
    assert!(html.contains("action=\"https://ehr.example/authorize?a=1&amp;b=&quot;&gt;&lt;script&gt;\""));
    assert!(html.contains("name=\"scope\" value=\"a|b &quot;&gt;&lt;script&gt;x\""));
    assert!(html.contains("name=\"launch\" value=\"&#39;x&#39;&amp;+\""));
    assert!(html.contains("<button>Continue</button>"));
    assert!(html.contains("<script nonce=\"NONCE\">document.forms[0].submit()</script>"));
    assert_eq!(html.matches("<script").count(), 1);
    assert!(!format!("{page:?}").contains("scope"));
}

#[test]
fn the_policy_of_the_authorize_form_does_not_restrict_where_the_post_leads() {
    let form = AuthorizationForm {
        action: "https://ehr.example/authorize".to_owned(),
        fields: Vec::new(),
    };
    let policy = authorize_form_page(&form, "NONCE", Language::English, None).content_security_policy;
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("script-src 'nonce-NONCE'"));
    assert!(!policy.contains("form-action"), "{policy}");
}
