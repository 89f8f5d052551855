//! From what a request names and proves to its session: which launch, proved how, and with a fresh token.

use super::{
    ended_launch_ref::EndedLaunchRef,
    launch_cookie::LaunchCookie,
    request_head::RequestHead,
    session_error_kind::{NoLaunch, SmartSessionErrorKind as Kind},
};
use crate::{
    config::{LaunchNaming, Settings},
    launch::{error::LaunchError, session::SmartSession},
    log_throttle::log_seldom,
    protocol::launch_id::LaunchId,
    smart_config::SmartConfig,
    store::{EndedLaunch, LaunchUse, LoadedLaunch},
};

/// A launch that a request names, with what may prove it.
pub(crate) struct Named {
    id: LaunchId,
    proofs: Vec<LaunchCookie>,
}

/// The launch that the request names. Nothing is guessed: no name, no launch.
///
/// Where there is one launch per browser its cookie names it. There may be false cookies beside the right one, so all are
/// looked at then.
///
/// `segment` is the part of the path that names one.
pub(crate) fn named_launch(
    request: &impl RequestHead,
    segment: Option<&str>,
    settings: &Settings,
) -> Result<Vec<Named>, NoLaunch> {
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
pub(crate) async fn open(
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
                log_seldom!(config.runtime(), warn, error = %failure, "the token store failed; the request is answered with 503");
                return Err((LaunchError::store_unavailable().into(), None));
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
        Err(error) => {
            let former = match error {
                LaunchError::Ended(reason) => {
                    let ended = EndedLaunch::of(&record, reason, config.runtime().now());
                    Some(EndedLaunchRef { id, ended: Some(ended) })
                }
                LaunchError::NotFound => Some(EndedLaunchRef { id, ended: None }),
                LaunchError::Unavailable { .. } | LaunchError::ClientRefused => None,
            };
            Err((error.into(), former))
        }
    }
}
