//! What is about the application as a whole: the token store, and frames.

use super::{
    check::Check,
    finding::{Finding, Findings, Status},
};
use crate::{
    config::{SameSite, Settings},
    runtime::Runtime,
    store::{SetupSubject, SetupVerdict},
};

pub(super) async fn look(runtime: &Runtime) -> Vec<Finding> {
    let mut findings = Findings::about_application();
    store(runtime, &mut findings).await;
    frames(&runtime.settings, &mut findings);
    findings.into_list()
}

async fn store(runtime: &Runtime, findings: &mut Findings) {
    if runtime.store.backend().process_local().is_some() {
        findings.ok(
            Check::Store,
            "Launches are in the memory of this process: enough for one process, and a restart ends them.",
        );
        return;
    }
    if let Err(error) = runtime.store.ask_time().await {
        findings.failure(
            Check::Store,
            format!("The token store does not work: {error}."),
            "See that the server is up, that this machine reaches it, and that address, user name and password (REDIS_URL, POSTGRES_URL) are right.",
        );
        return;
    }
    findings.ok(Check::Store, "The token store answers.");
    for found in runtime.store.backend().look_at_setup().await {
        let check = match found.subject {
            SetupSubject::Eviction => Check::StoreEviction,
            SetupSubject::Disk => Check::StoreDisk,
            SetupSubject::FailOver => Check::StoreFailOver,
            SetupSubject::Rights => Check::StoreRights,
            SetupSubject::Coverage => Check::StoreCoverage,
        };
        let status = match found.verdict {
            SetupVerdict::Good => Status::Ok,
            SetupVerdict::Risky => Status::Warning,
            SetupVerdict::Unknown => Status::NotChecked,
        };
        findings.add(check, status, found.found, found.cure);
    }
}

/// A frame of another site needs two things: that the pages may be shown in it, and that cookies are sent to it.
fn frames(settings: &Settings, findings: &mut Findings) {
    let is_lax = settings.cookies.same_site == SameSite::Lax;
    match (settings.frame_ancestors.as_slice(), is_lax) {
        ([], true) => findings.ok(
            Check::Frames,
            "Launches open in a window or a tab of their own. An EHR that shows applications in a frame needs `frame_ancestor` and \
             `SameSite::None`.",
        ),
        ([], false) => findings.warning(
            Check::Frames,
            "Cookies are sent to frames (`SameSite::None`), and no origin may show the pages in one.",
            "Name the EHR's origin with `frame_ancestor`; or, if launches open in windows of their own, go back to `SameSite::Lax`.",
        ),
        (origins, true) => findings.warning(
            Check::Frames,
            format!("{} may show the pages in a frame, and browsers send no cookies there (`SameSite::Lax`): no launch opens in it.", origins.join(", ")),
            "Add `.cookie(CookiePolicy::default().same_site(SameSite::None).partitioned(Partitioned::Yes))`.",
        ),
        (origins, false) => findings.ok(Check::Frames, format!("Launches can open in frames of {}.", origins.join(", "))),
    }
}
