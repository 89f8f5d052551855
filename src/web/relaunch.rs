//! When a new launch may begin in the application, where, and whether a person is sent there without being asked.

use super::{
    launch_link::{Origin, launch_href},
    session_error_kind::{ContextMember, SmartSessionErrorKind as Kind},
    unusable_launch::UnusableLaunch,
};
use crate::{
    config::LaunchNaming,
    protocol::{after::After, launch_request::SignInWish},
    runtime::Runtime,
    store::{BrowserKey, LaunchKind, RefreshFailure},
};

/// After a request that has no launch, or none with a usable token: where a new launch would begin, when one in the application fits.
///
/// A launch that began in the EHR is not begun anew in the application, unless that is configured: the person would
/// be asked to pick a patient, and might pick another.
///
/// `page` is the path and query of the request, if that is something to come back to.
pub(crate) fn after_refusal(
    runtime: &Runtime,
    kind: Kind,
    page: Option<&str>,
    former: Option<&UnusableLaunch>,
) -> Option<String> {
    if !offers_a_new_start(kind) {
        return None;
    }
    let settings = &runtime.settings;
    // Who comes without a launch begins one in the application.
    let began = former.map_or(LaunchKind::Standalone, |former| former.began);
    if !settings.policies.relaunches_in_application(began) {
        return None;
    }
    let several = runtime.registrations.are_several();
    let known = former.and_then(|former| former.known.as_ref());
    let after = former.and_then(|former| former.after.clone()).or_else(|| {
        // The address does not say in which launch the page was opened.
        (settings.paths.naming() == LaunchNaming::DangerOnePerBrowser).then_some(After::Unknown)
    });
    let from = Origin {
        page,
        after,
        ehr: known.filter(|_| several).map(|known| known.ehr.as_str()),
        ..Origin::default()
    };
    Some(launch_href(&settings.paths, from))
}

/// Whether a new launch may help. Where the token of an open one cannot be renewed, it may when that has failed twice, or when
/// the EHR answers so that the next time will be no better.
pub(crate) const fn offers_a_new_start(kind: Kind) -> bool {
    match kind {
        Kind::NoLaunch(_) | Kind::Ended(_) => true,
        // In the application the EHR lets the person choose.
        Kind::MissingContext(ContextMember::Patient | ContextMember::Encounter) => true,
        // The EHR may ask again what to allow.
        Kind::InsufficientScope => true,
        Kind::Unavailable { cause, failures, .. } => failures >= 2 || matches!(cause, RefreshFailure::UnusableAnswer),
        _ => false,
    }
}

/// Whether a person is sent to the launch without being asked. Not after something that a person should read first.
pub(crate) const fn redirects_by_itself(kind: Kind) -> bool {
    match kind {
        Kind::Ended(reason) => reason.may_relaunch(),
        Kind::NoLaunch(_) => true,
        // The launch is open: what it has open would be lost.
        _ => false,
    }
}

/// Whether a person may be sent to the launch by itself once more. Breaks loops: a browser that keeps coming back without its
/// cookie, or an EHR that keeps refusing.
pub(crate) fn may_redirect(runtime: &Runtime, kind: Kind, browser: Option<BrowserKey>) -> bool {
    let per_minute = if matches!(kind, Kind::Ended(_)) { 1 } else { 3 };
    // A browser that has never launched here cannot be in a loop.
    browser.is_none_or(|browser| runtime.redirects.allow(browser, per_minute, runtime.steady()))
}

/// After a sign-in that opened nothing: where *Start again* leads, when a launch in the application fits.
pub(crate) fn after_sign_in(
    runtime: &Runtime,
    began: LaunchKind,
    ehr: Option<&str>,
    sign_in: SignInWish,
) -> Option<String> {
    let settings = &runtime.settings;
    let from = Origin {
        ehr: ehr.filter(|_| runtime.registrations.are_several()),
        sign_in,
        ..Origin::default()
    };
    settings
        .policies
        .relaunches_in_application(began)
        .then(|| launch_href(&settings.paths, from))
}

/// The same after a sign-in of which nothing is known. It may have demanded that the person signs in anew, and who begins again is
/// asked for no less: where the registration demands that of nobody, the wish changes nothing.
pub(crate) fn after_unknown_sign_in(runtime: &Runtime) -> Option<String> {
    let wish = SignInWish::again_if(runtime.registrations.may_demand_new_sign_in());
    after_sign_in(runtime, LaunchKind::Standalone, None, wish)
}
