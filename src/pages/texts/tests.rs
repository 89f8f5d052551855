//! What holds for all pages of a callback that opens no launch.

use std::time::Duration;

use super::*;
use crate::{
    pages::{Language, page::Page, words::Words},
    store::{FailedCallback, FailedCallbackKind, LaunchKind},
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
            assert!(
                !text.contains("try again") && !text.contains("wait"),
                "{kind:?}: {text}"
            );
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
