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

#[tokio::test]
async fn so_many_names_are_followed_from_one_and_so_many_in_all() {
    let config = config();
    let runtime = config.runtime();
    let of = async |cookies: Vec<BrowserKey>| {
        let request = Browser {
            cookies,
            ..Browser::default()
        };
        request.every_name(runtime).await.unwrap().len()
    };
    for (more, followed) in [
        (NAMES - 2, NAMES - 1),
        (NAMES - 1, NAMES),
        (NAMES, NAMES),
        (NAMES + 5, NAMES),
    ] {
        let cookie = browser();
        let others: Vec<_> = (0..more).map(|_| browser()).collect();
        link(runtime, cookie, &others).await;
        assert_eq!(of(vec![cookie]).await, followed, "{more}");
    }
    for (cookies, followed) in [
        (ALL_NAMES, ALL_NAMES),
        (ALL_NAMES + 1, ALL_NAMES),
        (ALL_NAMES + 9, ALL_NAMES),
    ] {
        let cookies = (0..cookies).map(|_| browser()).collect();
        assert_eq!(of(cookies).await, followed);
    }
}
