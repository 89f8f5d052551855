//! Whether an answer is right: that of the launch that the path names, or none.

use std::collections::{BTreeMap, BTreeSet};

use crate::{app::Shown, browser::Answer, browser::Held};

/// One of the browser's launches.
#[derive(Debug)]
pub(crate) struct Tab {
    pub(crate) held: Held,
    pub(crate) patient: &'static str,
    pub(crate) encounter: &'static str,
    pub(crate) state: State,
    /// Every access token that its answers had.
    pub(crate) tokens: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    /// At this very moment.
    Ending,
    Ended,
}

/// What a request may be answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// By this launch while it is open.
    Tab(usize),
    /// By this launch, or by none.
    AtMost(usize),
    /// By none.
    Nothing,
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: usize,
    pub(crate) shown: usize,
    pub(crate) refused: usize,
    /// 503, while the store was away.
    pub(crate) unavailable: usize,
    /// Answers with another launch than that of the path.
    pub(crate) crossed: Vec<String>,
    /// Answers with a launch although the path names none that this browser can prove.
    pub(crate) guessed: Vec<String>,
    /// Launches that were open and refused, and answers that no request should get.
    pub(crate) lost: Vec<String>,
    /// By kind of request.
    pub(crate) kinds: BTreeMap<String, usize>,
}

impl Tally {
    pub(crate) fn judge(&mut self, kind: &str, answer: &Answer, expected: Expected, tabs: &mut [Tab]) {
        self.requests += 1;
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
        let what = || {
            format!(
                "{kind} {expected:?}: {} {:?} {}",
                answer.status, answer.headers, answer.body
            )
        };
        if answer.status == 200 {
            self.shown += 1;
            let (Expected::Tab(tab) | Expected::AtMost(tab)) = expected else {
                return self.guessed.push(what());
            };
            let tab = &mut tabs[tab];
            let shown: Shown = serde_json::from_str(&answer.body).unwrap();
            let right = shown.launch == tab.held.id
                && shown.patient.as_deref() == Some(tab.patient)
                && shown.encounter.as_deref() == Some(tab.encounter);
            if !right {
                return self.crossed.push(what());
            }
            if tab.state == State::Ended {
                self.guessed.push(what());
            }
            tab.tokens.insert(shown.token);
            return;
        }
        self.refused += 1;
        let must_be_shown = matches!(expected, Expected::Tab(tab) if tabs[tab].state == State::Open);
        if must_be_shown || ![303, 401, 403, 404].contains(&answer.status) {
            self.lost.push(what());
        }
        let said = format!("{} {}", answer.body, answer.header("location"));
        if tabs
            .iter()
            .any(|tab| said.contains(tab.patient) || said.contains(tab.encounter))
        {
            self.crossed.push(what());
        }
    }

    /// The store was away. The answer has to say nothing of any launch.
    pub(crate) fn unavailable(&mut self, kind: &str, answer: &Answer, tabs: &[Tab]) {
        self.requests += 1;
        self.unavailable += 1;
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
        let said = format!("{:?} {}", answer.headers, answer.body);
        let names = |tab: &Tab| {
            let told = [tab.patient, tab.encounter].into_iter();
            told.chain(tab.tokens.iter().map(String::as_str))
                .any(|told| said.contains(told))
        };
        if tabs.iter().any(names) {
            self.crossed.push(format!("{kind}, unavailable: {said}"));
        }
    }

    /// No answer was wrong.
    pub(crate) fn assert_clean(&self) {
        assert!(self.crossed.is_empty(), "crossed over: {:#?}", self.crossed);
        assert!(self.guessed.is_empty(), "guessed: {:#?}", self.guessed);
        assert!(self.lost.is_empty(), "lost, or an error: {:#?}", self.lost);
    }
}
