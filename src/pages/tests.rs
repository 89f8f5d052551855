use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{situation::EhrWords, *};
use crate::{
    protocol::authorization::AuthorizationForm,
    store::{EndReason, FailedCallback, FailedCallbackKind},
};

const HOSTILE: &str = "<script>alert('x')</script>\" onload=\"&amp;";

fn hostile_page() -> Page {
    Page {
        status: 502,
        code: "ehr-error",
        title: HOSTILE.to_owned(),
        message: HOSTILE.to_owned(),
        detail: Some(HOSTILE.to_owned()),
        action: Some(PageAction {
            label: HOSTILE.to_owned(),
            href: HOSTILE.to_owned(),
        }),
    }
}

fn every_situation() -> Vec<Situation<'static>> {
    use EndReason::*;
    let words = EhrWords {
        code: Some("server_error"),
        description: Some(HOSTILE),
    };
    let mut all = vec![
        Situation::NoLaunch,
        Situation::OpenFromEhr,
        Situation::InputNotSaved,
        Situation::SignedOut,
        Situation::BadLaunchRequest("why"),
        Situation::UnknownEhr,
        Situation::BadCallback("why"),
        Situation::LaunchNotFound,
        Situation::CookiesMissing,
        Situation::AccessDenied(words),
        Situation::EhrError(words),
        Situation::NoCode,
        Situation::CodeRefused,
        Situation::BadTokenResponse,
        Situation::EhrUnavailable,
        Situation::StoreUnavailable,
        Situation::RefusedByApplication,
        Situation::CrossSite,
        Situation::MissingContext("patient"),
        Situation::Internal,
    ];
    all.extend(
        [
            LoggedOut,
            RefreshRefused,
            RefreshAnswerLost,
            TokenExpired,
            PatientChanged,
            Idle,
            TooOld,
            OtherUser,
            Replaced,
            Evicted,
        ]
        .map(Situation::LaunchEnded),
    );
    all
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
    let html = Situation::NoLaunch.page(Some("/auth/launch?return_to=/a&x=1")).html();
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
    assert!(
        Situation::Internal
            .page(None)
            .html()
            .contains(&format!("<style>{STYLE}</style>"))
    );
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
    let bare: Value = serde_json::from_str(&Situation::NoLaunch.page(None).problem_json()).unwrap();
    let members: Vec<_> = bare.as_object().unwrap().keys().collect();
    assert_eq!(members, ["code", "detail", "status", "title", "type"]);
}

#[test]
fn debug_output_of_a_page_does_not_hold_what_the_ehr_wrote() {
    assert_eq!(
        format!("{:?}", hostile_page()),
        r#"Page { status: 502, code: "ehr-error", .. }"#
    );
}

#[test]
fn every_situation_says_what_happened_and_what_to_do_now() {
    for situation in every_situation() {
        for launch_url in [None, Some("/auth/launch")] {
            let page = situation.page(launch_url);
            assert!((200..=599).contains(&page.status) && !page.title.is_empty(), "{page:?}");
            assert!(
                page.message.matches(". ").count() >= 1 && page.message.ends_with('.'),
                "{}",
                page.message
            );
            assert!(
                page.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{page:?}"
            );
            if page.action.is_none() {
                assert!(!page.message.contains("start again"), "{}", page.message);
            }
            if launch_url.is_none() {
                assert_eq!(page.action, None);
            }
        }
    }
}

#[test]
fn codes_do_not_repeat_except_for_the_reasons_of_an_end() {
    let mut codes: Vec<_> = every_situation()
        .iter()
        .filter(|situation| !matches!(situation, Situation::LaunchEnded(_)))
        .map(|situation| situation.page(None).code)
        .collect();
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all);
}

#[test]
fn statuses_are_those_that_say_who_is_at_fault() {
    let words = EhrWords::default();
    for (situation, status) in [
        (Situation::NoLaunch, 401),
        (Situation::LaunchEnded(EndReason::Idle), 401),
        (Situation::InputNotSaved, 401),
        (Situation::SignedOut, 200),
        (Situation::BadLaunchRequest("x"), 400),
        (Situation::UnknownEhr, 400),
        (Situation::LaunchNotFound, 401),
        (Situation::AccessDenied(words), 403),
        (Situation::EhrError(words), 502),
        (Situation::CodeRefused, 401),
        (Situation::EhrUnavailable, 503),
        (Situation::StoreUnavailable, 503),
        (Situation::CrossSite, 403),
        (Situation::MissingContext("patient"), 403),
        (Situation::Internal, 500),
    ] {
        assert_eq!(situation.page(None).status, status, "{situation:?}");
    }
}

#[test]
fn a_missing_context_is_named() {
    let page = Situation::MissingContext("encounter").page(None);
    assert!(page.message.contains("which encounter"), "{}", page.message);
}

#[test]
fn a_failed_callback_is_told_with_the_words_of_the_ehr_as_a_quotation() {
    let failed = FailedCallback {
        kind: FailedCallbackKind::EhrError,
        error_code: Some("server_error".to_owned()),
        description: Some("<b>x</b>".to_owned()),
    };
    let page = Situation::from(&failed).page(Some("/auth/launch"));
    assert_eq!(
        page.detail.as_deref(),
        Some("Your health record system wrote: server_error: “<b>x</b>”")
    );
    assert!(page.html().contains("server_error: “&lt;b&gt;x&lt;/b&gt;”"));
    let ours = FailedCallback {
        kind: FailedCallbackKind::ClientRefused,
        ..failed
    };
    let page = Situation::from(&ours).page(Some("/auth/launch"));
    assert_eq!((page.status, page.detail, page.action), (500, None, None));
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
