//! A request that does not get its launch: the error, with the answer that fits the one who asked.

use actix_web::HttpRequest;

use crate::{
    actix::{
        asked::Asked,
        browser,
        error::SmartSessionError,
        launch_use::Word,
        reply::Reply,
        request::{Installed, Loading},
    },
    config::Settings,
    launch::{insufficient_scope::InsufficientScope, session::SmartSession},
    log_throttle::log_seldom,
    pages::{Audience, Reference, texts},
    store::BrowserKey,
    web::{
        ContextMember, NoLaunch, Reloads, SmartSessionErrorKind as Kind, Speculation, UnusableLaunch, relaunch,
        session_error_page,
    },
};

/// The error of a request whose launch, if it has one, is open.
pub(super) fn error(request: &HttpRequest, kind: Kind) -> SmartSessionError {
    refuse(request, kind, None, Word::of(request))
}

/// The error of a launch without something that a handler takes.
pub(super) fn missing_context(
    request: &HttpRequest,
    member: ContextMember,
    session: &SmartSession,
) -> SmartSessionError {
    let of = UnusableLaunch::of_session(session);
    refuse(request, Kind::MissingContext(member), Some(&of), Word::of(request))
}

/// The answer to a handler whose launch, open when it began, cannot be used any more.
pub(super) fn of_open_launch(request: &HttpRequest, kind: Kind, session: Option<&SmartSession>) -> Reply {
    let of = session.map(UnusableLaunch::of_session);
    refuse(request, kind, of.as_ref(), Word::of(request)).reply().clone()
}

/// The error with the answer that fits the request.
pub(super) fn refuse(
    request: &HttpRequest,
    kind: Kind,
    former: Option<&UnusableLaunch>,
    word: Word,
) -> SmartSessionError {
    let Some(smart) = Installed::of(request) else {
        let asked = Asked::without_settings(request);
        log(kind, request, asked.reference);
        let page = texts::not_installed(asked.words(), kind.to_string());
        return SmartSessionError::new(kind, Reply::page(page, asked, None));
    };
    let runtime = smart.config.runtime();
    let asked = Asked::of(request, runtime);
    let audience = asked.audience;
    log(kind, request, asked.reference);
    let settings = &runtime.settings;
    let relaunch = relaunch::after_refusal(runtime, kind, page_to_come_back_to(request, audience), former);
    if let (Audience::Document, Some(href)) = (audience, &relaunch)
        && word.somebody_is_there()
        && Speculation::of(request).is_none()
        && !asked.reloads.as_ref().is_some_and(Reloads::were_made)
        && relaunch::redirects_by_itself(kind)
        && relaunch::may_redirect(runtime, kind, browser_of(request, settings, former))
    {
        let reply = forgetting(Reply::redirect(href), settings, kind);
        return SmartSessionError::new(kind, reply);
    }
    let began = former.map(|former| former.began);
    let page = session_error_page(kind, asked.words(), audience, began, relaunch);
    let reply = Reply::page(page, asked, Some(runtime));
    SmartSessionError::new(kind, forgetting(reply, settings, kind))
}

/// Only what a person opened is somewhere to come back to: the address of a script's call or of a form is no page.
fn page_to_come_back_to(request: &HttpRequest, audience: Audience) -> Option<&str> {
    match audience {
        Audience::Document => request.uri().path_and_query().map(|it| it.as_str()),
        Audience::Form | Audience::Api => None,
    }
}

/// The browser, as its launch has it, else as the request does.
fn browser_of(request: &HttpRequest, settings: &Settings, former: Option<&UnusableLaunch>) -> Option<BrowserKey> {
    let known = former.and_then(|former| former.known.as_ref());
    known
        .map(|known| known.browser)
        .or_else(|| browser::name_of(request, settings))
}

