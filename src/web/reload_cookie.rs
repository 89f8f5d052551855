//! Pages that load themselves again, a few times: how often a page has done so is in a cookie of a minute or two, on the path of that
//! page. So the pages of one tab do not count for those of another, and what succeeds forgets no count but its own.

use std::{sync::LazyLock, time::Duration};

use memchr::memmem::Finder;

use super::{
    cookies::{self, all, values},
    negotiate::Speculation,
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
/// What the name of every cookie with a count ends with. Made once, as that takes longer than to look.
static HAS_COUNT: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("_reloads="));
/// Chromium takes no longer path for a cookie (1,024 bytes).
const LONGEST_PATH: usize = 1_000;
/// It stands in the answer too, and a proxy in front may take no more than 4 KiB of headers (nginx), else it answers 502.
const LONGEST_ADDRESS: usize = 2_000;

/// How often in a row the page at an address has been loaded again by itself, and that address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reloads {
    made: u8,
    /// From the root of the site, as the browser sees it.
    address: String,
}

impl Reloads {
    /// Of the page that a request asks for (`/~…/labs?day=1`). `None`: it must not load itself again.
    pub(crate) fn of(request: &impl RequestHead, asked: &str, settings: &Settings) -> Option<Self> {
        // A browser that takes no cookies would be at the beginning each time, and never come to an end. What is asked for on
        // speculation is shown to nobody.
        if !brings_ours(request, &settings.cookies) || Speculation::of(request).is_some() {
            return None;
        }
        let address = settings.paths.external(asked);
        can_be_counted(&address).then(|| Self {
            made: made(request, &settings.cookies, path_of(&address)).unwrap_or(0),
            address,
        })
    }

    /// Whether the page has loaded itself again shortly before, so that this request may be one more of these, and nobody be there.
    pub(crate) const fn were_made(&self) -> bool {
        self.made > 0
    }

    /// How long the browser waits before the next one: what the answer asks for, twice as long each time. `None`: there is none.
    pub(crate) fn next_after(&self, asked: Duration) -> Option<Duration> {
        let wait = asked.saturating_mul(2_u32.saturating_pow(self.made.into()));
        (self.made < MOST && asked <= LONGEST).then_some(wait.min(LONGEST))
    }

    /// The value of `Refresh`. With the address: at one with a fragment, as a launch lands on, Chromium does nothing for the seconds
    /// alone.
    pub(crate) fn refresh(&self, wait: Duration) -> String {
        format!("{};url={}", wait.as_secs(), self.address)
    }

    /// The `Set-Cookie` value that counts the next one, which comes after `wait`.
    pub(crate) fn counted(&self, settings: &Settings, wait: Duration) -> String {
        let path = path_of(&self.address);
        SetCookie {
            name: &settings.cookies.reloads,
            value: &format!("{}.{}", self.made.saturating_add(1), path.len()),
            path,
            life: Life::Seconds(wait.as_secs().saturating_add(LATE)),
        }
        .text(&settings.cookies)
    }
}

/// The `Set-Cookie` value that forgets how often the page at this address was loaded again, where that was counted.
pub(crate) fn forgotten(request: &impl RequestHead, asked: &str, settings: &Settings) -> Option<String> {
    // Nearly every request ends here.
    if !request.header("cookie").any(|header| HAS_COUNT.find(header).is_some()) {
        return None;
    }
    let address = settings.paths.external(asked);
    let path = path_of(&address);
    made(request, &settings.cookies, path)?;
    let removed = SetCookie {
        name: &settings.cookies.reloads,
        value: "",
        path,
        life: Life::Removed,
    };
    can_be_counted(&address).then(|| removed.text(&settings.cookies))
}

/// The count of this path. Those of the paths above come along too; each says how long its own is. What is not ours is too many,
/// and so are more than are looked at: ours may be one of the others.
fn made(request: &impl RequestHead, cookies: &CookieSettings, path: &str) -> Option<u8> {
    let counts = values(request, &cookies.reloads).filter_map(|value| match value.split_once('.') {
        Some((made, length)) if length.parse() == Ok(path.len()) => Some(made.parse().unwrap_or(MOST)),
        Some((_, length)) if length.parse::<usize>().is_ok() => None,
        _ => Some(MOST),
    });
    let is_flooded = values(request, &cookies.reloads).count() >= cookies::MOST;
    counts.max().max(is_flooded.then_some(MOST))
}

