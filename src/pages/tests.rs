use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    document::{STYLE, STYLE_SOURCE},
    *,
};
use crate::protocol::authorization::AuthorizationForm;

const HOSTILE: &str = "<script>alert('x')</script>\" onload=\"&amp;";

fn hostile_page() -> Page {
    Page {
        status: 502,
        code: "ehr-error",
        reference: None,
        title: HOSTILE.to_owned(),
        message: HOSTILE.to_owned(),
        detail: Some(HOSTILE.to_owned()),
        action: Some(PageAction {
            label: HOSTILE.to_owned(),
            href: HOSTILE.to_owned(),
            opens: Default::default(),
        }),
        other_action: None,
        retry_after: None,
        missing_scopes: None,
        choices: Vec::new(),
        search: None,
    }
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
    assert_eq!(html.matches("&lt;script&gt;alert(&#39;x&#39;)").count(), 6);
    assert_eq!(html.matches("&amp;amp;").count(), 6);
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
    assert!(html.len() < 2_000, "{}", html.len());
}

#[test]
fn the_policies_allow_our_style_and_no_other() {
    let hash = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(STYLE)));
    assert_eq!(STYLE_SOURCE, hash);
    assert!(CONTENT_SECURITY_POLICY.contains(&hash));
    assert!(no_launch().html().contains(&format!("<style>{STYLE}</style>")));
    for policy in [CONTENT_SECURITY_POLICY, REPLACED_PAGE_CONTENT_SECURITY_POLICY] {
        assert!(policy.starts_with("default-src 'none'; ") && policy.ends_with("base-uri 'none'; form-action 'self'"));
        assert!(!policy.contains("script-src") && !policy.contains("frame-ancestors"));
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
fn what_went_wrong_has_a_reference_for_people_and_programs_and_a_question_has_none() {
    let reference: Reference = "7K3M-9QXT".parse().unwrap();
    let refused = no_launch().referred_to_by(reference);
    assert!(refused.html().contains("Reference: 7K3M-9QXT</p>"));
    let problem: Value = serde_json::from_str(&refused.problem_json()).unwrap();
    assert_eq!(problem["reference"], "7K3M-9QXT");
    for (status, named) in [(200, None), (399, None), (400, Some(reference)), (503, Some(reference))] {
        let page = Page::new(status, "code", "Title", "Message.").referred_to_by(reference);
        assert_eq!(page.reference, named, "{status}");
        assert_eq!(page.html().contains("Reference"), named.is_some(), "{status}");
    }
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
    let page = authorize_form_page(&form, "NONCE");
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
    let policy = authorize_form_page(&form, "NONCE").content_security_policy;
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("script-src 'nonce-NONCE'"));
    assert!(!policy.contains("form-action"), "{policy}");
}
