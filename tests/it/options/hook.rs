//! `on_launch`: the application's word before a launch opens.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use actix_smart_auth::{LandAt, LaunchKind, Launched, Refuse, ReturnTo};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    sync::{Notify, Semaphore},
};
use url::Url;

use crate::support::{App, Browser, Logs};

fn launch_cookies(browser: &Browser) -> usize {
    browser
        .jar()
        .iter()
        .filter(|(_, name, _)| name == "smart_launch")
        .count()
}

#[actix_web::test]
async fn it_sees_the_launch_and_chooses_where_it_lands() {
    let app = App::builder()
        .config(|config| {
            config.on_launch(|launched: Launched| async move {
                let context = launched.launch_context();
                let path = format!(
                    "/two?patient={}&encounter={}&kind={:?}&whole={}",
                    context.patient().unwrap(),
                    context.encounter().unwrap_or("none"),
                    launched.kind(),
                    launched.granted_scopes().contains("patient/*.rs"),
                );
                assert_eq!(launched.fhir_base_url(), launched.ehr().fhir_base_url().as_str());
                assert!(!launched.tokens().access_token().expose_secret().is_empty());
                Ok(LandAt::Path(ReturnTo::parse(&path).unwrap()))
            })
        })
        .start();
    let page = Browser::new()
        .navigate(&app.ehr_launch_url("amber-testwood", Some("visit-102")))
        .await;
    assert_eq!(page.status, 200);
    let expected = format!(
        "/two?patient=amber-testwood&encounter=visit-102&kind={:?}&whole=true",
        LaunchKind::Ehr
    );
    assert!(page.url.ends_with(&expected), "{}", page.url);
}

#[actix_web::test]
async fn its_choice_goes_before_the_deep_link_and_its_default_follows_it() {
    for (land_at, expected) in [
        (LandAt::Path(ReturnTo::parse("/token").unwrap()), "/token"),
        (LandAt::Default, "/two?x=1"),
    ] {
        let app = App::builder()
            .config(move |config| {
                config.on_launch(move |_| {
                    let land_at = land_at.clone();
                    async move { Ok(land_at) }
                })
            })
            .start();
        let page = Browser::new()
            .navigate(&app.url("/auth/launch?return_to=%2Ftwo%3Fx%3D1"))
            .await;
        assert!(page.url.ends_with(expected), "{}", page.url);
    }
}

#[actix_web::test]
async fn its_refusal_is_a_403_page_and_no_launch_opens() {
    for (refuse, message) in [
        (
            Refuse::because("Ask <the> front desk & wait."),
            "Ask &lt;the&gt; front desk &amp; wait.",
        ),
        (
            Refuse::new(),
            "If you need it, please ask the support team of this application.",
        ),
    ] {
        let app = App::builder()
            .config(move |config| {
                config.on_launch(move |_| {
                    let refuse = refuse.clone();
                    async move { Err(refuse) }
                })
            })
            .start();
        let browser = Browser::new();
        let callback = browser
            .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
            .await;
        for _ in 0..2 {
            let page = browser.get(&callback).await;
            assert_eq!(page.status, 403);
            assert!(page.body.contains(message), "{}", page.body);
            assert!(page.body.contains("Code: refused"), "{}", page.body);
            assert_eq!((launch_cookies(&browser), page.location()), (0, ""));
        }
        assert_eq!(app.exchanges(), 1);
    }
}

#[actix_web::test]
async fn its_panic_fails_this_launch_and_nothing_else() {
    let logs = Logs::collect();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let app = App::builder()
        .config(move |config| {
            config.on_launch(move |launched: Launched| {
                let counted = Arc::clone(&counted);
                async move {
                    counted.fetch_add(1, Ordering::SeqCst);
                    assert_eq!(
                        launched.launch_context().patient(),
                        Some("bruno-fixture"),
                        "as intended"
                    );
                    Ok(LandAt::Default)
                }
            })
        })
        .start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.ehr_launch_url("amber-testwood", None), &app.url("/auth/callback"))
        .await;
    for _ in 0..2 {
        let page = browser.get(&callback).await;
        assert_eq!(page.status, 500);
        assert!(page.body.contains("Code: internal"), "{}", page.body);
        let words = "The mistake is in this application, so nothing was opened. Please open the application again \
                     from the patient&#39;s chart. If it happens again, please tell the support team of this \
                     application.";
        assert!(page.body.contains(words), "{}", page.body);
        assert_eq!(launch_cookies(&browser), 0);
    }
    let text = logs.text();
    let line = text.lines().find(|line| line.contains("on_launch panicked"));
    assert!(line.is_some_and(|line| line.contains("ehr=")), "{text}");
    assert_eq!((app.exchanges(), calls.load(Ordering::SeqCst)), (1, 1));
    let page = browser.navigate(&app.ehr_launch_url("bruno-fixture", None)).await;
    assert_eq!(page.body, "patient bruno-fixture");
}

#[actix_web::test]
async fn a_panic_before_its_future_fails_this_launch_and_nothing_else() {
    let app = App::builder()
        .config(|config| {
            config.on_launch(|launched: Launched| {
                assert_eq!(
                    launched.launch_context().patient(),
                    Some("bruno-fixture"),
                    "as intended"
                );
                async { Ok(LandAt::Default) }
            })
        })
        .start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    for _ in 0..2 {
        let page = browser.get(&callback).await;
        assert_eq!(page.status, 500, "{}", page.body);
        assert!(
            page.body.contains("so nothing was opened. Please start again."),
            "{}",
            page.body
        );
        assert!(page.body.contains(">Start again</a>"), "{}", page.body);
    }
    assert_eq!(app.exchanges(), 1);
    let page = browser.navigate(&app.ehr_launch_url("bruno-fixture", None)).await;
    assert_eq!(page.body, "patient bruno-fixture");
}

#[actix_web::test]
async fn a_browser_that_leaves_while_it_waits_finds_the_launch_open() {
    let (entered, gate) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let calls = Arc::new(AtomicUsize::new(0));
    let (in_hook, at_gate, counted) = (Arc::clone(&entered), Arc::clone(&gate), Arc::clone(&calls));
    let app = App::builder()
        .config(move |config| {
            config.on_launch(move |_| {
                let (entered, gate, counted) = (Arc::clone(&in_hook), Arc::clone(&at_gate), Arc::clone(&counted));
                async move {
                    counted.fetch_add(1, Ordering::SeqCst);
                    entered.notify_one();
                    drop(gate.acquire().await);
                    Ok(LandAt::Default)
                }
            })
        })
        .start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    let url = Url::parse(&callback).unwrap();
    let mut connection = TcpStream::connect(url.socket_addrs(|| None).unwrap()[0]).await.unwrap();
    let request = format!(
        "GET {}?{} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\nsec-fetch-mode: navigate\r\n\r\n",
        url.path(),
        url.query().unwrap(),
        url.authority(),
        browser.cookies_for(&callback).unwrap(),
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    entered.notified().await;
    drop(connection);
    let open_gate = async {
        // The reload is on its way by now, or comes later: both are to end well.
        tokio::task::yield_now().await;
        gate.add_permits(10);
    };
    let (page, ()) = tokio::join!(browser.navigate(&callback), open_gate);
    assert_eq!(page.body, "patient amber-testwood");
    let again = browser.navigate(&callback).await;
    assert_eq!(again.url, page.url, "a reload finds the same launch");
    assert_eq!((app.exchanges(), calls.load(Ordering::SeqCst)), (1, 1));
}
