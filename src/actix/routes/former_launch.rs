//! [`FormerLaunch`]: the launch that a person comes from when they begin another one.

use actix_web::HttpRequest;

use crate::{
    actix::browser,
    config::Ehr,
    protocol::{after::After, launch_request::LaunchRequest},
    smart_config::SmartConfig,
    store::{BrowserKey, FormerPatient, LaunchUse, LoadedLaunch, ReturnFor},
};

/// The launch that the browser comes from.
pub(super) struct FormerLaunch {
    /// Its patient, where the page was inside a launch. Unknown unless that was this browser's, and at the same EHR: ids
    /// mean nothing at another.
    patient: Option<FormerPatient>,
    end: FormerEnd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FormerEnd {
    /// It was unused for too long, or too old. Or nobody knows: why a launch ended is soon forgotten, and people come back
    /// late to a page that they left alone.
    TimedOut,
    /// It is open, has ended otherwise, or there was none.
    Otherwise,
}

impl FormerLaunch {
    pub(super) async fn of(request: &HttpRequest, config: &SmartConfig, launch: &LaunchRequest, ehr: &Ehr) -> Self {
        let runtime = config.runtime();
        let former = launch.former();
        let ((Some(After::Launch(after)), _) | (None, Some(After::Launch(after)))) = (launch.after(), &former) else {
            let patient = former.map(|_| FormerPatient::Unknown);
            let end = FormerEnd::Otherwise;
            return Self { patient, end };
        };
        let loaded = runtime.load(after.key(), LaunchUse::DoesNotCount).await;
        let end = match (&loaded, launch.after()) {
            (Ok(LoadedLaunch::Ended(ended)), Some(_)) if !ended.reason.is_time_out() => FormerEnd::Otherwise,
            (Ok(LoadedLaunch::Open { .. }), _) | (_, None) => FormerEnd::Otherwise,
            _ => FormerEnd::TimedOut,
        };
        let known = match loaded {
            Ok(LoadedLaunch::Ended(ended)) => Some((ended.browser, ended.ehr.clone(), ended.patient)),
            Ok(LoadedLaunch::Open { record, .. }) => {
                Some((record.browser, record.origin.ehr.clone(), FormerPatient::of(&record)))
            }
            Ok(LoadedLaunch::NotFound) | Err(_) => None,
        };
        // An address that names two launches is believed of neither.
        let agrees = former.as_ref().is_none_or(|former| former.as_str() == after.as_str());
        let patient = match known.filter(|(_, at, _)| agrees && at == ehr.key()) {
            Some((of, _, patient)) if is_own(request, config, of).await => patient,
            _ => FormerPatient::Unknown,
        };
        Self {
            patient: Some(patient),
            end,
        }
    }

    /// Whether it ended because nobody was there.
    pub(super) fn timed_out(&self) -> bool {
        self.end == FormerEnd::TimedOut
    }

    /// Where the browser wants to go, and for which patient. A page of a launch that nobody knows any more is not opened
    /// inside another launch: it may be about somebody else.
    pub(super) fn return_to(&self, launch: &LaunchRequest) -> (Option<String>, ReturnFor) {
        let path = launch.return_to();
        let path = path.map(|path| path.clone().without_launch_segment().as_str().to_owned());
        match self.patient {
            None => (path, ReturnFor::Anyone),
            Some(FormerPatient::Unknown) => (None, ReturnFor::Anyone),
            Some(FormerPatient::None) => (path, ReturnFor::NoPatient),
            Some(FormerPatient::Patient(patient)) => (path, ReturnFor::Patient(patient)),
        }
    }
}

/// Whether a launch was opened in the browser of this request.
async fn is_own(request: &HttpRequest, config: &SmartConfig, of: BrowserKey) -> bool {
    let runtime = config.runtime();
    let names = browser::of(request, &runtime.settings).all_names(runtime).await;
    names.contains(&of)
}