/// Makes the browser drop the pages that it keeps of a launch that is not open. The launch's cookie stays: without it *Back*
/// would begin a new launch instead of saying what happened.
fn forgetting(reply: Reply, settings: &Settings, kind: Kind) -> Reply {
    match kind {
        Kind::NoLaunch(NoLaunch::Unknown) | Kind::Ended(_) => reply.dropping_kept_pages(settings),
        _ => reply,
    }
}

/// The error of a launch whose granted scopes are not enough.
pub(super) fn insufficient_scope(request: &HttpRequest, lack: &InsufficientScope) -> SmartSessionError {
    SmartSessionError::insufficient_scope(lack.missing().clone(), scope_reply(request, lack))
}

/// The answer of that error.
pub(super) fn scope_reply(request: &HttpRequest, lack: &InsufficientScope) -> Reply {
    let (route, missing) = (request.match_pattern().unwrap_or_default(), lack.missing());
    let smart = Installed::of(request);
    let runtime = smart.as_ref().map(|smart| smart.config.runtime());
    let asked = runtime.map_or_else(
        || Asked::without_settings(request),
        |runtime| Asked::of(request, runtime),
    );
    tracing::warn!(%route, %missing, reference = %asked.reference, "a request needs scopes that the EHR did not grant");
    let audience = asked.audience;
    let session = Loading::of(request).session();
    let former = session.as_ref().map(UnusableLaunch::of_session);
    let relaunch = runtime.and_then(|runtime| {
        let page = page_to_come_back_to(request, audience);
        relaunch::after_refusal(runtime, Kind::InsufficientScope, page, former.as_ref())
    });
    let requested = session.map(|session| session.denied_scopes()).unwrap_or_default();
    let page = texts::insufficient_scope(asked.words(), missing, &requested, audience, relaunch);
    let reply = Reply::page(page, asked, runtime);
    match audience {
        Audience::Api => reply.with_challenge(lack.needed()),
        Audience::Document | Audience::Form => reply,
    }
}

/// Says in the log what to change, for mistakes that would otherwise be looked for elsewhere.
fn log(kind: Kind, request: &HttpRequest, reference: Reference) {
    let route = request.match_pattern().unwrap_or_default();
    match kind {
        Kind::NotInstalled | Kind::WrappedOnScope => tracing::error!(%route, %reference, "{kind}"),
        Kind::NoLaunch(NoLaunch::OutsideLaunchScope) => {
            if let Some(smart) = Installed::of(request) {
                log_seldom!(
                    smart.config.runtime(),
                    warn,
                    %route,
                    %reference,
                    "a handler that takes a launch is mounted outside of the launch scope, so it never has one; \
                     move its route into `launch_scope()`"
                );
            }
        }
        // Also for launches that strangers have invented, while the store is away.
        Kind::Unavailable { cause, .. } => {
            if let Some(smart) = Installed::of(request) {
                log_seldom!(smart.config.runtime(), warn, %route, %reference, ?cause, "{kind}");
            }
        }
        Kind::ClientRefused => tracing::error!(%route, %reference, "{kind}"),
        Kind::CrossSite => {
            if let Some(smart) = Installed::of(request) {
                log_seldom!(smart.config.runtime(), warn, %route, %reference, "{kind}");
            }
        }
        Kind::MissingContext(member) => tracing::warn!(%route, %reference, hint = how_to_get(member), "{kind}"),
        Kind::InsufficientScope => tracing::warn!(%route, %reference, "{kind}"),
        Kind::NoLaunch(_) | Kind::Ended(_) => tracing::debug!(%route, %reference, "{kind}"),
    }
}

/// What makes an EHR hand over a member of the launch context.
const fn how_to_get(member: ContextMember) -> &'static str {
    match member {
        ContextMember::Patient => {
            "request the scope `launch/patient`, if it was not requested; or open the application from a patient's chart"
        }
        ContextMember::Encounter => {
            "request the scope `launch/encounter`, if it was not requested; or open the application from a visit"
        }
        ContextMember::FhirUser => "request the scopes `openid fhirUser`, if they were not requested",
        ContextMember::IdToken => "request the scope `openid`, if it was not requested",
    }
}
