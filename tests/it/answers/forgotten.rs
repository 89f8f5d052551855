//! Row: nothing is known of the launch any more, or it is not proved. How it began stands in its address.

use actix_smart_auth::{Relaunch, store::TokenStore};

use super::{assert_page, assert_problem, assert_redirect, launch_id, launched, launched_from_ehr};
use crate::support::{Answer, App, Browser, FlakyStore};

const TITLE: &str = "You are not signed in here";
const FROM_CHART: &str = "Please open the application again from the patient's chart.";
/// As another version may have drawn it, or somebody has written it.
const MARKED: &str = "AAAAAAAAAAAAAAAAAAAEHA";
const UNMARKED: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// How a launch became one of which nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    /// Its record was deleted.
    Deleted,
    /// It ended, and a quarter of an hour is over.
    EndedLongAgo,
    /// The browser has lost its cookie.
    WithoutCookie,
}

const ALL: [Gone; 3] = [Gone::Deleted, Gone::EndedLongAgo, Gone::WithoutCookie];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Began {
    InTheEhr,
    InTheApplication,
}

/// A tab whose launch is gone.
struct Tab {
    _app: App,
    browser: Browser,
    landing: String,
}

impl Tab {
    async fn of(began: Began, gone: Gone, relaunch: Relaunch) -> Self {
        let store = FlakyStore::default();
        let given = TokenStore::new(store.clone());
        let app = App::builder()
            .config(move |config| config.relaunch(relaunch).store(given))
            .start();
        let browser = Browser::new();
        let landing = match began {
            Began::InTheEhr => launched_from_ehr(&app, &browser).await,
            Began::InTheApplication => launched(&app, &browser).await,
        };
        match gone {
            Gone::Deleted => store.forget_launches(),
            Gone::EndedLongAgo => {
                app.advance(3600);
                assert_eq!(browser.api(&landing).await.json()["code"], "idle");
                app.advance(15 * 60);
            }
            Gone::WithoutCookie => browser.forget("smart_launch"),
        }
        Self {
            _app: app,
            browser,
            landing,
        }
    }

    /// Where a new launch begins for this page. A launch that no cookie names is not taken over from.
    fn new_launch(&self, gone: Gone) -> String {
        let id = launch_id(&self.landing);
        let after = match gone {
            Gone::WithoutCookie => String::new(),
            Gone::Deleted | Gone::EndedLongAgo => format!("&after={}", id.as_str()),
        };
        format!("/auth/launch?return_to=%2F%7E{}%2Fpatient{after}", id.as_str())
    }
}

/// It leads nowhere, neither by itself nor by a button.
fn assert_says_to_open_it_from_the_chart(answer: &Answer) {
    assert_page(answer, 401, "no-launch", TITLE, FROM_CHART);
    assert!(!answer.body.contains("href"), "{}", answer.body);
    assert!(!answer.body.contains("Start again"), "{}", answer.body);
}

#[actix_web::test]
async fn a_tab_that_the_ehr_launched_is_sent_to_no_launch_in_the_application_when_nothing_is_known_of_it() {
    for gone in ALL {
        let tab = Tab::of(Began::InTheEhr, gone, Relaunch::SameKind).await;
        for _ in 0..2 {
            assert_says_to_open_it_from_the_chart(&tab.browser.get(&tab.landing).await);
        }
        let problem = assert_problem(&tab.browser.api(&tab.landing).await, 401, "no-launch", TITLE);
        assert_eq!(
            (&problem["detail"], problem.get("launch_url")),
            (&FROM_CHART.into(), None)
        );
        let form = tab.browser.post(&tab.landing).await;
        assert_says_to_open_it_from_the_chart(&form);
        assert!(form.body.contains("What you entered was not saved."), "{}", form.body);
    }
}

