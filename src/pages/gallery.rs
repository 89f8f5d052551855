//! [`gallery`]: every page that the crate has, to look at and to test with.

use std::time::Duration;

use super::{
    audience::Audience,
    language::Language,
    page::{Page, PageAction, PageSearch},
    texts::{self, NewStart, SignedOutOf},
    window::Window,
};
use crate::{
    protocol::scope::Scopes,
    store::{EndReason, FailedCallback, FailedCallbackKind, LaunchKind, RefreshFailure},
};

/// Every page that the crate has, with made-up values: to look at them, and to test an application's
/// [`Pages`](super::Pages) with each.
///
/// Their links lead to `/auth/launch` and the like. One says that it tries again by itself. They have no reference, no time
/// and no brand: `with_…` of [`Page`] adds these. Which pages there are may change with any version.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::pages::{Language, gallery};
///
/// for page in gallery(Language::German) {
///     assert!(page.html().contains(r#"<html lang="de">"#), "{}", page.code);
/// }
/// ```
#[must_use]
pub fn gallery(language: Language) -> Vec<Page> {
    let mut pages = of_launches(language);
    pages.extend(of_callbacks(language));
    pages.extend(of_failed_callbacks(language));
    pages.extend(of_sessions(language));
    pages.extend(of_sign_outs(language));
    pages.into_iter().map(|page| page.with_language(language)).collect()
}

const SOON: Duration = Duration::from_secs(5);

fn start() -> Option<String> {
    Some("/auth/launch".to_owned())
}

fn missing() -> Scopes {
    Scopes::parse("patient/Observation.rs patient/MedicationRequest.rs user/Task.cu")
}

fn of_launches(language: Language) -> Vec<Page> {
    let words = language.words();
    let hospitals = ["North Hospital", "South Hospital", "Practice at the Lake"];
    let choices = hospitals
        .map(|name| PageAction::new(name, "/auth/launch?ehr=made-up"))
        .to_vec();
    vec![
        texts::bad_launch(words, "the launch request has no `iss`".to_owned()),
        texts::cookies_blocked(words, "/auth/launch".to_owned()),
        texts::unknown_ehr(words),
        texts::not_standalone(words),
        texts::ehrs_unavailable(words),
        texts::registration_failed(words, SOON),
        texts::store_unavailable(words),
        texts::no_ehr(words),
        texts::which_ehr(words),
        texts::choose_ehr(words, texts::Listed::Some)
            .with_choices(choices)
            .with_search(PageSearch::new("/auth/launch", "")),
        texts::choose_ehr(words, texts::Listed::SomeFound)
            .with_choices(vec![
                PageAction::new("Springfield Clinic", "/auth/launch?ehr=made-up").with_note("Springfield, IL 62701"),
                PageAction::new("Springfield Clinic", "/auth/launch?ehr=made-up-too").with_note("Springfield, MA"),
            ])
            .with_search(PageSearch::new("/auth/launch", "springfield")),
        texts::choose_ehr(words, texts::Listed::NoneFound)
            .with_search(PageSearch::new("/auth/launch", "west"))
            .with_other_action(words.labels.to_list, "/auth/launch"),
        texts::iss_alone(words, "/auth/launch".to_owned()),
        texts::iss_alone_in_a_script(words),
        texts::ehr_conflict(words),
        texts::metadata_unavailable(words),
        texts::ehr_not_allowed(words),
        texts::metadata_troubled(words),
        texts::metadata_unusable(words),
        texts::pkce_not_listed(words),
        texts::internal(words),
        texts::not_installed(words, "add `.wrap(SmartAuth::new(config))`"),
    ]
}

fn of_callbacks(language: Language) -> Vec<Page> {
    let words = language.words();
    let back = Some("/~3kTz/summary".to_owned());
    vec![
        texts::callback_without_ehr(words, SOON, start()),
        texts::callback_at_busy_ehr(words, SOON, start()),
        texts::callback_at_busy_application(words, SOON, None),
        texts::callback_not_signed(words, SOON, start()),
        texts::callback_running(words, SOON, start()),
        texts::callback_not_offered(words, start()),
        texts::callback_without_registration(words, start()),
        texts::callback_without_store(words, None),
        texts::bad_callback(words, "the callback has no `state`".to_owned(), start()),
        texts::error_without_state(words, "access_denied", start()),
        texts::error_without_state(words, "login_required", start()),
        texts::error_without_state(words, "server_error", start()),
        texts::error_without_state(words, "invalid_scope", start()),
        texts::cookies_missing(words, start(), Window::Own),
        texts::cookies_missing(words, None, Window::Frame),
        texts::sign_in_used(words, LaunchKind::Standalone, start(), back),
        texts::sign_in_used(words, LaunchKind::Ehr, None, None),
        texts::nothing_pending(words, start()),
    ]
}

