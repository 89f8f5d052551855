//! What holds for all pages of a callback that opens no launch.

use std::time::Duration;

use super::*;
use crate::{
    pages::{Audience, Language, page::Page, words::Words},
    store::{EndReason, FailedCallback, FailedCallbackKind, LaunchKind, RefreshFailure},
};

const ALL: [FailedCallbackKind; 20] = [
    FailedCallbackKind::AccessDenied,
    FailedCallbackKind::EhrError,
    FailedCallbackKind::NoCode,
    FailedCallbackKind::WrongIssuer,
    FailedCallbackKind::CodeRefused,
    FailedCallbackKind::ClientRefused,
    FailedCallbackKind::BadTokenResponse,
    FailedCallbackKind::EhrUnavailable,
    FailedCallbackKind::EhrTroubled,
    FailedCallbackKind::AnswerLost,
    FailedCallbackKind::IdentityRefused,
    FailedCallbackKind::SignInNotFresh,
    FailedCallbackKind::StoreUnavailable,
    FailedCallbackKind::NotAudited,
    FailedCallbackKind::ScopesNotGranted,
    FailedCallbackKind::RefusedByApplication,
    FailedCallbackKind::HookTimedOut,
    FailedCallbackKind::RegistrationChanged,
    FailedCallbackKind::Overtaken,
    FailedCallbackKind::Internal,
];

/// Whether starting again may help. Without a wildcard: a new kind has to be thought about, and to come into `ALL`.
const fn may_be_begun_anew(kind: FailedCallbackKind) -> bool {
    match kind {
        FailedCallbackKind::ClientRefused | FailedCallbackKind::RefusedByApplication => false,
        FailedCallbackKind::AccessDenied
        | FailedCallbackKind::EhrError
        | FailedCallbackKind::NoCode
        | FailedCallbackKind::WrongIssuer
        | FailedCallbackKind::CodeRefused
        | FailedCallbackKind::BadTokenResponse
        | FailedCallbackKind::EhrUnavailable
        | FailedCallbackKind::EhrTroubled
        | FailedCallbackKind::AnswerLost
        | FailedCallbackKind::IdentityRefused
        | FailedCallbackKind::SignInNotFresh
        | FailedCallbackKind::StoreUnavailable
        | FailedCallbackKind::NotAudited
        | FailedCallbackKind::ScopesNotGranted
        | FailedCallbackKind::HookTimedOut
        | FailedCallbackKind::RegistrationChanged
        | FailedCallbackKind::Overtaken
        | FailedCallbackKind::Internal => true,
    }
}

fn words() -> &'static Words {
    Language::English.words()
}

fn page(kind: FailedCallbackKind, began: LaunchKind) -> Page {
    let relaunch = (began == LaunchKind::Standalone).then(|| "/auth/launch".to_owned());
    failed_callback(words(), &FailedCallback::new(kind, began), relaunch)
}

#[test]
fn how_a_callback_failed_is_final_and_its_page_does_not_ask_to_come_again() {
    for kind in ALL {
        for began in [LaunchKind::Ehr, LaunchKind::Standalone] {
            let page = page(kind, began);
            assert_eq!(page.retry_after, None, "{kind:?}");
            let text = format!("{} {}", page.title, page.message).to_lowercase();
            assert!(!text.contains("try again"), "{kind:?}: {text}");
            // Before one starts again, where the EHR may do better soon.
            let waits = matches!(
                kind,
                FailedCallbackKind::EhrUnavailable | FailedCallbackKind::EhrTroubled
            );
            assert_eq!(text.contains("wait a little, then"), waits, "{kind:?}: {text}");
        }
    }
}

#[test]
fn the_page_of_a_failed_callback_says_how_to_begin_anew_where_that_may_help() {
    for kind in ALL {
        let (ehr, standalone) = (page(kind, LaunchKind::Ehr), page(kind, LaunchKind::Standalone));
        let from_chart = "open the application again from the patient's chart";
        assert_eq!(ehr.message.contains(from_chart), may_be_begun_anew(kind), "{kind:?}");
        assert_eq!(ehr.action.as_ref().map(|action| &*action.label), None, "{kind:?}");
        let label = standalone.action.as_ref().map(|action| &*action.label);
        assert_eq!(label == Some("Start again"), may_be_begun_anew(kind), "{kind:?}");
    }
}