#[actix_web::test]
async fn a_tab_that_the_ehr_launched_begins_anew_in_the_application_where_that_is_configured() {
    for gone in ALL {
        let tab = Tab::of(Began::InTheEhr, gone, Relaunch::Standalone).await;
        assert_redirect(&tab.browser.get(&tab.landing).await, &tab.new_launch(gone));
        let problem = assert_problem(&tab.browser.api(&tab.landing).await, 401, "no-launch", TITLE);
        assert!(
            problem["launch_url"].as_str().unwrap().starts_with("/auth/launch"),
            "{problem}"
        );
        let form = tab.browser.post(&tab.landing).await;
        assert_page(&form, 401, "no-launch", TITLE, "Please start again");
    }
}

#[actix_web::test]
async fn a_tab_that_was_launched_in_the_application_is_sent_to_a_new_launch_when_nothing_is_known_of_it() {
    for gone in ALL {
        for relaunch in [Relaunch::SameKind, Relaunch::Standalone] {
            let tab = Tab::of(Began::InTheApplication, gone, relaunch).await;
            assert_redirect(&tab.browser.get(&tab.landing).await, &tab.new_launch(gone));
            let problem = assert_problem(&tab.browser.api(&tab.landing).await, 401, "no-launch", TITLE);
            assert!(
                problem["launch_url"].as_str().unwrap().starts_with("/auth/launch"),
                "{problem}"
            );
        }
    }
}

/// What versions have opened that wrote nothing of it into the id, and what anybody invents.
#[actix_web::test]
async fn what_an_id_says_of_its_launch_opens_nothing_and_is_believed_of_a_launch_that_is_not_known_only() {
    let (app, browser) = (App::start(), Browser::new());
    let secret = "A".repeat(43);
    let at = |id: &str| app.url(&format!("/~{id}/patient"));
    for id in [MARKED, UNMARKED] {
        browser.plant(
            &app.origin,
            &format!("/~{id}"),
            "smart_launch",
            &format!("{id}.{secret}"),
        );
    }
    assert_says_to_open_it_from_the_chart(&browser.get(&at(MARKED)).await);
    let after = format!("/auth/launch?return_to=%2F%7E{UNMARKED}%2Fpatient&after={UNMARKED}");
    assert_redirect(&browser.get(&at(UNMARKED)).await, &after);

    // An open launch with another end of its id is another launch, whoever has the right cookie.
    for landing in [launched_from_ehr(&app, &browser).await, launched(&app, &browser).await] {
        let own = launch_id(&landing);
        let (_, _, value) = browser
            .jar()
            .into_iter()
            .find(|(.., value)| value.starts_with(own.as_str()))
            .unwrap();
        let (_, secret) = value.split_once('.').unwrap();
        let end = if own.as_str().ends_with("EHA") { "EHQ" } else { "EHA" };
        let forged = format!("{}{end}", &own.as_str()[..19]);
        browser.plant(
            &app.origin,
            &format!("/~{forged}"),
            "smart_launch",
            &format!("{forged}.{secret}"),
        );
        assert_problem(&browser.api(&at(&forged)).await, 401, "no-launch", TITLE);
        assert_eq!(browser.get(&landing).await.body, "patient amber-testwood");
    }

    // Somebody else's open launch says no more than one that there is not.
    let landing = launched_from_ehr(&app, &browser).await;
    let id = launch_id(&landing);
    let stranger = Browser::new();
    assert_says_to_open_it_from_the_chart(&stranger.get(&landing).await);
    let path = format!("/~{}", id.as_str());
    stranger.plant(&app.origin, &path, "smart_launch", &format!("{}.{secret}", id.as_str()));
    assert_says_to_open_it_from_the_chart(&stranger.get(&landing).await);
}

#[actix_web::test]
async fn the_id_of_a_launch_ends_as_it_began_and_every_one_that_the_ehr_launched_ends_alike() {
    let (app, browser) = (App::start(), Browser::new());
    for _ in 0..3 {
        let (ehr, own) = (launched_from_ehr(&app, &browser).await, launched(&app, &browser).await);
        assert!(launch_id(&ehr).as_str().ends_with("EHA"), "{ehr}");
        assert!(!launch_id(&own).as_str().ends_with("EHA"), "{own}");
    }
}
