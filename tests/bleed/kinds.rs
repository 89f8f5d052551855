//! The requests: honest ones, and links, forms and cookies that name the wrong launch or none.

use rand::{RngExt as _, seq::SliceRandom as _};

use crate::{
    browser::{Ask, Held, SAME_ORIGIN},
    judge::{Expected, Tab},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Script,
    Page,
    Form,
    /// Its handler goes on while others come and go.
    Long,
    RefreshNow,
    /// The path of one launch with nothing but the cookie of another.
    SwappedCookie,
    /// The id of one launch with the secret of another.
    ForgedCookie,
    /// Cookies of all launches, a stranger's too, in any order: planted on `/`, say.
    AllCookies,
    /// A forged cookie in front of the right one.
    ForgedThenRight,
    NoCookie,
    UnknownId,
    WrongCase,
    /// `%7E` is `~` to a router.
    EncodedTilde,
    /// The right id and one character too many.
    LongerId,
    DotDot,
    OutsideTheScope,
    QueryNamesAnother,
    FormNamesAnother,
    StrangersLaunch,
    /// Another browser opens a link that somebody mailed.
    AskedByStranger,
    /// A form of another site.
    CrossSite,
}

impl Kind {
    pub(crate) const HONEST: [Self; 3] = [Self::Script, Self::Page, Self::Form];
    pub(crate) const ALL: [Self; 21] = [
        Self::Script,
        Self::Page,
        Self::Form,
        Self::Long,
        Self::RefreshNow,
        Self::SwappedCookie,
        Self::ForgedCookie,
        Self::AllCookies,
        Self::ForgedThenRight,
        Self::NoCookie,
        Self::UnknownId,
        Self::WrongCase,
        Self::EncodedTilde,
        Self::LongerId,
        Self::DotDot,
        Self::OutsideTheScope,
        Self::QueryNamesAnother,
        Self::FormNamesAnother,
        Self::StrangersLaunch,
        Self::AskedByStranger,
        Self::CrossSite,
    ];
}

/// What a request is made of.
pub(crate) struct Situation<'a> {
    pub(crate) tabs: &'a [Tab],
    /// The launch of another browser.
    pub(crate) stranger: &'a Held,
    pub(crate) session: &'a str,
    pub(crate) strangers_session: &'a str,
}

impl Situation<'_> {
    /// A request of this kind about a launch, and what it may be answered with.
    pub(crate) fn ask(&self, kind: Kind, about: usize, process: usize, rng: &mut impl rand::Rng) -> (Ask, Expected) {
        let tab = &self.tabs[about].held;
        let other = &self.tabs[(about + rng.random_range(1..self.tabs.len())) % self.tabs.len()].held;
        let path = tab.path("/show");
        let cookies = |cookies: &[&str]| [&[self.session], cookies].concat().join("; ");
        let forged = format!("smart_launch={}.{}", tab.id, other.secret());
        let mut all: Vec<&str> = self.tabs.iter().map(|tab| tab.held.cookie.as_str()).collect();
        all.push(&self.stranger.cookie);
        all.shuffle(rng);
        let all = cookies(&all);
        let of_other = format!("smart_launch={}&launch={}", other.id, other.id);
        let only = Expected::Tab(about);
        match kind {
            Kind::Script => (Ask::api(process, path), only),
            Kind::Page => (Ask::page(process, path), only),
            Kind::Form => (Ask::form(process, path, ""), only),
            Kind::Long => (Ask::api(process, tab.path("/long")), only),
            Kind::RefreshNow => (Ask::form(process, tab.path("/refresh"), ""), only),
            Kind::SwappedCookie => {
                let ask = Ask::api(process, path).with_cookies(cookies(&[&other.cookie]));
                (ask, Expected::Nothing)
            }
            Kind::ForgedCookie => {
                let ask = Ask::api(process, path).with_cookies(cookies(&[&forged]));
                (ask, Expected::Nothing)
            }
            Kind::AllCookies => (Ask::api(process, path).with_cookies(all), only),
            Kind::ForgedThenRight => {
                let ask = Ask::api(process, path).with_cookies(cookies(&[&forged, &tab.cookie]));
                (ask, only)
            }
            Kind::NoCookie => (Ask::page(process, path).with_cookies(self.session), Expected::Nothing),
            Kind::UnknownId => {
                let mut id: Vec<char> = tab.id.chars().collect();
                id[4..16].shuffle(rng);
                let id: String = id.into_iter().collect();
                let expected = if id == tab.id { only } else { Expected::Nothing };
                (Ask::api(process, format!("/~{id}/show")).with_cookies(all), expected)
            }
            Kind::WrongCase => {
                let swap = |c: char| {
                    if c.is_lowercase() {
                        c.to_ascii_uppercase()
                    } else {
                        c.to_ascii_lowercase()
                    }
                };
                let id: String = tab.id.chars().map(swap).collect();
                (
                    Ask::api(process, format!("/~{id}/show")).with_cookies(all),
                    Expected::Nothing,
                )
            }
            Kind::EncodedTilde => {
                let ask = Ask::api(process, format!("/%7E{}/show", tab.id)).with_cookies(all);
                (ask, Expected::AtMost(about))
            }
            Kind::LongerId => {
                let more = ["A", "=", ".", "%20", "%00", ";x", "~", "%2Fshow"];
                let more = more[rng.random_range(0..more.len())];
                let ask = Ask::api(process, format!("/~{}{more}/show", tab.id)).with_cookies(all);
                (ask, Expected::Nothing)
            }
            Kind::DotDot => {
                let ask = Ask::api(process, format!("/~{}/../~{}/show", tab.id, other.id)).with_cookies(all);
                (ask, Expected::Nothing)
            }
            Kind::OutsideTheScope => (Ask::api(process, "/outside").with_cookies(all), Expected::Nothing),
            Kind::QueryNamesAnother => (Ask::page(process, format!("{path}?{of_other}")), only),
            Kind::FormNamesAnother => {
                let mut ask = Ask::form(process, path, of_other);
                ask.headers
                    .push(("referer", format!("http://app.example{}", other.path("/show"))));
                (ask, only)
            }
            Kind::StrangersLaunch => {
                let ask = Ask::page(process, self.stranger.path("/show"));
                let mine: Vec<_> = self.tabs.iter().map(|tab| tab.held.cookie.as_str()).collect();
                (ask.with_cookies(cookies(&mine)), Expected::Nothing)
            }
            Kind::AskedByStranger => {
                let jar = format!("{}; {}", self.strangers_session, self.stranger.cookie);
                (Ask::page(process, path).with_cookies(jar), Expected::Nothing)
            }
            Kind::CrossSite => {
                let mut ask = Ask::form(process, path, of_other);
                ask.headers.retain(|(name, _)| *name != SAME_ORIGIN.0);
                ask.headers.push(("sec-fetch-site", "cross-site".to_owned()));
                (ask, Expected::Nothing)
            }
        }
    }
}