fn of_failed_callbacks(language: Language) -> Vec<Page> {
    use FailedCallbackKind as Kind;
    let of = |kind, began: LaunchKind| {
        let mut failed = FailedCallback::new(kind, began);
        match kind {
            Kind::ScopesNotGranted => failed.missing_scopes = Some(missing()),
            Kind::EhrError | Kind::CodeRefused => failed.error_code = Some("invalid_grant".to_owned()),
            _ => {}
        }
        let relaunch = start().filter(|_| began == LaunchKind::Standalone);
        texts::failed_callback(language.words(), &failed, relaunch)
    };
    let kinds = [
        Kind::AccessDenied,
        Kind::EhrError,
        Kind::NoCode,
        Kind::WrongIssuer,
        Kind::CodeRefused,
        Kind::ClientRefused,
        Kind::BadTokenResponse,
        Kind::EhrUnavailable,
        Kind::EhrTroubled,
        Kind::AnswerLost,
        Kind::IdentityRefused,
        Kind::SignInNotFresh,
        Kind::StoreUnavailable,
        Kind::NotAudited,
        Kind::ScopesNotGranted,
        Kind::RefusedByApplication,
        Kind::HookTimedOut,
        Kind::RegistrationChanged,
        Kind::Overtaken,
        Kind::Internal,
    ];
    let standalone = kinds.map(|kind| of(kind, LaunchKind::Standalone));
    standalone
        .into_iter()
        .chain(kinds.map(|kind| of(kind, LaunchKind::Ehr)))
        .collect()
}

fn of_sessions(language: Language) -> Vec<Page> {
    let words = language.words();
    let person = Audience::Document;
    let reasons = [
        EndReason::LoggedOut,
        EndReason::RefreshRefused,
        EndReason::RefreshAnswerLost,
        EndReason::PatientChanged,
        EndReason::UserChanged,
        EndReason::Idle,
        EndReason::TooOld,
        EndReason::OtherUser,
        EndReason::Replaced,
        EndReason::Evicted,
        EndReason::RegistrationChanged,
    ];
    let causes = [
        RefreshFailure::StoreUnavailable,
        RefreshFailure::Busy,
        RefreshFailure::Unanswered,
        RefreshFailure::RegistrationUnavailable,
        RefreshFailure::RegistrationFailed,
        RefreshFailure::EhrUnavailable,
        RefreshFailure::EhrTroubled,
        RefreshFailure::Refused,
        RefreshFailure::UnusableAnswer,
        RefreshFailure::NotOffered,
        RefreshFailure::NotSigned,
    ];
    let mut pages = vec![
        texts::no_launch(words, person, None, start()),
        texts::no_launch(words, Audience::Form, None, None),
        texts::no_launch(words, person, Some(LaunchKind::Ehr), None),
        texts::cross_site(words),
        texts::no_patient(words, person, start()),
        texts::no_encounter(words, person, None),
        texts::no_fhir_user(words, person),
        texts::no_identity(words, person),
        texts::insufficient_scope(words, &missing(), &missing(), person, start()),
    ];
    pages.extend(reasons.map(|reason| texts::ended(words, reason, person, Some(LaunchKind::Standalone), start())));
    pages.extend([
        texts::record_refused(words, person),
        texts::record_not_found(words, person),
        texts::record_changed(words, Audience::Form),
        texts::record_busy(words, person, SOON),
        texts::record_not_signed(words, person, SOON),
        texts::record_own_data_away(words, Audience::Form, SOON),
        texts::no_access_token(words),
        texts::several_access_tokens(words),
        texts::access_token_refused(words),
        texts::access_token_not_enough(words, &missing()),
    ]);
    let mut unavailable =
        causes.map(|cause| texts::unavailable(words, cause, person, SOON, NewStart::Offered(start())));
    // As the first answer to a browser says it; the last of a row of answers does not.
    let [first, ..] = &mut unavailable;
    first.tries_again_in = Some(SOON);
    pages.extend(unavailable);
    pages.push(texts::client_refused(words, person));
    pages
}

fn of_sign_outs(language: Language) -> Vec<Page> {
    let words = language.words();
    let (at_ehr, sign_out) = (|| "/made-up-ehr/sign-out".to_owned(), || "/auth/logout".to_owned());
    vec![
        texts::signed_out(words, SignedOutOf::One, Window::Own, None),
        texts::signed_out(words, SignedOutOf::All, Window::Own, None),
        texts::signed_out(words, SignedOutOf::All, Window::Own, Some(at_ehr())),
        texts::signed_out(words, SignedOutOf::All, Window::Frame, None),
        texts::on_to_ehr(words, at_ehr()),
        texts::still_signed_in(words, SignedOutOf::One, sign_out(), false),
        texts::still_signed_in(words, SignedOutOf::All, sign_out(), true),
        texts::nothing_to_sign_out(words),
        texts::not_signed_out(words),
        texts::perhaps_signed_out(words),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Those in the tables of the guide: the last column of rows with three.
    fn codes_of_the_guide() -> BTreeSet<&'static str> {
        let rows = include_str!("../guide/answers.md").lines();
        let codes = rows.filter(|line| line.matches(" | ").count() == 2).flat_map(|row| {
            let (_, codes) = row.rsplit_once(" | ").unwrap();
            codes.split('`').skip(1).step_by(2)
        });
        codes.filter(|code| *code != "code").collect()
    }

    #[test]
    fn the_gallery_has_a_page_for_every_code_of_the_guide_and_no_other() {
        let codes = codes_of_the_guide();
        assert!(codes.len() > 40, "{codes:?}");
        for language in Language::ALL {
            let shown: BTreeSet<_> = gallery(*language).iter().map(|page| page.code).collect();
            assert_eq!(shown, codes, "{language:?}");
        }
    }

    #[test]
    fn no_page_of_the_gallery_has_an_open_place() {
        for language in Language::ALL {
            for page in gallery(*language) {
                let text = format!("{} {} {:?}", page.title, page.message, page.detail);
                assert!(!text.contains(['{', '}']), "{text}");
            }
        }
    }
}