#[test]
fn a_callback_that_may_come_again_has_a_link_for_that_and_says_how_else_to_go_on() {
    let soon = Duration::from_secs(5);
    let start = || Some("/auth/launch".to_owned());
    for page in [
        |relaunch| callback_without_ehr(words(), Duration::from_secs(5), relaunch),
        |relaunch| callback_at_busy_ehr(words(), Duration::from_secs(5), relaunch),
        |relaunch| callback_without_registration(words(), relaunch),
        |relaunch| callback_without_store(words(), relaunch),
        |relaunch| callback_not_offered(words(), relaunch),
    ] as [fn(Option<String>) -> Page; 5]
    {
        let (ehr, standalone) = (page(None), page(start()));
        for page in [&ehr, &standalone] {
            let again = page.action.as_ref().map(|action| (&*action.label, &*action.href));
            assert_eq!(again, Some(("Try again", "")), "{page:?}");
            assert!(page.retry_after.is_some_and(|wait| wait >= soon), "{page:?}");
            let message = page.message.to_lowercase();
            assert!(message.contains("try again"), "{message}");
        }
        assert!(
            ehr.message
                .contains("open the application again from the patient's chart")
        );
        assert_eq!(ehr.other_action.map(|action| action.href), None);
        assert!(standalone.message.contains("start again"));
        // For a script it is where to go, as on every other page.
        assert!(standalone.problem_json().contains("\"launch_url\":\"/auth/launch\""));
        assert!(!standalone.problem_json().contains("return_url"));
    }
}

#[test]
fn support_is_the_last_thing_that_a_page_tells_to_ask_where_the_same_may_happen_again() {
    for language in Language::ALL {
        let words = language.words();
        let start = || Some("/auth/launch".to_owned());
        let failed = |kind| failed_callback(words, &FailedCallback::new(kind, LaunchKind::Standalone), start());
        for page in [
            failed(FailedCallbackKind::BadTokenResponse),
            failed(FailedCallbackKind::Internal),
            error_without_state(words, "invalid_scope", start()),
            metadata_unusable(words),
            internal(words),
            record_unusable(words, Audience::Form),
            record_mistake(words, Audience::Form),
        ] {
            assert!(page.message.ends_with(words.next.tell_support), "{}", page.message);
        }
    }
}

#[test]
fn a_page_without_a_start_button_does_not_tell_to_start_again() {
    for began in [None, Some(LaunchKind::Ehr), Some(LaunchKind::Standalone)] {
        for reason in [EndReason::LoggedOut, EndReason::Replaced, EndReason::Idle] {
            for audience in [Audience::Document, Audience::Form, Audience::Api] {
                let page = ended(words(), reason, audience, began, None);
                assert_eq!(page.action, None);
                assert!(!page.message.contains("start again"), "{reason:?}: {}", page.message);
            }
        }
    }
    for relaunch in [None, Some("/auth/launch".to_owned())] {
        let starts = relaunch.is_some();
        let page = error_without_state(words(), "access_denied", relaunch);
        assert!(
            page.message.contains("If you want to use it after all, please"),
            "{}",
            page.message
        );
        assert_eq!(page.message.contains("start again"), starts, "{}", page.message);
    }
}

#[test]
fn credentials_that_are_refused_are_no_matter_of_starting_again() {
    let start = NewStart::Offered(Some("/auth/launch".to_owned()));
    for (audience, again) in [
        (Audience::Document, true),
        (Audience::Form, false),
        (Audience::Api, false),
    ] {
        let refused = RefreshFailure::ClientRefused;
        let page = unavailable(words(), refused, audience, Duration::from_secs(5), start.clone());
        assert!(page == client_refused(words(), audience), "{}", page.message);
        assert!(!page.message.to_lowercase().contains("start again"), "{}", page.message);
        assert_eq!(page.message.ends_with("Try again when they have put it right."), again);
        assert_eq!(page.action.is_some_and(|action| action.href.is_empty()), again);
    }
}
