//! What people are told when a handler does not get its launch.

use std::time::Duration;

use super::{
    later::{not_offered, try_again, unusable_answer},
    phrases::{how_to_start, how_to_start_from_anywhere, if_no_help, not_saved, said, sentences, with_start},
};
use crate::{
    pages::{
        audience::Audience,
        page::Page,
        words::{Said, Words},
    },
    store::{EndReason, LaunchKind, RefreshFailure},
};

/// Whether starting again may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NewStart {
    /// Not yet: waiting is better.
    NotYet,
    /// It may: where a launch in the application would begin, if one fits; else the EHR is where to begin.
    Offered(Option<String>),
}

/// The request has no launch. `began` is how the one began that its page was in.
pub(crate) fn no_launch(
    words: &Words,
    audience: Audience,
    began: Option<LaunchKind>,
    relaunch: Option<String>,
) -> Page {
    let next = match (began, &relaunch) {
        (Some(LaunchKind::Ehr), None) => words.next.open_from_chart,
        _ => how_to_start_from_anywhere(words, &relaunch),
    };
    let message = not_saved(words, audience, next.to_owned());
    let page = Page::new(401, "no-launch", words.session.no_launch, message);
    with_start(words, page, relaunch)
}

/// The launch has ended.
pub(crate) fn ended(
    words: &Words,
    reason: EndReason,
    audience: Audience,
    began: Option<LaunchKind>,
    relaunch: Option<String>,
) -> Page {
    let of = &words.ended;
    let (code, of) = match reason {
        EndReason::LoggedOut => ("signed-out", &of.signed_out),
        EndReason::RefreshRefused | EndReason::TokenExpired => ("ehr-session-ended", &of.ehr_session),
        EndReason::RefreshAnswerLost => ("refresh-answer-lost", &of.answer_lost),
        EndReason::PatientChanged => ("patient-changed", &of.patient_changed),
        EndReason::UserChanged => ("user-changed", &of.user_changed),
        EndReason::Idle => ("idle", &of.idle),
        EndReason::TooOld => ("too-old", &of.too_old),
        EndReason::OtherUser => ("other-user", &of.other_user),
        EndReason::Replaced => ("replaced", &of.replaced),
        EndReason::Evicted => ("too-many", &of.too_many),
        EndReason::RegistrationChanged => ("registration-changed", &of.registration_changed),
    };
    let next = match (reason, &relaunch) {
        (EndReason::LoggedOut, Some(_)) => words.next.needed_start,
        (EndReason::Replaced, Some(_)) => words.next.lost_start,
        (EndReason::Replaced, None) => words.next.lost_open,
        (_, None) if began == Some(LaunchKind::Ehr) => words.next.open_from_chart,
        _ => how_to_start(words, &relaunch),
    };
    let message = not_saved(words, audience, said(of, next));
    with_start(words, Page::new(401, code, of.title, message), relaunch)
}

/// A request that changes something came from another site.
pub(crate) fn cross_site(words: &Words) -> Page {
    let of = &words.session.cross_site;
    Page::new(403, "cross-site", of.title, of.what)
}

/// There is no usable access token for now. The launch is open.
pub(crate) fn unavailable(
    words: &Words,
    cause: RefreshFailure,
    audience: Audience,
    retry_after: Duration,
    new_start: NewStart,
) -> Page {
    let mut page = no_token(words, cause, audience, retry_after);
    let NewStart::Offered(relaunch) = new_start else {
        return page;
    };
    if cause == RefreshFailure::ClientRefused {
        return page;
    }
    page.message = sentences([&page.message, if_no_help(words, &relaunch)]);
    match (relaunch, &page.action) {
        (Some(href), Some(_)) => page.with_other_action(words.labels.start_again, href),
        (relaunch, _) => with_start(words, page, relaunch),
    }
}

