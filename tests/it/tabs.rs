//! Several launches in one browser: each tab stays what it is.

mod cookies;
mod guesses;
mod logout;

use std::collections::BTreeSet;

use crate::support::{Answer, App, Browser};

pub const AMBER: &str = "amber-testwood";
pub const BRUNO: &str = "bruno-fixture";

/// One tab: the address below which its launch lives, and what it has to show.
pub struct Tab {
    pub launch: String,
    pub shows: String,
}

impl Tab {
    /// Launches from the EHR.
    pub async fn open(app: &App, browser: &Browser, patient: &str, encounter: &str) -> Self {
        let page = browser.navigate(&app.ehr_launch_url(patient, Some(encounter))).await;
        assert_eq!(page.body, format!("patient {patient}"));
        Self {
            launch: page.url.strip_suffix("/patient").unwrap().to_owned(),
            shows: format!("{patient} Some(\"{patient}\") Some(\"{encounter}\")"),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.launch)
    }

    pub fn id(&self) -> &str {
        self.launch.rsplit_once("/~").unwrap().1
    }

    pub async fn see(&self, browser: &Browser) {
        let page = browser.api(&self.url("/two")).await;
        assert_eq!((page.status, page.body.as_str()), (200, self.shows.as_str()));
    }

    /// Its launch has ended, and nothing else is shown instead.
    pub async fn is_closed(&self, browser: &Browser) {
        let page = browser.api(&self.url("/two")).await;
        assert_no_launch(&page);
    }
}

pub fn assert_no_launch(answer: &Answer) {
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let code = answer.json()["code"].as_str().unwrap().to_owned();
    assert!(["no-launch", "signed-out"].contains(&code.as_str()), "{code}");
    for person in [AMBER, BRUNO, "visit-"] {
        assert!(!answer.body.contains(person), "{}", answer.body);
    }
}

/// Two patients and a second encounter of the first, used side by side over two workers, with refreshes in between;
/// one of them is logged out in the middle.
#[actix_web::test]
async fn two_hundred_interleaved_requests_never_mix_two_launches() {
    let app = App::builder().workers(2).start();
    let browser = Browser::new();
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    let bruno = Tab::open(&app, &browser, BRUNO, "visit-201").await;
    let visit = Tab::open(&app, &browser, AMBER, "visit-102").await;
    let mut tokens: [BTreeSet<String>; 3] = Default::default();
    let mut logged_out = false;
    for round in 0..44 {
        if round % 4 == 3 {
            app.advance(700);
        }
        if round == 20 {
            let answer = browser.post(&bruno.url("/auth/logout")).await;
            assert_eq!(answer.status, 200);
            logged_out = true;
        }
        // Five at once; the connections spread over the workers. When a refresh is due, one request of a launch waits
        // for it and the others go on with the token that still works.
        let (a, b, v) = (amber.url("/two"), bruno.url("/two"), visit.url("/two"));
        let (a_token, b_token, v_token) = (amber.url("/token"), bruno.url("/token"), visit.url("/token"));
        let (of_a, of_b, of_v, token, other) = tokio::join!(
            browser.api(&a),
            browser.api(&b),
            browser.api(&v),
            browser.api(if round % 2 == 0 { &a_token } else { &b_token }),
            browser.api(&v_token),
        );
        assert_eq!(
            (of_a.status, of_a.body.as_str()),
            (200, amber.shows.as_str()),
            "{round}"
        );
        assert_eq!(
            (of_v.status, of_v.body.as_str()),
            (200, visit.shows.as_str()),
            "{round}"
        );
        if logged_out {
            assert_no_launch(&of_b);
        } else {
            assert_eq!(
                (of_b.status, of_b.body.as_str()),
                (200, bruno.shows.as_str()),
                "{round}"
            );
        }
        tokens[2].insert(other.body);
        match (round % 2, logged_out) {
            (0, _) => _ = tokens[0].insert(token.body),
            (_, false) => _ = tokens[1].insert(token.body),
            (_, true) => assert_no_launch(&token),
        }
    }
    // 7,700 seconds, the last refresh after 7,000: the two that stayed were refreshed twice, the one that did not at most once.
    assert_eq!((tokens[0].len(), tokens[2].len()), (3, 3), "{tokens:?}");
    assert!(
        tokens[0].is_disjoint(&tokens[1]) && tokens[0].is_disjoint(&tokens[2]) && tokens[1].is_disjoint(&tokens[2])
    );
    let grants = app.sandbox.grants();
    let refreshes: Vec<_> = grants.iter().map(|grant| grant.refreshes).collect();
    assert_eq!((refreshes[0], refreshes[2]), (2, 2));
    assert!(refreshes[1] <= 1, "{refreshes:?}");
    assert_eq!(app.sandbox.reuse_detections(), 0);
}

#[actix_web::test]
async fn two_launches_begun_at_once_finish_in_reverse_order() {
    let app = App::start();
    let browser = Browser::new();
    let callback = app.url("/auth/callback");
    let first = browser
        .navigate_until(&app.ehr_launch_url(AMBER, Some("visit-101")), &callback)
        .await;
    let second = browser
        .navigate_until(&app.ehr_launch_url(BRUNO, Some("visit-201")), &callback)
        .await;
    let bruno = browser.navigate(&second).await;
    let amber = browser.navigate(&first).await;
    assert_eq!(bruno.body, "patient bruno-fixture");
    assert_eq!(amber.body, "patient amber-testwood");
    assert_ne!(amber.url, bruno.url);
    for page in [&amber, &bruno] {
        assert_eq!(browser.get(&page.url).await.body, page.body);
    }
}

#[actix_web::test]
async fn two_callbacks_at_the_same_time_open_two_launches() {
    let app = App::builder().workers(2).start();
    let browser = Browser::new();
    let callback = app.url("/auth/callback");
    let first = browser
        .navigate_until(&app.ehr_launch_url(AMBER, None), &callback)
        .await;
    let second = browser
        .navigate_until(&app.ehr_launch_url(BRUNO, None), &callback)
        .await;
    let (amber, bruno) = tokio::join!(browser.navigate(&first), browser.navigate(&second));
    assert_eq!(amber.body, "patient amber-testwood");
    assert_eq!(bruno.body, "patient bruno-fixture");
    for page in [&amber, &bruno] {
        assert_eq!(browser.get(&page.url).await.body, page.body);
    }
}

#[actix_web::test]
async fn a_new_launch_does_not_disturb_an_old_tab() {
    let app = App::start();
    let browser = Browser::new();
    let amber = Tab::open(&app, &browser, AMBER, "visit-101").await;
    let token = browser.get(&amber.url("/token")).await.body;
    // Also one that is given up, and one that is refused.
    browser
        .navigate_until(&app.ehr_launch_url(BRUNO, None), &app.url("/auth/callback"))
        .await;
    let refused = browser
        .navigate(&app.url("/auth/callback?state=unknown&code=unknown"))
        .await;
    assert_eq!(refused.status, 401);
    Tab::open(&app, &browser, BRUNO, "visit-201").await.see(&browser).await;
    amber.see(&browser).await;
    assert_eq!(browser.get(&amber.url("/token")).await.body, token);
}