fn path_of(address: &str) -> &str {
    address.split_once('?').map_or(address, |(path, _)| path)
}

/// Whether a cookie can have its path, so that it comes back there. Two slashes would lead to another site.
fn can_be_counted(address: &str) -> bool {
    let path = path_of(address);
    let is_here = address.starts_with('/') && !address.starts_with("//");
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"');
    is_here
        && path.len() <= LONGEST_PATH
        && address.len() <= LONGEST_ADDRESS
        && !path.contains(';')
        && address.bytes().all(plain)
}

/// Whether a cookie of this crate came along.
fn brings_ours(request: &impl RequestHead, cookies: &CookieSettings) -> bool {
    let CookieSettings {
        launch,
        browser,
        probe,
        reloads,
        ehr_sign_out,
        ehr_visited,
        sign_in,
        ..
    } = cookies;
    let ours = [launch, browser, probe, reloads, ehr_sign_out, ehr_visited, sign_in];
    all(request).any(|(name, _)| ours.iter().any(|own| name.starts_with(own.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{CookiePolicy, Ehr, Partitioned, SameSite},
        smart_config::SmartConfig,
        web::test_head::Head,
    };

    fn config(redirect_uri: &str, cookies: CookiePolicy) -> SmartConfig {
        let ehr = Ehr::builder("https://ehr.example/fhir")
            .client_id("my-app")
            .redirect_uri(redirect_uri)
            .scopes("launch/patient");
        SmartConfig::builder().ehr(ehr).cookie(cookies).build().unwrap()
    }

    fn usual() -> SmartConfig {
        config("https://app.example/auth/callback", CookiePolicy::default())
    }

    fn made(config: &SmartConfig, asked: &str, cookie: &str) -> Option<u8> {
        let head = Head::get(&[("cookie", cookie)]);
        Reloads::of(&head, asked, &config.runtime().settings).map(|reloads| reloads.made)
    }

    #[test]
    fn a_browser_that_brings_no_cookie_of_the_crate_is_never_told_to_load_again() {
        let config = usual();
        let CookieSettings { launch, reloads, .. } = &config.runtime().settings.cookies;
        for (cookie, expected) in [
            (format!("{launch}=1"), Some(0)),
            (format!("theirs=2; {launch}=1; {reloads}=3.6"), Some(3)),
            (format!("{reloads}=4.6"), Some(4)),
            (format!("{reloads}=x.6"), Some(MOST)),
            (format!("{reloads}=x"), Some(MOST)),
            (
                format!("{}{reloads}=5.6", format!("{reloads}=0.6; ").repeat(cookies::MOST)),
                Some(MOST),
            ),
            ("theirs=2".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(made(&config, "/~abc/?x=1", &cookie), expected, "{cookie}");
            let head = Head::get(&[("cookie", &cookie)]);
            let reloads = Reloads::of(&head, "/~abc/?x=1", &config.runtime().settings);
            assert_eq!(
                reloads.is_some_and(|reloads| reloads.were_made()),
                expected.is_some_and(|made| made > 0),
                "{cookie}"
            );
        }
        assert_eq!(Reloads::of(&Head::get(&[]), "/~abc/", &config.runtime().settings), None);
    }

    #[test]
    fn what_is_asked_for_on_speculation_does_not_load_itself_again() {
        let config = usual();
        let (runtime, launch) = (config.runtime(), "smart_launch=1");
        for (header, value) in [
            ("sec-purpose", "prefetch;prerender"),
            ("purpose", "prefetch"),
            ("x-moz", "prefetch"),
        ] {
            let head = Head::get(&[("cookie", launch), (header, value)]);
            assert_eq!(Reloads::of(&head, "/~abc/", &runtime.settings), None, "{header}");
        }
    }

    #[test]
    fn a_page_counts_for_itself_and_not_for_those_below_it_or_beside_it() {
        let config = usual();
        let settings = &config.runtime().settings;
        let head = Head::get(&[("cookie", "smart_launch=1")]);
        let above = Reloads::of(&head, "/~abc/", settings).unwrap();
        let cookie = above.counted(settings, Duration::from_secs(5));
        assert_eq!(
            cookie,
            "__Secure-smart_launch_reloads=1.6; Path=/~abc/; HttpOnly; SameSite=Lax; Secure; Max-Age=65"
        );
        // Browsers send what was set on a path above along, the longest path first.
        let both = "__Secure-smart_launch_reloads=2.10; __Secure-smart_launch_reloads=4.6";
        assert_eq!(made(&config, "/~abc/labs", both), Some(2));
        assert_eq!(made(&config, "/~abc/", both), Some(4));
        assert_eq!(made(&config, "/~abc/labs/7", both), Some(0));
    }

    #[test]
    fn what_succeeds_forgets_its_own_count() {
        let config = config("https://app.example/mine/auth/callback", CookiePolicy::default());
        let forgotten = |asked, cookie| {
            let head = Head::get(&[("cookie", cookie)]);
            forgotten(&head, asked, &config.runtime().settings)
        };
        let counted = "smart_launch=1; __Secure-smart_launch_reloads=2.11";
        let removed = "__Secure-smart_launch_reloads=; Path=/mine/~abc/; HttpOnly; SameSite=Lax; Secure; Max-Age=0";
        assert_eq!(forgotten("/~abc/?x=1", counted).as_deref(), Some(removed));
        assert_eq!(forgotten("/~abc/labs", counted), None);
        assert_eq!(forgotten("/~abc/", "smart_launch=1"), None);
    }

    #[test]
    fn in_a_frame_the_count_has_the_attributes_without_which_it_would_not_come_back() {
        let frames = CookiePolicy::default()
            .same_site(SameSite::None)
            .partitioned(Partitioned::Yes);
        let config = config("https://app.example/auth/callback", frames);
        let settings = &config.runtime().settings;
        let reloads = Reloads::of(&Head::get(&[("cookie", "smart_launch=1")]), "/~abc/", settings).unwrap();
        let counted = reloads.counted(settings, Duration::from_secs(5));
        for attribute in ["; SameSite=None", "; Secure", "; Partitioned"] {
            assert!(counted.contains(attribute), "{counted}");
        }
    }

    #[test]
    fn a_page_loads_itself_again_where_it_is_and_only_where_its_count_comes_back() {
        let config = usual();
        let settings = &config.runtime().settings;
        let head = Head::get(&[("cookie", "smart_launch=1")]);
        let refresh = |asked: &str| {
            let reloads = Reloads::of(&head, asked, settings)?;
            Some(reloads.refresh(Duration::from_secs(7)))
        };
        assert_eq!(refresh("/~abc/").as_deref(), Some("7;url=/~abc/"));
        assert_eq!(
            refresh("/~abc/labs?day=1;2").as_deref(),
            Some("7;url=/~abc/labs?day=1;2")
        );
        let long = format!("/~abc/{}", "x".repeat(LONGEST_PATH));
        let long_query = format!("/~abc/?{}", "x".repeat(LONGEST_ADDRESS));
        for asked in [
            "//evil.example/~abc/",
            "/~abc/a;b",
            "/~abc/\\evil",
            "*",
            &long,
            &long_query,
        ] {
            assert_eq!(refresh(asked), None, "{asked}");
        }
    }

    #[test]
    fn a_page_loads_itself_again_five_times_and_waits_longer_each_time() {
        let address = "/~abc/".to_owned();
        let of = |made| Reloads {
            made,
            address: address.clone(),
        };
        let waits = |asked| {
            let after = |made| of(made).next_after(Duration::from_secs(asked));
            (0..7).map_while(after).map(|wait| wait.as_secs()).collect::<Vec<_>>()
        };
        assert_eq!(waits(5), [5, 10, 20, 40, 60]);
        assert_eq!(waits(60), [60; 5]);
        assert_eq!(waits(61), Vec::<u64>::new());
        assert_eq!(of(MOST).next_after(Duration::from_secs(5)), None);
        assert_eq!(of(u8::MAX).next_after(Duration::from_secs(5)), None);
    }
}
