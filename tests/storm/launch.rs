//! A launch, begun and finished at different processes as behind a load balancer.

use actix_smart_auth::sandbox::SandboxServer;
use url::Url;

use crate::{browser::Browser, dice::Dice};

/// What a browser holds of a launch.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) patient: String,
    /// The path of its page.
    pub(crate) path: String,
    pub(crate) cookies: String,
    /// Its place among the EHR's grants.
    pub(crate) grant: usize,
}

impl Launch {
    /// The headers with which a script on its page asks.
    pub(crate) fn headers(&self) -> [(&str, &str); 2] {
        [("Accept", "application/json"), ("Cookie", &self.cookies)]
    }
}

/// Launches for `patient` in a browser of its own.
pub(crate) async fn open(sandbox: &SandboxServer, ports: &[u16], patient: &str, dice: &mut Dice) -> Launch {
    let origin = |port: u16| format!("http://127.0.0.1:{port}");
    let any = |dice: &mut Dice| ports[dice.below(ports.len())];
    let mut browser = Browser::default();
    let url = sandbox.ehr_launch_url(&format!("{}/auth/launch", origin(any(dice))), patient, None);
    let at_ehr = browser.follow(&Url::parse(&url).unwrap()).await;
    let mut callback = Browser::default().follow(&at_ehr).await;
    callback.set_port(Some(any(dice))).unwrap();
    let page = browser.follow(&callback).await;
    let grants = sandbox.grants();
    Launch {
        patient: patient.to_owned(),
        path: page.path().to_owned(),
        cookies: browser.cookies(),
        grant: grants
            .iter()
            .position(|grant| grant.patient.as_deref() == Some(patient))
            .unwrap(),
    }
}
