//! Pages that load themselves again, a few times: how often a browser has done so is in a cookie of a minute or two.

use std::time::Duration;

use super::{
    cookies::{all, values},
    request_head::RequestHead,
    set_cookie::{Life, SetCookie},
};
use crate::config::{CookieSettings, Settings};

/// How often in a row. Then the person has to press the button: nobody may be there.
const MOST: u8 = 5;
/// A page waits no longer than that, and up to half of it more, which is left to chance.
const LONGEST: Duration = Duration::from_secs(60);
/// Loading takes time, too; a browser that comes later than that was asked by somebody.
const LATE: u64 = 60;

/// How often in a row the browser of a request has loaded a page again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reloads(u8);

impl Reloads {
    pub(crate) fn of(request: &impl RequestHead, settings: &Settings) -> Self {
        // A browser that takes no cookies would be at the beginning each time, and never come to an end.
        if !brings_ours(request, &settings.cookies) {
            return Self::none_left();
        }
        let made = values(request, &settings.cookies.reloads).next();
        Self(made.map_or(0, |value| value.parse().unwrap_or(MOST)))
    }

    /// No page loads itself again.
    pub(crate) const fn none_left() -> Self {
        Self(MOST)
    }

    /// How long the browser waits before the next one: what the answer asks for, twice as long each time. `None`: there is none.
    pub(crate) fn next_after(self, asked: Duration) -> Option<Duration> {
        let wait = asked.saturating_mul(2_u32.saturating_pow(self.0.into()));
        (self.0 < MOST && asked <= LONGEST).then_some(wait.min(LONGEST))
    }

    /// The `Set-Cookie` value that counts the next one, which comes after `wait`.
    pub(crate) fn counted(self, settings: &Settings, wait: Duration) -> String {
        SetCookie {
            name: &settings.cookies.reloads,
            value: &self.0.saturating_add(1).to_string(),
            path: "/",
            life: Life::Seconds(wait.as_secs().saturating_add(LATE)),
        }
        .text(&settings.cookies)
    }
}

/// Whether a cookie of this crate came along.
fn brings_ours(request: &impl RequestHead, cookies: &CookieSettings) -> bool {
    let CookieSettings {
        launch,
        browser,
        probe,
        reloads,
        ehr_sign_out,
        sign_in,
        ..
    } = cookies;
    let ours = [launch, browser, probe, reloads, ehr_sign_out, sign_in];
    all(request).any(|(name, _)| ours.iter().any(|own| name.starts_with(own.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Ehr, smart_config::SmartConfig, web::test_head::Head};

    #[test]
    fn a_browser_that_brings_no_cookie_of_the_crate_is_never_told_to_load_again() {
        let ehr = Ehr::builder("https://ehr.example/fhir")
            .client_id("my-app")
            .redirect_uri("https://app.example/auth/callback")
            .scopes("launch/patient");
        let config = SmartConfig::builder().ehr(ehr).build().unwrap();
        let settings = &config.runtime().settings;
        let of = |cookie: &str| Reloads::of(&Head::get(&[("cookie", cookie)]), settings);
        let CookieSettings { launch, reloads, .. } = &settings.cookies;
        for (cookie, reloads) in [
            (format!("{launch}=1"), Reloads(0)),
            (format!("theirs=2; {launch}=1; {reloads}=3"), Reloads(3)),
            (format!("{reloads}=4"), Reloads(4)),
            (format!("{reloads}=x"), Reloads::none_left()),
            ("theirs=2".to_owned(), Reloads::none_left()),
            (String::new(), Reloads::none_left()),
        ] {
            assert_eq!(of(&cookie), reloads, "{cookie}");
        }
        assert_eq!(Reloads::of(&Head::get(&[]), settings), Reloads::none_left());
    }

    #[test]
    fn a_page_loads_itself_again_five_times_and_waits_longer_each_time() {
        let waits = |asked| {
            let after = |made| Reloads(made).next_after(Duration::from_secs(asked));
            (0..7).map_while(after).map(|wait| wait.as_secs()).collect::<Vec<_>>()
        };
        assert_eq!(waits(5), [5, 10, 20, 40, 60]);
        assert_eq!(waits(60), [60; 5]);
        assert_eq!(waits(61), Vec::<u64>::new());
        assert_eq!(Reloads::none_left().next_after(Duration::from_secs(5)), None);
        assert_eq!(Reloads(u8::MAX).next_after(Duration::from_secs(5)), None);
    }
}
