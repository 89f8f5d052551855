//! Opening an application as an EHR does ([`SandboxLaunch`]).

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    SandboxServer,
    state::{EhrLaunch, Shared, launch_url_with},
};

/// Where the EHR opens an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LaunchedIn {
    /// In a tab, where nobody but the application says who the patient is: `need_patient_banner` is true.
    #[default]
    Tab,
    /// In a frame of a page of the EHR at its own address. An application with the same host, `127.0.0.1` by default, is of the same site
    /// to browsers. For an application at `localhost` start the sandbox with such an origin
    /// ([`SandboxBuilder::origin`](super::SandboxBuilder::origin)). The EHR's page says who the patient is, so `need_patient_banner` is false.
    OwnSiteFrame,
    /// The same on a page with the other name of this machine: `localhost`, or `127.0.0.1` for an application at `localhost`. To the browser
    /// the application is a third party then, as it mostly is in a real EHR.
    ThirdPartyFrame,
}

/// Whether the EHR says how it looks (`smart_style_url`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EhrStyle {
    /// It does not.
    #[default]
    NotSaid,
    /// With the address of a style of the sandbox.
    Said,
}

/// What a launch says beside patient and encounter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LaunchDetails {
    pub(super) intent: Option<String>,
    pub(super) style: EhrStyle,
    pub(super) place: LaunchedIn,
}

/// A launch that the EHR has not opened yet. Made by [`SandboxServer::ehr_launch`], ended by [`url`](Self::url).
///
/// ```
/// use actix_smart_auth::sandbox::{LaunchedIn, SandboxServer};
///
/// # fn main() -> std::io::Result<()> {
/// let sandbox = SandboxServer::start()?;
/// let url = sandbox
///     .ehr_launch("http://127.0.0.1:8080/auth/launch", "amber-testwood")
///     .encounter("visit-101")
///     .intent("reconcile-medications")
///     .opened_in(LaunchedIn::ThirdPartyFrame)
///     .url();
/// assert!(url.starts_with("http://localhost:"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is launched before `url`"]
pub struct SandboxLaunch<'a> {
    shared: &'a Shared,
    launch: EhrLaunch,
}

impl SandboxServer {
    /// A launch of the application with this launch URL, for the patient with this id.
    ///
    /// Neither has to be known to the sandbox, so that a test can see what an application does then.
    pub fn ehr_launch(&self, launch_url: impl Into<String>, patient: impl Into<String>) -> SandboxLaunch<'_> {
        let launch_url = launch_url.into();
        let client_id = self.shared.state().client_at(&launch_url);
        SandboxLaunch {
            shared: &self.shared,
            launch: EhrLaunch::new(launch_url, client_id, patient.into(), self.shared.now()),
        }
    }
}

impl SandboxLaunch<'_> {
    /// The id of the encounter in context. Default: none. It need not exist.
    pub fn encounter(mut self, encounter: impl Into<String>) -> Self {
        self.launch.encounter = Some(encounter.into());
        self
    }

    /// What the person wants to do (`intent`). Default: it is not said.
    pub fn intent(mut self, intent: impl Into<String>) -> Self {
        self.launch.details.intent = Some(intent.into());
        self
    }

    /// Whether the EHR says how it looks. Default: [`EhrStyle::NotSaid`].
    pub fn style(mut self, style: EhrStyle) -> Self {
        self.launch.details.style = style;
        self
    }

    /// Where the EHR opens the application. Default: [`LaunchedIn::Tab`].
    pub fn opened_in(mut self, place: LaunchedIn) -> Self {
        self.launch.details.place = place;
        self
    }

    /// What the browser opens: the launch URL with `iss` and `launch`, or the EHR's page with the frame in which that is opened.
    ///
    /// The `launch` value works for one authorization.
    #[must_use]
    pub fn url(self) -> String {
        let address = self.launch.clone();
        let value = self.shared.state().mint_launch(self.launch);
        opened_at(self.shared, &address, &value)
    }
}

/// What the browser opens for a launch.
pub(super) fn opened_at(shared: &Shared, launch: &EhrLaunch, value: &str) -> String {
    match launch.details.place {
        LaunchedIn::Tab => launch_url_with(&launch.launch_url, &shared.fhir_base(), value),
        place => {
            let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            format!(
                "{}/ehr/frame?launch={value}",
                page_origin(&shared.origin, &launch.launch_url, place)
            )
        }
    }
}

/// The two names of this machine: different sites to a browser.
const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

/// Where the EHR shows the page with the frame.
pub(super) fn page_origin(origin: &str, launch_url: &str, place: LaunchedIn) -> String {
    match place {
        // Its authorization pages are there too: no step of the launch is of another site.
        LaunchedIn::Tab | LaunchedIn::OwnSiteFrame => origin.to_owned(),
        LaunchedIn::ThirdPartyFrame => match host(launch_url).as_deref() {
            Some("localhost") => named(origin, "127.0.0.1"),
            _ => named(origin, "localhost"),
        },
    }
}

