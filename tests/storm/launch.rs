//! A launch, begun and finished at different processes as behind a load balancer.

use std::collections::BTreeMap;

use actix_smart_auth::sandbox::SandboxServer;
use url::Url;

use crate::{
    dice::Dice,
    wire::{Answer, Wire},
};

/// What a browser holds of a launch.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) patient: String,
    /// The path of its page.
    pub(crate) path: String,
    pub(crate) cookies: String,
    /// Its place among the sandbox's grants.
    pub(crate) grant: usize,
}

/// Launches for `patient` in a browser of its own.
pub(crate) async fn open(sandbox: &SandboxServer, ports: &[u16], patient: &str, dice: &mut Dice) -> Launch {
    let origin = |port: u16| format!("http://127.0.0.1:{port}");
    let any = |dice: &mut Dice| ports[dice.below(ports.len())];
    let mut jar = BTreeMap::new();
    let url = sandbox.ehr_launch_url(&format!("{}/auth/launch", origin(any(dice))), patient, None);
    let at_ehr = follow(&url, &mut jar).await;
    let mut none = BTreeMap::new();
    let mut callback = Url::parse(&follow(&at_ehr, &mut none).await).unwrap();
    callback.set_port(Some(any(dice))).unwrap();
    let page = Url::parse(&follow(callback.as_str(), &mut jar).await).unwrap();
    let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let grants = sandbox.grants();
    Launch {
        patient: patient.to_owned(),
        path: page.path().to_owned(),
        cookies: cookies.join("; "),
        grant: grants
            .iter()
            .position(|grant| grant.patient.as_deref() == Some(patient))
            .unwrap(),
    }
}

/// Where a navigation is sent on to.
async fn follow(url: &str, jar: &mut BTreeMap<String, String>) -> String {
    let url = Url::parse(url).unwrap();
    let path = url.as_str().split_once("127.0.0.1").unwrap().1;
    let path = path.split_at(path.find('/').unwrap()).1;
    let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers = [("Sec-Fetch-Mode", "navigate"), ("Cookie", &*cookies.join("; "))];
    let mut wire = Wire::connect(url.port().unwrap()).await.unwrap();
    let answer: Answer = wire.get(path, &headers).await.unwrap();
    for cookie in answer.headers("set-cookie") {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        jar.insert(name.to_owned(), value.to_owned());
    }
    let location = answer.header("location");
    let location =
        location.unwrap_or_else(|| panic!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)));
    url.join(location).unwrap().to_string()
}
