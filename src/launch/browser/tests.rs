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

#[test]
fn a_list_that_lives_as_long_as_a_sign_in_is_bounded_as_every_other_one() {
    let mut rules = StoreRules::default();
    rules.limits.launches = 7;
    rules.lifetimes.pending = Duration::from_secs(77);
    let short = for_a_sign_in(rules);
    assert_eq!(short.lifetimes.launch_absolute, rules.lifetimes.pending);
    assert_eq!(short.lifetimes.ended, Duration::ZERO);
    assert_eq!(
        (short.limits, short.lifetimes.pending),
        (rules.limits, rules.lifetimes.pending)
    );
}

#[tokio::test]
async fn a_sign_out_is_known_under_the_session_of_a_browser_that_is_known_by_its_cookie() {
    let config = config();
    let runtime = config.runtime();
    let [cookie, session, other] = [(); 3].map(|()| browser());
    link(runtime, cookie, &[browser()]).await;
    let before = Timestamp::from_millis(runtime.now().as_millis() - 1);
    let request = Browser {
        cookies: vec![cookie],
        session: Some(session),
        ..Browser::default()
    };
    let (out, result) = end_all(runtime, &request).await;
    result.unwrap();
    assert!(out.is_known);
    let has_signed_out = async |name, since| signed_out_since(runtime, &[name], since).await.unwrap();
    for name in [cookie, session, BrowserKey::of_cookie(&out.new_browser)] {
        assert!(has_signed_out(name, before).await);
        assert!(!has_signed_out(name, runtime.now()).await, "a sign-in that began later");
    }
    assert!(!has_signed_out(other, before).await);
}
