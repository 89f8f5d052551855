//! From what a request names and proves to its session: which launch, proved how, and with a fresh token.

use super::{
    launch_cookie::LaunchCookie,
    request_head::RequestHead,
    session_error_kind::{NoLaunch, SmartSessionErrorKind as Kind},
    unusable_launch::UnusableLaunch,
};
use crate::{
    config::{LaunchNaming, Settings},
    launch::{error::LaunchError, session::SmartSession},
    protocol::launch_id::LaunchId,
    runtime::Runtime,
    smart_config::SmartConfig,
    store::{LaunchKey, LaunchKind, LaunchUse, LoadedLaunch, StoreError},
};

/// A launch that a request names, with what may prove it.
pub(crate) struct Named {
    id: LaunchId,
    proofs: Vec<LaunchCookie>,
}

/// Why a request names no launch that could be open.
pub(crate) struct NotNamed {
    pub(crate) why: NoLaunch,
    /// The one that its address names all the same.
    pub(crate) former: Option<UnusableLaunch>,
}

impl From<NoLaunch> for NotNamed {
    fn from(why: NoLaunch) -> Self {
        Self { why, former: None }
    }
}

/// Why a request has no session.
pub(crate) struct NotUsable {
    pub(crate) kind: Kind,
    pub(crate) former: Option<UnusableLaunch>,
    /// The launch that could not be loaded, and why.
    pub(crate) store_failed: Option<(LaunchKey, StoreError)>,
}

impl NotUsable {
    const fn new(kind: Kind, former: Option<UnusableLaunch>) -> Self {
        Self {
            kind,
            former,
            store_failed: None,
        }
    }
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
) -> Result<Vec<Named>, NotNamed> {
    let by_path = settings.paths.naming() == LaunchNaming::ByPath;
    if by_path || segment.is_some() {
        let segment = segment.ok_or(NoLaunch::OutsideLaunchScope)?;
        let id = LaunchId::parse(segment).ok_or(NoLaunch::NotALaunchId)?;
        let proofs = LaunchCookie::all_of(request, settings, &id);
        if proofs.is_empty() {
            return Err(NotNamed {
                why: NoLaunch::NoCookie,
                former: Some(UnusableLaunch::without_cookie(&id)),
            });
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
        return Err(NoLaunch::NoCookie.into());
    }
    Ok(named)
}

/// The one launch of these that its cookie proves, open, and makes its token fresh. Two are one too many.
pub(crate) async fn usable_session(
    config: &SmartConfig,
    named: Vec<Named>,
    launch_use: LaunchUse,
) -> Result<SmartSession, NotUsable> {
    let mut open = None;
    let mut former: Option<UnusableLaunch> = None;
    let mut reason = None;
    for Named { id, proofs } in named {
        let key = id.key();
        match loaded(config.runtime(), key, &proofs, launch_use).await {
            Ok(LoadedLaunch::Open { record, version }) if LaunchCookie::one_opens(&proofs, &record.proof) => {
                let began = record.kind;
                if let Some((_, _, other, _)) = open.replace((id, key, record, version)) {
                    tracing::warn!("a request proves two launches where there is one per browser; it gets neither");
                    let former = one_of_two(began, other.kind);
                    return Err(NotUsable::new(Kind::NoLaunch(NoLaunch::Unknown), Some(former)));
                }
            }
            Ok(LoadedLaunch::Ended(launch)) if LaunchCookie::one_opens(&proofs, &launch.proof) => {
                reason = Some(launch.reason);
                former = Some(UnusableLaunch::of_ended(id, &launch));
            }
            Ok(_) => former = Some(the_more_careful(former, UnusableLaunch::unknown(id))),
            Err(error) => {
                return Err(NotUsable {
                    kind: LaunchError::store_unavailable().into(),
                    former: None,
                    store_failed: Some((key, error)),
                });
            }
        }
    }
    let Some((id, key, record, version)) = open else {
        let kind = reason.map_or(Kind::NoLaunch(NoLaunch::Unknown), Kind::Ended);
        return Err(NotUsable::new(kind, former));
    };
    match config
        .refresher()
        .ensure_fresh(key, (record.clone(), version), launch_use)
        .await
    {
        Ok(record) => Ok(config.sessions().session(id, record, launch_use)),
        Err(error) => {
            let former = UnusableLaunch::of_record(id, &record);
            Err(NotUsable::new(error.into(), Some(former)))
        }
    }
}

/// Of two that cookies name where there is one per browser: the one that is known, else one that began in the EHR, else the first. A
/// cookie that somebody planted in front of the right one must send nobody to a launch in the application.
fn the_more_careful(first: Option<UnusableLaunch>, next: UnusableLaunch) -> UnusableLaunch {
    let counts = |first: &UnusableLaunch| {
        first.known.is_some() || first.began == LaunchKind::Ehr || next.began == LaunchKind::Standalone
    };
    first.filter(counts).unwrap_or(next)
}

/// Of two that are open where there is one per browser nobody knows which the person means.
fn one_of_two(one: LaunchKind, other: LaunchKind) -> UnusableLaunch {
    UnusableLaunch {
        after: None,
        began: if one == LaunchKind::Ehr { one } else { other },
        known: None,
    }
}

/// Loads a launch. It is a use only where one of the secrets is right: somebody who knows an id and invents a secret keeps no launch
/// open.
///
/// A store cannot see which secret is right. Where this process has not seen it either, it is loaded twice.
async fn loaded(
    runtime: &Runtime,
    key: LaunchKey,
    proofs: &[LaunchCookie],
    launch_use: LaunchUse,
) -> Result<LoadedLaunch, StoreError> {
    let is_known = |proof: &LaunchCookie| runtime.proven.knows(key, &proof.secret);
    if !launch_use.counts() || proofs.iter().any(is_known) {
        return runtime.load(key, launch_use).await;
    }
    let loaded = runtime.load(key, LaunchUse::DoesNotCount).await?;
    let LoadedLaunch::Open { record, .. } = &loaded else {
        return Ok(loaded);
    };
    let Some(proof) = proofs.iter().find(|proof| record.proof.admits(&proof.secret)) else {
        return Ok(loaded);
    };
    runtime.proven.note(key, &proof.secret);
    runtime.load(key, launch_use).await
}
