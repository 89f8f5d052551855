//! What people are told when the callback was used up and opened no launch.

use super::{
    mistake::went_wrong,
    phrases::{
        ACCESS_DECLINED, DID_NOT_FINISH, EHR_REPORTED, FROM_THE_EHR, NOT_COMPLETE, NOT_VALID, UNUSABLE_ANSWER,
        how_to_start, with_start,
    },
    scopes::not_granted,
    session::client_refused,
};
use crate::{
    pages::{audience::Audience, page::Page},
    protocol::scope::Scopes,
    store::{FailedCallback, FailedCallbackKind as Kind},
};

/// A callback that opened no launch. That is how it stays: loading it again gives the same, and no page says when to do so
/// (`Retry-After`).
pub(crate) fn failed_callback(failed: &FailedCallback, relaunch: Option<String>) -> Page {
    let next = match relaunch {
        Some(_) => how_to_start(&relaunch),
        None => FROM_THE_EHR.to_owned(),
    };
    let page = match failed.kind {
        Kind::AccessDenied => ACCESS_DENIED.page(&next),
        Kind::EhrError => EHR_ERROR.page(&next),
        Kind::BadTokenResponse => BAD_TOKEN_RESPONSE.page(&next),
        Kind::WrongIssuer => WRONG_ISSUER.page(&next),
        Kind::NoCode => NO_CODE.page(&next),
        Kind::CodeRefused => CODE_REFUSED.page(&next),
        Kind::IdentityRefused => IDENTITY_REFUSED.page(&next),
        Kind::SignInNotFresh => SIGN_IN_NOT_FRESH.page(&next),
        Kind::EhrUnavailable => EHR_UNAVAILABLE.page(&next),
        Kind::EhrTroubled => EHR_TROUBLED.page(&next),
        Kind::AnswerLost => ANSWER_LOST.page(&next),
        Kind::StoreUnavailable => STORE_UNAVAILABLE.page(&next),
        Kind::HookTimedOut => APPLICATION_SLOW.page(&next),
        Kind::RegistrationChanged => REGISTRATION_CHANGED.page(&next),
        Kind::Overtaken => OVERTAKEN.page(&next),
        Kind::ScopesNotGranted => match &failed.missing_scopes {
            Some(missing) => not_granted(missing, failed.began),
            None => not_granted(&Scopes::default(), failed.began),
        },
        Kind::Internal => went_wrong(&next),
        // What the EHR wrote is for the log: the person cannot mend it, and starting again would not help.
        Kind::ClientRefused => return client_refused(Audience::Document),
        Kind::RefusedByApplication => return refused_by_application(failed),
    };
    with_start(with_words_of_ehr(page, failed), relaunch)
}

/// In the application's own words, where it has some.
fn refused_by_application(failed: &FailedCallback) -> Page {
    let own_words = failed.description.as_deref();
    let message = own_words.unwrap_or("This application is not open to you.");
    Page::new(403, "refused", "You cannot use this application", message)
}

fn with_words_of_ehr(page: Page, failed: &FailedCallback) -> Page {
    match (&failed.error_code, &failed.description) {
        (Some(code), Some(text)) => page.with_detail(format!("Your health record system wrote: {code}: “{text}”")),
        (Some(code), None) => page.with_detail(format!("Your health record system wrote: {code}")),
        (None, _) => page,
    }
}

/// All that a page says but what to do now.
struct Told {
    status: u16,
    code: &'static str,
    title: &'static str,
    what: &'static str,
}

impl Told {
    fn page(&self, next: &str) -> Page {
        Page::new(self.status, self.code, self.title, format!("{} {next}", self.what))
    }
}

const ACCESS_DENIED: Told = Told {
    status: 403,
    code: "access-denied",
    title: ACCESS_DECLINED,
    what: "Access for this application was declined at your health record system.",
};

const EHR_ERROR: Told = Told {
    status: 502,
    code: "ehr-error",
    title: EHR_REPORTED,
    what: "The sign-in could not be finished.",
};

const BAD_TOKEN_RESPONSE: Told = Told {
    status: 502,
    code: "ehr-error",
    title: UNUSABLE_ANSWER,
    what: "The sign-in could not be finished, because your health record system answered in a way that this application \
           cannot use. If it happens again, please tell the support team of this application.",
};

const WRONG_ISSUER: Told = Told {
    status: 502,
    code: "wrong-issuer",
    title: "This sign-in was stopped for safety",
    what: "It is not certain that the answer came from the health record system that was asked.",
};

const NO_CODE: Told = Told {
    status: 400,
    code: "bad-callback",
    title: DID_NOT_FINISH,
    what: NOT_COMPLETE,
};

const CODE_REFUSED: Told = Told {
    status: 401,
    code: "code-refused",
    title: NOT_VALID,
    what: "Your health record system did not accept it.",
};

const IDENTITY_REFUSED: Told = Told {
    status: 502,
    code: "identity-refused",
    title: "It could not be checked who signed in",
    what: "What your health record system says about who signed in could not be verified, so nothing was opened.",
};

const SIGN_IN_NOT_FRESH: Told = Told {
    status: 401,
    code: "sign-in-not-fresh",
    title: "Please sign in again",
    what: "This application opens only after you have just signed in at your health record system, and it did not say \
           that you have. If you were not asked to sign in, sign out there first.",
};

const EHR_UNAVAILABLE: Told = Told {
    status: 503,
    code: "ehr-unavailable",
    title: "Your health record system does not answer",
    what: "The sign-in could not be finished.",
};

const EHR_TROUBLED: Told = Told {
    status: 503,
    code: "ehr-unavailable",
    title: "Your health record system has a problem at the moment",
    what: "The sign-in could not be finished, because your health record system reported a problem of its own.",
};

const ANSWER_LOST: Told = Told {
    status: 401,
    code: "sign-in-interrupted",
    title: "Your sign-in was interrupted",
    what: "It could not be completed.",
};

const STORE_UNAVAILABLE: Told = Told {
    status: 503,
    code: "store-unavailable",
    title: DID_NOT_FINISH,
    what: "This application could not save it.",
};

const APPLICATION_SLOW: Told = Told {
    status: 503,
    code: "application-slow",
    title: "This application took too long",
    what: "The sign-in went well, but the application was not ready in time, so nothing was opened.",
};

const REGISTRATION_CHANGED: Told = Told {
    status: 401,
    code: "registration-changed",
    title: NOT_VALID,
    what: "While you signed in, the settings of this application for your health record system were changed.",
};

const OVERTAKEN: Told = Told {
    status: 409,
    code: "sign-in-overtaken",
    title: "Somebody else is signed in here now",
    what: "This sign-in was finished after somebody else had begun to work in this browser, so nothing was opened. What is \
           open stays open.",
};
