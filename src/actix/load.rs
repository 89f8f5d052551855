//! From a request to its launch: which one, proved how, and with a fresh token.

use actix_session::SessionExt as _;
use actix_web::HttpRequest;

use crate::{
    actix::{
        browser,
        cookie::LaunchCookie,
        error::{NoLaunch, SmartSessionError, SmartSessionErrorKind as Kind},
        launch_use::Word,
        negotiate::{Audience, is_cross_site, is_unsafe},
        relaunch::{Origin, launch_href},
        reply::{Reply, wording},
        request::{Installed, Loading, Placement},
        scope::LAUNCH_PARAMETER,
    },
    config::{CrossSite, LaunchNaming, SmartConfig},
    insufficient_scope::InsufficientScope,
    refresh::{self, NotFresh},
    session::SmartSession,
    store::{EndReason, EndedLaunch, LaunchId, LaunchKind, LaunchUse, LoadedLaunch, RefreshFailure},
};

/// The launch that a request named, with a cookie of it, and that is not open.
pub(super) struct Former {
    id: LaunchId,
    /// `None` when the store does not know it any more.
    ended: Option<EndedLaunch>,
}

/// The launch of a request, for an extractor.
pub(super) async fn session_of(request: &HttpRequest) -> Result<SmartSession, SmartSessionError> {
    session(request, Word::of(request)).await
}

/// The launch of a request. Loaded once, however many ask.
pub(super) async fn session(request: &HttpRequest, word: Word) -> Result<SmartSession, SmartSessionError> {
    let Some(smart) = Installed::of(request) else {
        return Err(error(request, Kind::NotInstalled));
    };
    Loading::of(request)
        .get_or_load(word.loads_as(), || load(request, &smart, word))
        .await
}

/// Makes the request a use of its launch, if it is one after all.
pub(super) async fn note(request: &HttpRequest, launch_use: LaunchUse) {
    Loading::of(request).note(launch_use).await;
}

async fn load(request: &HttpRequest, smart: &Installed, word: Word) -> Result<SmartSession, SmartSessionError> {
    let shared = smart.config.shared();
    if smart.placement == Placement::Scope {
        return Err(error(request, Kind::WrappedOnScope));
    }
    if shared.settings.policies.cross_site == CrossSite::Refuse
        && is_unsafe(request.method())
        && is_cross_site(request.headers(), &shared.own_origin)
    {
        return Err(error(request, Kind::CrossSite));
    }
    let (id, proofs) =
        named_launch(request, &smart.config).map_err(|why| answer(request, Kind::NoLaunch(why), None, word))?;
    open(&smart.config, id, &proofs, word.loads_as())
        .await
        .map_err(|(kind, former)| answer(request, kind, former.as_ref(), word))
}

/// The launch that the request names, with what may prove it. Nothing is guessed: no name, no launch.
fn named_launch(request: &HttpRequest, config: &SmartConfig) -> Result<(LaunchId, Vec<LaunchCookie>), NoLaunch> {
    let settings = &config.shared().settings;
    let mut cookies = LaunchCookie::all(request, settings);
    match settings.paths.naming() {
        LaunchNaming::ByPath => {
            let segment = request
                .match_info()
                .get(LAUNCH_PARAMETER)
                .ok_or(NoLaunch::OutsideLaunchScope)?;
            let id = LaunchId::parse(segment).ok_or(NoLaunch::NotALaunchId)?;
            cookies.retain(|cookie| cookie.id == id);
            if cookies.is_empty() {
                return Err(NoLaunch::NoCookie);
            }
            Ok((id, cookies))
        }
        LaunchNaming::DangerOnePerBrowser => {
            cookies.truncate(1);
            let id = cookies.first().ok_or(NoLaunch::NoCookie)?.id.clone();
            Ok((id, cookies))
        }
    }
}

async fn open(
    config: &SmartConfig,
    id: LaunchId,
    proofs: &[LaunchCookie],
    launch_use: LaunchUse,
) -> Result<SmartSession, (Kind, Option<Former>)> {
    let key = id.key();
    let record = match config.shared().load(key, launch_use).await {
        Ok(LoadedLaunch::Open { record, .. }) if LaunchCookie::one_opens(proofs, &record.proof) => record,
        Ok(LoadedLaunch::Ended(ended)) if LaunchCookie::one_opens(proofs, &ended.proof) => {
            let former = Former {
                id,
                ended: Some((*ended).clone()),
            };
            return Err((Kind::Ended(ended.reason), Some(former)));
        }
        Ok(_) => return Err((Kind::NoLaunch(NoLaunch::Unknown), Some(Former { id, ended: None }))),
        Err(failure) => {
            tracing::warn!(error = %failure, "the token store failed; the request is answered with 503");
            let retry_after = std::time::Duration::from_secs(5);
            return Err((
                Kind::Unavailable {
                    cause: RefreshFailure::StoreUnavailable,
                    retry_after,
                },
                None,
            ));
        }
    };
    match refresh::ensure_fresh(config, key, record.clone()).await {
        Ok(record) => Ok(SmartSession::new(config.clone(), id, record, launch_use)),
        Err(NotFresh::Ended(reason)) => {
            let ended = EndedLaunch::of(&record, reason, config.shared().now());
            let former = Former { id, ended: Some(ended) };
            Err((Kind::Ended(reason), Some(former)))
        }
        Err(NotFresh::Later {
            cause: RefreshFailure::ClientRefused,
            ..
        }) => Err((Kind::ClientRefused, None)),
        Err(NotFresh::Later { cause, retry_after }) => Err((Kind::Unavailable { cause, retry_after }, None)),
    }
}

