use super::*;
use crate::{
    SmartConfig,
    config::Ehr,
    store::{LaunchKind, acceptance::sample::browser},
};

fn config(naming: LaunchNaming) -> SmartConfig {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("my-app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let builder = SmartConfig::builder().ehr(ehr);
    match naming {
        LaunchNaming::ByPath => builder,
        LaunchNaming::DangerOnePerBrowser => builder.danger_one_launch_per_browser(),
    }
    .build()
    .unwrap()
}

fn launch() -> LaunchId {
    LaunchId::random(browser(), LaunchKind::Standalone, &mut rand::rng())
}

fn cookies(cookies: &[BrowserKey]) -> Browser {
    Browser {
        cookies: cookies.to_vec(),
        ..Browser::default()
    }
}

#[tokio::test]
async fn a_browser_keeps_forty_and_the_oldest_that_nobody_needs_is_handed_out() {
    for (naming, is_handed_out) in [(LaunchNaming::ByPath, true), (LaunchNaming::DangerOnePerBrowser, false)] {
        let config = config(naming);
        let (runtime, name) = (config.runtime(), browser());
        let browser = cookies(&[name]);
        let launches: Vec<_> = (0..=LAUNCH_COOKIES).map(|_| launch()).collect();
        for launch in &launches[..LAUNCH_COOKIES] {
            assert_eq!(note_launch_cookie(runtime, &browser, name, launch).await, []);
        }
        let forgotten = note_launch_cookie(runtime, &browser, name, &launches[LAUNCH_COOKIES]).await;
        assert_eq!(forgotten, launches[..usize::from(is_handed_out)]);
    }
}

#[tokio::test]
async fn what_was_noted_under_the_former_name_of_a_browser_goes_along_once() {
    let config = config(LaunchNaming::ByPath);
    let runtime = config.runtime();
    let [former, name] = [(); 2].map(|()| browser());
    let [first, second, third] = [(); 3].map(|()| launch());
    note_launch_cookie(runtime, &cookies(&[former]), former, &first).await;
    note_launch_cookie(runtime, &cookies(&[former, name]), name, &second).await;
    let noted = async || launch_cookies(runtime, name).await.unwrap();
    assert_eq!(noted().await, [first.clone(), second.clone()]);
    note_launch_cookie(runtime, &cookies(&[former, name]), name, &third).await;
    assert_eq!(noted().await, [first.clone(), second, third], "each is there once");
    assert_eq!(launch_cookies(runtime, former).await.unwrap(), [first]);
}
