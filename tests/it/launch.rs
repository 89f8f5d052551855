//! Launches from beginning to end.

use crate::support::{App, Browser, Profile};

#[actix_web::test]
async fn a_standalone_launch_ends_on_the_landing_page_with_the_patient() {
    let app = App::start();
    let browser = Browser::new();
    let page = browser.navigate(&app.url("/auth/launch")).await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (200, "patient amber-testwood"),
        "{}",
        page.url
    );
    assert_eq!(app.exchanges(), 1);
}

#[actix_web::test]
async fn every_client_type_launches_from_the_ehr_and_refreshes() {
    for profile in Profile::ALL {
        let app = App::builder().profile(profile).workers(2).start();
        let browser = Browser::new();
        let page = browser.navigate(&app.ehr_launch_url("amber-testwood", None)).await;
        assert_eq!(page.body, "patient amber-testwood", "{profile:?}");
        app.advance(3600 - 200);
        let again = browser.get(&page.url).await;
        assert_eq!(again.body, "patient amber-testwood", "{profile:?}");
        assert_eq!((app.exchanges(), app.refreshes()), (1, 1), "{profile:?}");
    }
}