/// The error of a request whose launch, if it has one, is open.
pub(super) fn error(request: &HttpRequest, kind: Kind) -> SmartSessionError {
    answer(request, kind, None, Word::of(request))
}

/// The error with the answer that fits the request.
fn answer(request: &HttpRequest, kind: Kind, former: Option<&Former>, word: Word) -> SmartSessionError {
    log(kind, request);
    let audience = Audience::of(request.method(), request.headers());
    let Some(smart) = Installed::of(request) else {
        return SmartSessionError::new(kind, Reply::page(&wording::not_installed(), audience, None));
    };
    let settings = &smart.config.shared().settings;
    let ended = former.and_then(|former| former.ended.as_ref());
    let relaunch = relaunch_href(request, audience, &smart.config, kind, former);
    if let (Audience::Document, Some(href)) = (audience, &relaunch)
        && word.somebody_is_there()
        && redirects_by_itself(kind)
        && redirect_allowed(request, &smart.config, kind, ended)
    {
        return SmartSessionError::new(kind, Reply::redirect(href));
    }
    let began = ended.map(|ended| ended.kind);
    let page = wording::session_error(kind, audience, began, relaunch);
    SmartSessionError::new(kind, Reply::page(&page, audience, Some(settings)))
}

/// The error of a launch whose granted scopes are not enough.
pub(super) fn insufficient_scope(request: &HttpRequest, lack: &InsufficientScope) -> SmartSessionError {
    let (route, missing) = (request.match_pattern().unwrap_or_default(), lack.missing());
    tracing::warn!(%route, %missing, "a request needs scopes that the EHR did not grant");
    let audience = Audience::of(request.method(), request.headers());
    let smart = Installed::of(request);
    let settings = smart.as_ref().map(|smart| &smart.config.shared().settings);
    let reply = Reply::page(&wording::insufficient_scope(missing, audience), audience, settings);
    let reply = match audience {
        Audience::Api => reply.with_challenge(lack.needed()),
        Audience::Document | Audience::Form => reply,
    };
    SmartSessionError::insufficient_scope(missing.clone(), reply)
}

/// Where a new launch would begin, when one in the application fits.
///
/// A launch that began in the EHR is not begun anew in the application, unless that is configured: the person would
/// be asked to pick a patient, and might pick another.
fn relaunch_href(
    request: &HttpRequest,
    audience: Audience,
    config: &SmartConfig,
    kind: Kind,
    former: Option<&Former>,
) -> Option<String> {
    if !matches!(kind, Kind::NoLaunch(_) | Kind::Ended(_)) {
        return None;
    }
    let settings = &config.shared().settings;
    let ended = former.and_then(|former| former.ended.as_ref());
    let began = ended.map_or(LaunchKind::Standalone, |ended| ended.kind);
    if !settings.policies.relaunches_in_application(began) {
        return None;
    }
    // Only what a person opened is somewhere to come back to: the address of a script's call or of a form is no page.
    let page = match audience {
        Audience::Document => request.uri().path_and_query().map(|it| it.as_str()),
        Audience::Form | Audience::Api => None,
    };
    let several = config.shared().registrations.are_several();
    let from = Origin {
        page,
        after: former.map(|former| former.id.as_str()),
        ehr: ended.filter(|_| several).map(|ended| ended.ehr.as_str()),
        ..Origin::default()
    };
    Some(launch_href(&settings.paths, from))
}

/// Whether a person is sent to the launch without being asked. Not after something that a person should read first.
const fn redirects_by_itself(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Ended(
            EndReason::LoggedOut
                | EndReason::PatientChanged
                | EndReason::UserChanged
                | EndReason::OtherUser
                | EndReason::Replaced
        )
    )
}

/// Breaks loops: a browser that keeps coming back without its cookie, or an EHR that keeps refusing.
fn redirect_allowed(request: &HttpRequest, config: &SmartConfig, kind: Kind, ended: Option<&EndedLaunch>) -> bool {
    let per_minute = if matches!(kind, Kind::Ended(_)) { 1 } else { 3 };
    let browser = ended
        .map(|ended| ended.browser)
        .or_else(|| browser::known(&request.get_session()));
    let shared = config.shared();
    // A browser that has never launched here cannot be in a loop.
    browser.is_none_or(|browser| shared.redirects.allow(browser, per_minute, shared.now()))
}

/// Says in the log what to change, for mistakes that would otherwise be looked for elsewhere.
fn log(kind: Kind, request: &HttpRequest) {
    let route = request.match_pattern().unwrap_or_default();
    match kind {
        Kind::NotInstalled | Kind::WrappedOnScope => tracing::error!(%route, "{kind}"),
        Kind::NoLaunch(NoLaunch::OutsideLaunchScope) => tracing::warn!(
            %route,
            "a handler that needs a launch is mounted outside of the launch scope, so it never has one; \
             move its route into `launch_scope()`"
        ),
        Kind::Unavailable { cause, .. } => tracing::warn!(%route, ?cause, "{kind}"),
        Kind::ClientRefused => tracing::error!(%route, "{kind}"),
        Kind::CrossSite | Kind::MissingContext(_) | Kind::InsufficientScope => tracing::warn!(%route, "{kind}"),
        Kind::NoLaunch(_) | Kind::Ended(_) => tracing::debug!(%route, "{kind}"),
    }
}
