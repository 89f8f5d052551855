//! Paths: behind a proxy that takes a prefix away, and of the application's own choosing.

use crate::support::{App, Browser, Form, Profile};

#[actix_web::test]
async fn behind_a_stripping_proxy_every_address_has_the_prefix() {
    let app = App::builder().redirect_path("/app/auth/callback").start();
    let browser = Browser::behind_proxy("/app");
    let callback = browser
        .navigate_until(&app.url("/app/auth/launch"), &app.url("/app/auth/callback"))
        .await;
    let answer = browser.get(&callback).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.location().starts_with("/app/~"), "{}", answer.location());
    let id = answer.location()["/app/~".len()..][..22].to_owned();
    let cookie = answer
        .set_cookies()
        .into_iter()
        .find(|it| it.starts_with("smart_launch="))
        .unwrap();
    assert!(cookie.contains(&format!("; Path=/app/~{id}; ")), "{cookie}");
    let page = browser.navigate(&callback).await;
    assert_eq!(
        (page.url.as_str(), page.body.as_str()),
        (
            app.url(&format!("/app/~{id}/patient")).as_str(),
            "patient amber-testwood"
        )
    );

    // Ended: the redirect, then the link on the page, then the link for scripts.
    app.advance(3600);
    let ended = browser.get(&page.url).await;
    let relaunch = format!("/app/auth/launch?return_to=%2F%7E{id}%2Fpatient&after={id}");
    assert_eq!((ended.status, ended.location()), (303, relaunch.as_str()));
    let ended = browser.get(&page.url).await;
    assert!(
        ended
            .body
            .contains(&format!("href=\"{}\"", relaunch.replace('&', "&amp;"))),
        "{}",
        ended.body
    );
    let for_scripts = format!("/app/auth/launch?after={id}");
    assert_eq!(browser.api(&page.url).await.json()["launch_url"], for_scripts);
    let again = browser.navigate(&app.url(&relaunch)).await;
    assert_eq!(again.body, "patient amber-testwood");
    assert!(again.url.starts_with(&app.url("/app/~")), "{}", again.url);

    let out = browser.post(&again.url.replace("/patient", "/auth/logout")).await;
    assert_eq!(out.status, 200);
    assert_eq!(browser.api(&again.url).await.status, 401);
}

#[actix_web::test]
async fn behind_a_stripping_proxy_a_deep_link_gets_the_prefix_once() {
    let app = App::builder().redirect_path("/app/auth/callback").start();
    let browser = Browser::behind_proxy("/app");
    let page = browser
        .navigate(&app.url("/app/auth/launch?return_to=%2Ftwo%3Fx%3D1"))
        .await;
    let (prefix, rest) = page.url.split_once("/~").unwrap();
    assert_eq!(
        (page.status, prefix, &rest[22..]),
        (200, app.url("/app").as_str(), "/two?x=1")
    );
}

#[actix_web::test]
async fn after_logout_is_below_the_public_path() {
    let app = App::builder()
        .redirect_path("/app/auth/callback")
        .config(|config| config.after_logout("/plain?bye"))
        .start();
    let browser = Browser::behind_proxy("/app");
    browser.navigate(&app.url("/app/auth/launch")).await;
    let answer = browser.post(&app.url("/app/auth/logout")).await;
    assert_eq!((answer.status, answer.location()), (303, "/app/plain?bye"));
    assert_eq!(browser.navigate(&app.url("/app/plain?bye")).await.body, "plain");
}

#[actix_web::test]
async fn one_launch_per_browser_behind_a_proxy_has_its_cookie_on_the_public_path() {
    let app = App::builder()
        .redirect_path("/app/auth/callback")
        .config(|config| config.danger_one_launch_per_browser().landing("/outside"))
        .start();
    let browser = Browser::behind_proxy("/app");
    let page = browser.navigate(&app.url("/app/auth/launch")).await;
    assert_eq!(
        (page.url, page.body.as_str()),
        (app.url("/app/outside"), "patient amber-testwood")
    );
    let paths: Vec<_> = browser
        .jar()
        .into_iter()
        .filter(|it| it.1 == "smart_launch")
        .map(|it| it.0)
        .collect();
    assert_eq!(paths, ["/app"]);
}