fn no_token(words: &Words, cause: RefreshFailure, audience: Audience, retry_after: Duration) -> Page {
    let later = &words.later;
    let (code, what) = match cause {
        RefreshFailure::StoreUnavailable => ("store-unavailable", later.own_data_away),
        RefreshFailure::Busy => ("busy", later.ehr_busy),
        RefreshFailure::NotSigned => ("not-signed", later.not_signed),
        RefreshFailure::Unanswered => ("renewing", words.session.renewing),
        RefreshFailure::RegistrationUnavailable => ("ehrs-unavailable", later.own_data_away),
        RefreshFailure::RegistrationFailed => ("registration-failed", later.not_set_up),
        RefreshFailure::EhrUnavailable => ("ehr-unavailable", later.ehr_silent),
        RefreshFailure::EhrTroubled => ("ehr-unavailable", later.ehr_troubled),
        RefreshFailure::Refused => ("not-renewed", words.session.not_renewed),
        RefreshFailure::ClientRefused => return client_refused(words, audience),
        RefreshFailure::UnusableAnswer => {
            return unusable_answer(words, "ehr-error", later.still_signed_in, audience, retry_after);
        }
        RefreshFailure::NotOffered => {
            let next = sentences([later.still_signed_in, later.later_on]);
            return not_offered(words, &next, audience, retry_after);
        }
    };
    let what = sentences([what, later.still_signed_in]);
    try_again(words, code, &what, audience, retry_after)
}

/// The EHR refuses the application's credentials, and the launch is open: it goes on once somebody has mended the set-up.
pub(crate) fn client_refused(words: &Words, audience: Audience) -> Page {
    let mut page = credentials_refused(words, audience);
    match audience {
        Audience::Document => {
            page.message = sentences([&page.message, words.session.client_accepted_again]);
            page.with_reload(words.labels.try_again)
        }
        Audience::Form | Audience::Api => page,
    }
}

/// The EHR refuses the application's credentials.
pub(super) fn credentials_refused(words: &Words, audience: Audience) -> Page {
    let of = &words.session.client_refused;
    let message = not_saved(words, audience, of.what.to_owned());
    Page::new(500, "client-refused", of.title, message)
}

/// A page needs a patient, and none is in context.
pub(crate) fn no_patient(words: &Words, audience: Audience, relaunch: Option<String>) -> Page {
    let next = match relaunch {
        Some(_) => words.next.choose_here,
        None => words.next.choose_at_ehr,
    };
    nothing_selected(
        words,
        ("no-patient", &words.session.no_patient, next),
        audience,
        relaunch,
    )
}

/// A page needs an encounter, and none is in context.
pub(crate) fn no_encounter(words: &Words, audience: Audience, relaunch: Option<String>) -> Page {
    let next = match relaunch {
        Some(_) => words.next.choose_visit_here,
        None => words.next.choose_visit_at_ehr,
    };
    let of = &words.session.no_encounter;
    nothing_selected(words, ("no-encounter", of, next), audience, relaunch)
}

/// A page needs the user's FHIR resource, and the EHR named none.
pub(crate) fn no_fhir_user(words: &Words, audience: Audience) -> Page {
    nobody_known(words, "no-fhir-user", words.session.no_fhir_user, audience)
}

/// A page needs the id token, and there is none.
pub(crate) fn no_identity(words: &Words, audience: Audience) -> Page {
    nobody_known(words, "no-identity", words.session.no_identity, audience)
}

/// `relaunch`: where a launch would begin at which the person can choose, if they had begun in the application.
fn nothing_selected(
    words: &Words,
    (code, of, next): (&'static str, &Said, &str),
    audience: Audience,
    relaunch: Option<String>,
) -> Page {
    let message = not_saved(words, audience, said(of, next));
    with_start(words, Page::new(403, code, of.title, message), relaunch)
}

fn nobody_known(words: &Words, code: &'static str, what: &str, audience: Audience) -> Page {
    let message = not_saved(words, audience, sentences([what, words.session.known_account]));
    Page::new(403, code, words.session.nobody_known, message)
}
