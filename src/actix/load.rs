//! From a request to its launch: which one, proved how, and with a fresh token.

use actix_web::HttpRequest;

use crate::{
    actix::{
        browser,
        error::{NoLaunch, SmartSessionError, SmartSessionErrorKind as Kind},
        launch_cookie::LaunchCookie,
        launch_use::Word,
        negotiate::{Audience, Speculation, is_cross_site, is_unsafe},
        relaunch::{Origin, launch_href},
        reply::{Reply, wording},
        request::{Installed, Loading, Placement},
        scope::LAUNCH_PARAMETER,
    },
    config::{CrossSite, LaunchNaming, Settings},
    launch::{error::LaunchError, insufficient_scope::InsufficientScope, session::SmartSession},
    log_throttle::log_seldom,
    protocol::{after::After, launch_id::LaunchId},
    smart_config::SmartConfig,
    store::{EndedLaunch, LaunchKind, LaunchUse, LoadedLaunch, RefreshFailure},
};

/// The launch that a request named, with a cookie of it, and that is not open.
pub(super) struct EndedLaunchRef {
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
    let runtime = smart.config.runtime();
    if smart.placement == Placement::Scope {
        return Err(error(request, Kind::WrappedOnScope));
    }
    if runtime.settings.policies.cross_site == CrossSite::Refuse
        && is_unsafe(request.method(), request.headers())
        && is_cross_site(request.headers(), &runtime.own_origin)
    {
        return Err(error(request, Kind::CrossSite));
    }
    let named = named_launch(request, &smart.config).map_err(|why| answer(request, Kind::NoLaunch(why), None, word))?;
    open(&smart.config, named, word.loads_as())
        .await
        .map_err(|(kind, former)| answer(request, kind, former.as_ref(), word))
}

/// A launch that a request names, with what may prove it.
struct Named {
    id: LaunchId,
    proofs: Vec<LaunchCookie>,
}

/// The launch that the request names. Nothing is guessed: no name, no launch.
///
/// Where there is one launch per browser its cookie names it. There may be false cookies beside the right one, so all are
/// looked at then.
fn named_launch(request: &HttpRequest, config: &SmartConfig) -> Result<Vec<Named>, NoLaunch> {
    let settings = &config.runtime().settings;
    let segment = request.match_info().get(LAUNCH_PARAMETER);
    let by_path = settings.paths.naming() == LaunchNaming::ByPath;
    if by_path || segment.is_some() {
        let segment = segment.ok_or(NoLaunch::OutsideLaunchScope)?;
        let id = LaunchId::parse(segment).ok_or(NoLaunch::NotALaunchId)?;
        let proofs = LaunchCookie::all_of(request, settings, &id);
        if proofs.is_empty() {
            return Err(NoLaunch::NoCookie);
        }
        return Ok(vec![Named { id, proofs }]);
    }
    let mut named: Vec<Named> = Vec::new();
    for cookie in LaunchCookie::all(request, settings) {
        match named.iter_mut().find(|named| named.id == cookie.id) {
            Some(named) => named.proofs.push(cookie),
            None => named.push(Named {
                id: cookie.id.clone(),
                proofs: vec![cookie],
            }),
        }
    }
    if named.is_empty() {
        return Err(NoLaunch::NoCookie);
    }
    Ok(named)
}

/// Opens the one launch of these that its cookie proves. Two are one too many.
async fn open(
    config: &SmartConfig,
    named: Vec<Named>,
    launch_use: LaunchUse,
) -> Result<SmartSession, (Kind, Option<EndedLaunchRef>)> {
    let mut open = None;
    let mut former: Option<EndedLaunchRef> = None;
    for Named { id, proofs } in named {
        let key = id.key();
        match config.runtime().load(key, launch_use).await {
            Ok(LoadedLaunch::Open { record, version }) if LaunchCookie::one_opens(&proofs, &record.proof) => {
                if open.is_some() {
                    tracing::warn!("a request proves two launches where there is one per browser; it gets neither");
                    return Err((Kind::NoLaunch(NoLaunch::Unknown), None));
                }
                open = Some((id, key, record, version));
            }
            Ok(LoadedLaunch::Ended(launch)) if LaunchCookie::one_opens(&proofs, &launch.proof) => {
                let ended = Some((*launch).clone());
                former = Some(EndedLaunchRef { id, ended });
            }
            Ok(_) => {
                former.get_or_insert(EndedLaunchRef { id, ended: None });
            }
            Err(failure) => {
                tracing::warn!(error = %failure, "the token store failed; the request is answered with 503");
                let (cause, retry_after) = (RefreshFailure::StoreUnavailable, std::time::Duration::from_secs(5));
                return Err((Kind::Unavailable { cause, retry_after }, None));
            }
        }
    }
    let Some((id, key, record, version)) = open else {
        let reason = former.as_ref().and_then(|former| Some(former.ended.as_ref()?.reason));
        let kind = reason.map_or(Kind::NoLaunch(NoLaunch::Unknown), Kind::Ended);
        return Err((kind, former));
    };
    match config.refresher().ensure_fresh(key, (record.clone(), version)).await {
        Ok(record) => Ok(config.sessions().session(id, record, launch_use)),
        Err(LaunchError::Ended(reason)) => {
            let ended = EndedLaunch::of(&record, reason, config.runtime().now());
            let former = EndedLaunchRef { id, ended: Some(ended) };
            Err((Kind::Ended(reason), Some(former)))
        }
        Err(LaunchError::NotFound) => {
            let former = EndedLaunchRef { id, ended: None };
            Err((Kind::NoLaunch(NoLaunch::Unknown), Some(former)))
        }
        Err(LaunchError::ClientRefused) => Err((Kind::ClientRefused, None)),
        Err(LaunchError::Unavailable { cause, retry_after }) => Err((Kind::Unavailable { cause, retry_after }, None)),
    }
}