#[actix_web::test]
async fn every_path_can_be_chosen() {
    let app = App::builder()
        .profile(Profile::Es384)
        .redirect_path("/back/from/ehr")
        .config(|config| {
            config
                .launch_path("/smart/begin")
                .logout_path("/smart/bye")
                .jwks_path("/smart/keys")
                .callback_path("/back/from/ehr")
                .landing("/~{smart_launch}/two?first=yes")
        })
        .start();
    let browser = Browser::new();
    // The sandbox asks where it was told to, so it learns the new place.
    app.sandbox
        .register(actix_smart_auth::sandbox::SandboxClient::private_key_jwt(
            crate::support::CLIENT_ID,
            app.url("/back/from/ehr"),
            actix_smart_auth::sandbox::Jwks::Url(app.url("/smart/keys")),
        ));
    let page = browser.navigate(&app.url("/smart/begin")).await;
    assert!(page.url.ends_with("/two?first=yes"), "{} {}", page.url, page.body);
    for old in ["/auth/launch", "/auth/callback", "/.well-known/jwks.json"] {
        assert_eq!(browser.get(&app.url(old)).await.status, 404, "{old}");
    }
    assert_eq!(browser.post(&app.url("/auth/logout")).await.status, 404);
    let (launch, _) = page.url.split_once("/two").unwrap();
    assert_eq!(browser.post(&format!("{launch}/smart/bye")).await.status, 200);
    assert_eq!(browser.api(&page.url).await.status, 401);
    assert_eq!(browser.post(&app.url("/smart/bye")).await.status, 200);
}

#[actix_web::test]
async fn the_keys_are_served_to_everybody_and_may_be_cached() {
    for profile in [Profile::Es384, Profile::Rs384] {
        let app = App::builder().profile(profile).start();
        let answer = Browser::new().get(&app.url("/.well-known/jwks.json")).await;
        assert_eq!(
            (
                answer.status,
                answer.header("content-type"),
                answer.header("cache-control")
            ),
            (200, "application/json", "public, max-age=3600")
        );
        assert_eq!(answer.set_cookies(), Vec::<String>::new());
        let document = answer.json();
        let key = document["keys"][0].as_object().unwrap();
        let mut names: Vec<_> = key.keys().map(String::as_str).collect();
        names.sort_unstable();
        let expected = match profile {
            Profile::Es384 => vec!["alg", "crv", "kid", "kty", "use", "x", "y"],
            _ => vec!["alg", "e", "kid", "kty", "n", "use"],
        };
        names.retain(|name| *name != "key_ops");
        assert_eq!(names, expected);
    }
    for profile in [Profile::Public, Profile::Secret] {
        let app = App::builder().profile(profile).start();
        let answer = Browser::new().get(&app.url("/.well-known/jwks.json")).await;
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (404, "no-store"),
            "{profile:?}"
        );
    }
}

#[actix_web::test]
async fn the_host_header_and_forwarded_headers_are_never_believed() {
    let app = App::builder()
        .ehr(|ehr| ehr.authorize_method(actix_smart_auth::options::AuthorizeMethod::Post))
        .start();
    let browser = Browser::new();
    let headers = [
        ("sec-fetch-mode", "navigate"),
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example"),
    ];
    let page = browser
        .send(awc::http::Method::GET, &app.url("/auth/launch"), &headers, None)
        .await;
    assert!(!page.body.contains("evil"), "{}", page.body);
    let form = Form::of(&page.body).unwrap();
    assert_eq!(form.field("redirect_uri"), Some(app.url("/auth/callback").as_str()));
    let callback = browser.submit(&page).await.location().to_owned();
    let answer = browser.send(awc::http::Method::GET, &callback, &headers, None).await;
    assert!(answer.location().starts_with("/~"), "{}", answer.location());
}
