//! An `on_launch` that takes too long: its own launch does not open, and nobody else notices.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use actix_smart_auth::{LandAt, Launched, SmartConfigBuilder};

use crate::support::{App, Browser, DUE, Logs, Opened, eventually};

/// Where hooks wait, by waiting as they should or by blocking their thread.
#[derive(Clone, Default)]
struct Gate(Arc<Inside>);

#[derive(Default)]
struct Inside {
    calls: AtomicUsize,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    fn open(&self) {
        *self.0.open.lock().unwrap() = true;
        self.0.opened.notify_all();
    }

    fn block(&self) {
        let open = self.0.open.lock().unwrap();
        drop(self.0.opened.wait_while(open, |open| !*open).unwrap());
    }

    /// A hook that lets Amber through, and keeps everybody else for as long as the gate is closed.
    fn hook(&self, waits: Waits, config: SmartConfigBuilder) -> SmartConfigBuilder {
        let gate = self.clone();
        config.on_launch(move |launched: Launched| {
            let held = launched.launch_context().patient() != Some("amber-testwood");
            if held {
                gate.0.calls.fetch_add(1, Ordering::SeqCst);
            }
            if held && waits == Waits::BeforeItsFuture {
                gate.block();
            }
            let gate = gate.clone();
            async move {
                match waits {
                    Waits::ForEver if held => std::future::pending().await,
                    Waits::Blocking if held => gate.block(),
                    _ => {}
                }
                Ok(LandAt::Default)
            }
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Waits {
    ForEver,
    Blocking,
    BeforeItsFuture,
}

#[actix_web::test]
async fn one_that_does_not_answer_in_time_opens_nothing_and_says_how_to_go_on() {
    let logs = Logs::collect();
    for waits in [Waits::ForEver, Waits::Blocking, Waits::BeforeItsFuture] {
        let gate = Gate::default();
        let hook = gate.clone();
        let app = App::builder()
            .sandbox(|sandbox| sandbox.automatic_patient("bruno-fixture"))
            .config(move |config| hook.hook(waits, config).on_launch_timeout(Duration::from_millis(300)))
            .start();
        let browser = Browser::new();
        let callback = browser
            .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
            .await;
        for _ in 0..2 {
            let page = browser.get(&callback).await;
            assert_eq!(
                (page.status, page.header("retry-after")),
                (503, ""),
                "{waits:?}: it is final"
            );
            assert!(
                page.body.contains("<h1>This application took too long</h1>"),
                "{}",
                page.body
            );
            assert!(page.body.contains("Code: application-slow"), "{}", page.body);
            assert!(page.body.contains(">Start again</a>"), "{}", page.body);
            assert_eq!(page.launch_cookies(), Vec::<String>::new());
        }
        assert_eq!((app.exchanges(), gate.calls()), (1, 1));
        let revoked = || app.sandbox.grants().iter().all(|grant| grant.revoked);
        eventually("its tokens are revoked", revoked).await;
        gate.open();
    }
    assert!(logs.text().contains("SmartConfigBuilder::on_launch_timeout"));
}

/// A tenant whose database hangs: its sign-ins are turned away before their codes are spent, and come in afterwards.
#[actix_web::test]
async fn where_all_of_an_ehr_block_the_next_one_is_turned_away_with_its_code() {
    let logs = Logs::collect();
    let gate = Gate::default();
    let hook = gate.clone();
    let app = App::builder()
        .sandbox(|sandbox| sandbox.automatic_patient("bruno-fixture"))
        .config(move |config| {
            hook.hook(Waits::Blocking, config)
                .on_launch_timeout(Duration::from_secs(3))
        })
        .start();
    let launch = |_| {
        let launch = app.url("/auth/launch");
        actix_web::rt::spawn(async move { Browser::new().navigate(&launch).await.status })
    };
    for launched in (0..32).map(launch).collect::<Vec<_>>() {
        assert_eq!(launched.await.unwrap(), 503);
    }
    assert_eq!((gate.calls(), app.exchanges()), (32, 32));
    assert!(
        logs.text()
            .contains("32 calls of it are past their time and block their threads")
    );
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    let page = browser.get(&callback).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("Code: busy"), "{}", page.body);
    assert!(!page.header("retry-after").is_empty(), "it may come again");
    assert_eq!((gate.calls(), app.exchanges()), (32, 32), "its code was not sent");
    gate.open();
    let mut landed = browser.get(&callback).await;
    for _ in 0..200 {
        if landed.status == 303 {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        landed = browser.get(&callback).await;
    }
    assert_eq!((landed.status, app.exchanges()), (303, 33), "{}", landed.body);
}

/// All come before any hook is past its time. A code is only sent where the application will be asked.
#[actix_web::test]
async fn of_more_than_may_be_asked_about_at_once_the_others_keep_their_codes() {
    let gate = Gate::default();
    let hook = gate.clone();
    let app = App::builder()
        .sandbox(|sandbox| sandbox.automatic_patient("bruno-fixture"))
        .config(move |config| {
            hook.hook(Waits::ForEver, config)
                .on_launch_timeout(Duration::from_secs(15))
        })
        .start();
    let launch = |_| {
        let launch = app.url("/auth/launch");
        actix_web::rt::spawn(async move { Browser::new().navigate(&launch).await.body })
    };
    let mut busy = 0;
    for launched in (0..44).map(launch).collect::<Vec<_>>() {
        busy += usize::from(launched.await.unwrap().contains("Code: busy"));
    }
    assert_eq!((busy, gate.calls(), app.exchanges()), (12, 32, 32));
}

#[actix_web::test]
async fn a_launch_from_the_ehr_whose_hook_took_too_long_is_opened_from_the_chart_again() {
    let gate = Gate::default();
    let hook = gate.clone();
    let app = App::builder()
        .config(move |config| {
            hook.hook(Waits::ForEver, config)
                .on_launch_timeout(Duration::from_millis(100))
        })
        .start();
    let page = Browser::new()
        .navigate(&app.ehr_launch_url("bruno-fixture", None))
        .await;
    assert_eq!(page.status, 503);
    assert!(
        page.body.contains("open the application again from the patient"),
        "{}",
        page.body
    );
}

#[actix_web::test]
async fn one_that_ends_just_in_time_opens_the_launch() {
    let app = App::builder()
        .config(|config| {
            config
                .on_launch(|_| async {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    Ok(LandAt::Default)
                })
                .on_launch_timeout(Duration::from_secs(60))
        })
        .start();
    let page = Browser::new().navigate(&app.url("/auth/launch")).await;
    assert_eq!(page.body, "patient amber-testwood");
}

#[actix_web::test]
async fn one_that_blocks_delays_no_refresh_and_no_other_launch() {
    let gate = Gate::default();
    let hook = gate.clone();
    let opened = Opened::with(App::builder().config(move |config| {
        hook.hook(Waits::Blocking, config)
            .on_launch_timeout(Duration::from_secs(60))
    }))
    .await;
    let slow = Browser::new();
    let callback = slow
        .navigate_until(
            &opened.app.ehr_launch_url("bruno-fixture", None),
            &opened.app.url("/auth/callback"),
        )
        .await;
    let start = Instant::now();
    let (first, second, ()) = tokio::join!(slow.navigate(&callback), slow.navigate(&callback), async {
        eventually("the hook blocks", || gate.calls() == 1).await;
        opened.app.advance(DUE);
        assert_eq!(opened.token().await.status, 200);
        eventually("the other launch is refreshed", || opened.app.refreshes() == 1).await;
        let other = Browser::new().navigate(&opened.app.url("/auth/launch")).await;
        assert_eq!(other.body, "patient amber-testwood");
        let took = start.elapsed();
        assert!(took < Duration::from_secs(20), "{took:?}");
        gate.open();
    });
    // Those who reloaded meanwhile have the same answer.
    assert_eq!((first.status, first.body.as_str()), (200, "patient bruno-fixture"));
    assert_eq!((second.status, &second.url), (200, &first.url));
    assert_eq!((opened.app.exchanges(), gate.calls()), (3, 1));
}

#[actix_web::test]
async fn a_shutdown_does_not_wait_for_one_that_blocks_for_ever() {
    let gate = Gate::default();
    let hook = gate.clone();
    let mut app = App::builder()
        .sandbox(|sandbox| sandbox.automatic_patient("bruno-fixture"))
        .config(move |config| {
            hook.hook(Waits::Blocking, config)
                .on_launch_timeout(Duration::from_secs(2))
        })
        .start();
    let browser = Browser::new();
    let callback = browser
        .navigate_until(&app.url("/auth/launch"), &app.url("/auth/callback"))
        .await;
    let (page, report) = tokio::join!(browser.get(&callback), async {
        eventually("the hook blocks", || gate.calls() == 1).await;
        // Over before the hook's time is: it says what it left.
        let early = app.config.shutdown(Duration::from_millis(10)).await;
        assert!(early.cut_off >= 1, "{early:?}");
        app.config.shutdown(Duration::from_secs(60)).await
    });
    assert_eq!((page.status, report.cut_off), (503, 0));
    app.stop_server().await;
    // Dropped inside of a runtime, with the hook's thread still blocked.
    drop(app);
    gate.open();
}

#[actix_web::test]
async fn no_time_at_all_is_a_mistake_in_the_configuration() {
    let error = actix_smart_auth::SmartConfig::builder()
        .on_launch_timeout(Duration::ZERO)
        .build()
        .unwrap_err();
    assert!(
        error
            .problems()
            .iter()
            .any(|problem| problem.field == "on_launch_timeout"),
        "{error}"
    );
}