/// The error of a request whose launch, if it has one, is open.
pub(super) fn error(request: &HttpRequest, kind: Kind) -> SmartSessionError {
    answer(request, kind, None, Word::of(request))
}

/// The error with the answer that fits the request.
fn answer(request: &HttpRequest, kind: Kind, former: Option<&EndedLaunchRef>, word: Word) -> SmartSessionError {
    log(kind, request);
    let audience = Audience::of(request.method(), request.headers());
    let Some(smart) = Installed::of(request) else {
        return SmartSessionError::new(kind, Reply::page(&wording::not_installed(), audience, None));
    };
    let settings = &smart.config.runtime().settings;
    let ended = former.and_then(|former| former.ended.as_ref());
    let relaunch = relaunch_href(request, audience, &smart.config, kind, former);
    if let (Audience::Document, Some(href)) = (audience, &relaunch)
        && word.somebody_is_there()
        && Speculation::of(request.method(), request.headers()).is_none()
        && redirects_by_itself(kind)
        && redirect_allowed(request, &smart.config, kind, ended)
    {
        let reply = forgetting(Reply::redirect(href), settings, kind);
        return SmartSessionError::new(kind, reply);
    }
    let began = ended.map(|ended| ended.kind);
    let page = wording::session_error(kind, audience, began, relaunch);
    let reply = Reply::page(&page, audience, Some(settings));
    SmartSessionError::new(kind, forgetting(reply, settings, kind))
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
    let (route, missing) = (request.match_pattern().unwrap_or_default(), lack.missing());
    tracing::warn!(%route, %missing, "a request needs scopes that the EHR did not grant");
    let audience = Audience::of(request.method(), request.headers());
    let smart = Installed::of(request);
    let settings = smart.as_ref().map(|smart| &smart.config.runtime().settings);
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
    former: Option<&EndedLaunchRef>,
) -> Option<String> {
    if !matches!(kind, Kind::NoLaunch(_) | Kind::Ended(_)) {
        return None;
    }
    let settings = &config.runtime().settings;
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
    let several = config.runtime().registrations.are_several();
    let after = match former {
        Some(former) => Some(After::Launch(former.id.clone())),
        // The address does not say in which launch the page was opened.
        None => (settings.paths.naming() == LaunchNaming::DangerOnePerBrowser).then_some(After::Unknown),
    };
    let from = Origin {
        page,
        after,
        ehr: ended.filter(|_| several).map(|ended| ended.ehr.as_str()),
        ..Origin::default()
    };
    Some(launch_href(&settings.paths, from))
}

/// Whether a person is sent to the launch without being asked. Not after something that a person should read first.
const fn redirects_by_itself(kind: Kind) -> bool {
    match kind {
        Kind::Ended(reason) => reason.may_relaunch(),
        _ => true,
    }
}

/// Breaks loops: a browser that keeps coming back without its cookie, or an EHR that keeps refusing.
fn redirect_allowed(request: &HttpRequest, config: &SmartConfig, kind: Kind, ended: Option<&EndedLaunch>) -> bool {
    let per_minute = if matches!(kind, Kind::Ended(_)) { 1 } else { 3 };
    let runtime = config.runtime();
    let browser = ended
        .map(|ended| ended.browser)
        .or_else(|| browser::name_of(request, &runtime.settings));
    // A browser that has never launched here cannot be in a loop.
    browser.is_none_or(|browser| runtime.redirects.allow(browser, per_minute, runtime.steady()))
}

/// Says in the log what to change, for mistakes that would otherwise be looked for elsewhere.
fn log(kind: Kind, request: &HttpRequest) {
    let route = request.match_pattern().unwrap_or_default();
    match kind {
        Kind::NotInstalled | Kind::WrappedOnScope => tracing::error!(%route, "{kind}"),
        Kind::NoLaunch(NoLaunch::OutsideLaunchScope) => {
            if let Some(smart) = Installed::of(request) {
                log_seldom!(
                    smart.config.runtime(),
                    warn,
                    %route,
                    "a handler that needs a launch is mounted outside of the launch scope, so it never has one; \
                     move its route into `launch_scope()`"
                );
            }
        }
        Kind::Unavailable { cause, .. } => tracing::warn!(%route, ?cause, "{kind}"),
        Kind::ClientRefused => tracing::error!(%route, "{kind}"),
        Kind::CrossSite => {
            if let Some(smart) = Installed::of(request) {
                log_seldom!(smart.config.runtime(), warn, %route, "{kind}");
            }
        }
        Kind::MissingContext(_) | Kind::InsufficientScope => tracing::warn!(%route, "{kind}"),
        Kind::NoLaunch(_) | Kind::Ended(_) => tracing::debug!(%route, "{kind}"),
    }
}