/// Whether a frame on a page of the EHR's own can be of the site of the application.
pub(super) fn can_be_own_site(origin: &str, launch_url: &str) -> bool {
    let site = |url: &str| {
        let url = Url::parse(url).ok()?;
        Some((url.scheme().to_owned(), url.host_str()?.to_owned()))
    };
    site(origin).is_some_and(|site_of_ehr| Some(site_of_ehr) == site(launch_url))
}

/// With which origin the EHR would have the host of the application: the other name of this machine.
pub(super) fn own_site_origin(origin: &str, launch_url: &str) -> Option<String> {
    let host = host(launch_url).filter(|host| NAMES.contains(&host.as_str()))?;
    let other = named(origin, &host);
    can_be_own_site(&other, launch_url).then_some(other)
}

/// Whether the EHR has a page of another site than the application. It has none where both have one name, and that is none of this machine's.
pub(super) fn can_be_third_party(origin: &str, launch_url: &str) -> bool {
    !can_be_own_site(
        &page_origin(origin, launch_url, LaunchedIn::ThirdPartyFrame),
        launch_url,
    )
}

fn host(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_owned)
}

/// The origin under another name of this machine. One of another machine stays.
fn named(origin: &str, name: &str) -> String {
    let Ok(mut url) = Url::parse(origin) else {
        return origin.to_owned();
    };
    let is_this_machine = url.host_str().is_some_and(|host| NAMES.contains(&host));
    match is_this_machine && url.set_host(Some(name)).is_ok() {
        true => url.origin().ascii_serialization(),
        false => origin.to_owned(),
    }
}

/// All origins under which the EHR's pages are reached, as sources of a Content-Security-Policy.
pub(super) fn page_origins(origin: &str) -> String {
    NAMES.map(|name| named(origin, name)).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_at_the_ehrs_address_or_at_a_name_that_the_application_does_not_have() {
        let at = |launch_url: &str, place| page_origin("http://127.0.0.1:9", launch_url, place);
        for (launch_url, other, is_own) in [
            ("http://127.0.0.1:8080/launch", "http://localhost:9", true),
            ("http://localhost:8080/launch", "http://127.0.0.1:9", false),
            ("https://app.example.com/launch", "http://localhost:9", false),
            ("nonsense", "http://localhost:9", false),
        ] {
            assert_eq!(
                at(launch_url, LaunchedIn::OwnSiteFrame),
                "http://127.0.0.1:9",
                "{launch_url}"
            );
            assert_eq!(at(launch_url, LaunchedIn::ThirdPartyFrame), other, "{launch_url}");
            assert_eq!(
                can_be_own_site("http://127.0.0.1:9", launch_url),
                is_own,
                "{launch_url}"
            );
        }
        assert_eq!(
            own_site_origin("http://127.0.0.1:9", "http://localhost:8080/launch").as_deref(),
            Some("http://localhost:9")
        );
        assert_eq!(
            own_site_origin("http://localhost:9", "http://127.0.0.1:8080/launch").as_deref(),
            Some("http://127.0.0.1:9")
        );
        for (origin, launch_url) in [
            ("http://127.0.0.1:9", "https://app.example.com/launch"),
            ("https://127.0.0.1:9", "http://localhost:8080/launch"),
            ("https://ehr.test:9", "https://localhost/launch"),
        ] {
            assert_eq!(own_site_origin(origin, launch_url), None, "{origin} {launch_url}");
        }
        // Another scheme is another site.
        assert!(!can_be_own_site("https://127.0.0.1:9", "http://127.0.0.1:8080/launch"));
        // Names that only begin like one of this machine.
        for other in [
            "http://localhost-ehr:9",
            "http://localhost.direct:9",
            "http://127.0.0.1.nip.io:9",
        ] {
            assert_eq!(
                page_origin(other, "http://127.0.0.1:1/", LaunchedIn::ThirdPartyFrame),
                other
            );
            assert_eq!(page_origins(other), format!("{other} {other}"));
        }
        assert_eq!(
            page_origin("https://ehr.test:9", "http://127.0.0.1:1/", LaunchedIn::ThirdPartyFrame),
            "https://ehr.test:9"
        );
        assert!(can_be_third_party("http://127.0.0.1:9", "http://127.0.0.1:8080/launch"));
        assert!(can_be_third_party("http://127.0.0.1:9", "http://localhost:8080/launch"));
        assert!(can_be_third_party("https://ehr.test:9", "https://app.test/launch"));
        assert!(!can_be_third_party("https://ehr.test:9", "https://ehr.test/launch"));
    }
}
