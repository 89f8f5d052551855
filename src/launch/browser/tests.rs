use super::*;
use crate::{config::Ehr, smart_config::SmartConfig, store::acceptance::sample::browser};

fn config() -> SmartConfig {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("my-app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    SmartConfig::builder().ehr(ehr).build().unwrap()
}

async fn link(runtime: &Runtime, from: BrowserKey, to: &[BrowserKey]) {
    for to in to {
        let (backend, value) = (&runtime.store, to.as_bytes().to_vec());
        let note = backend.remember(from, Memo::SameBrowser, value, 64, runtime.rules());
        note.await.unwrap();
    }
}

/// A planted session that leads to more names than are followed, and to the browser's own cookie last.
#[tokio::test]
async fn planted_names_do_not_crowd_out_what_the_browsers_own_cookie_leads_to() {
    let config = config();
    let runtime = config.runtime();
    let [session, cookie, own] = [(); 3].map(|()| browser());
    let planted: Vec<_> = (0..5).map(|_| browser()).collect();
    let more: Vec<_> = (0..NAMES).map(|_| browser()).collect();
    link(runtime, session, &planted).await;
    link(runtime, session, &[cookie]).await;
    link(runtime, planted[0], &more).await;
    link(runtime, cookie, &[own]).await;
    let request = Browser {
        cookies: vec![cookie],
        session: Some(session),
        ..Browser::default()
    };
    let names = request.every_name(runtime).await.unwrap();
    assert!(names.contains(&cookie) && names.contains(&own));
    assert!(names.len() <= ALL_NAMES, "{}", names.len());
}
