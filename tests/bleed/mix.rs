//! Five hundred requests about three launches of one browser, in waves; between the waves time passes.
//!
//! Within a wave the clock stands still, so that it is certain which launches are open and which tokens work; what happens
//! at the same time is everything else.

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};

use crate::{
    browser::{Ask, Browser},
    fleet::Fleet,
    interruption::{INTO_THE_WAVE, Interruption},
    judge::{Expected, State, Tab, Tally},
    kinds::{Kind, Situation},
};

pub(crate) const AMBER: &str = "amber-testwood";
pub(crate) const BRUNO: &str = "bruno-fixture";
const CLARA: &str = "clara-placebo";

const WAVES: usize = 25;
const PER_WAVE: usize = 20;
/// The wave in which somebody logs out.
const LOGOUT: usize = 9;
/// An hour's token is then due, and still works.
const DUE: Duration = Duration::from_secs(3400);
/// An hour's token does not work any more.
const UNUSABLE: Duration = Duration::from_secs(3595);

/// Which of the three launches end on the way: 0 is Amber's first visit, 1 Bruno's, 2 Amber's second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) logs_out: usize,
    /// By its age.
    pub(crate) runs_out: usize,
}

pub(crate) struct Mix {
    pub(crate) fleet: Rc<Fleet>,
    pub(crate) browser: Rc<Browser>,
    pub(crate) tabs: Vec<Tab>,
    pub(crate) tally: Tally,
    stranger: Browser,
    strangers: crate::browser::Held,
    ends: Ends,
    runs_out_in: Duration,
    refreshes_due: [u32; 3],
    rng: StdRng,
    interruption: Option<Interruption>,
}

/// Within so long after an interruption every open launch is there again.
const BACK: Duration = Duration::from_secs(20);

impl Mix {
    /// Opens the launches: the one that will run out six hours before the others.
    pub(crate) async fn open(fleet: Fleet, ends: Ends) -> Self {
        let seed = std::env::var("BLEED_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed: u64 = seed.unwrap_or_else(rand::random);
        println!("repeat with BLEED_SEED={seed}");
        let fleet = Rc::new(fleet);
        let browser = Rc::new(Browser::new(&fleet));
        let last = fleet.count() - 1;
        let wanted = [(AMBER, "visit-101"), (BRUNO, "visit-201"), (AMBER, "visit-102")];
        let mut held = [None, None, None];
        let (patient, encounter) = wanted[ends.runs_out];
        // The steps of one launch go to different processes.
        let first = browser.launch(patient, encounter, &[last, 0]).await;
        for _ in 0..2 {
            fleet.advance(Duration::from_secs(3 * 3600));
            let answer = browser.ask(&Ask::api(last, first.path("/show"))).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        held[ends.runs_out] = Some(first);
        for (number, (patient, encounter)) in wanted.into_iter().enumerate() {
            if held[number].is_none() {
                held[number] = Some(browser.launch(patient, encounter, &[0, last]).await);
            }
        }
        let stranger = Browser::new(&fleet);
        let strangers = stranger.launch(CLARA, "visit-301", &[0, last]).await;
        let tab = |(held, (patient, encounter)): (Option<_>, _)| Tab {
            held: held.unwrap(),
            patient,
            encounter,
            state: State::Open,
            tokens: std::collections::BTreeSet::new(),
        };
        let mut refreshes_due = [0; 3];
        refreshes_due[ends.runs_out] = 2;
        Self {
            fleet,
            browser,
            tabs: held.into_iter().zip(wanted).map(tab).collect(),
            tally: Tally::default(),
            stranger,
            strangers,
            ends,
            runs_out_in: Duration::from_secs(6 * 3600),
            refreshes_due,
            rng: StdRng::seed_from_u64(seed),
            interruption: None,
        }
    }

    /// The store is away in one wave.
    #[cfg_attr(
        not(all(unix, feature = "redis")),
        expect(dead_code, reason = "only Redis has a fail-over here")
    )]
    pub(crate) fn interrupted_by(mut self, interruption: Interruption) -> Self {
        self.interruption = Some(interruption);
        self
    }

    /// All waves. `after_each` looks at what has become of the launches meanwhile.
    pub(crate) async fn run(&mut self, mut after_each: impl AsyncFnMut(&Self)) {
        for wave in 0..WAVES {
            if wave % 2 == 1 {
                self.pass(if wave % 4 == 1 { DUE } else { UNUSABLE });
            }
            let logout = (wave == LOGOUT).then_some(self.ends.logs_out);
            if let Some(tab) = logout {
                self.tabs[tab].state = State::Ending;
            }
            let interruption = self.interruption.take_if(|interruption| interruption.wave == wave);
            self.wave(logout, interruption).await;
            if let Some(tab) = logout {
                self.tabs[tab].state = State::Ended;
            }
            self.tally.assert_clean();
            self.check_tokens().await;
            after_each(self).await;
        }
    }

    fn pass(&mut self, time: Duration) {
        self.fleet.advance(time);
        self.runs_out_in = self.runs_out_in.saturating_sub(time);
        if self.runs_out_in.is_zero() {
            self.tabs[self.ends.runs_out].state = State::Ended;
        }
        for (tab, due) in self.tabs.iter().zip(&mut self.refreshes_due) {
            if tab.state == State::Open {
                *due += 1;
            }
        }
    }

    async fn wave(&mut self, logout: Option<usize>, interruption: Option<Interruption>) {
        let processes = self.fleet.count();
        let (session, strangers_session) = (self.browser.session_cookie(), self.stranger.session_cookie());
        let situation = Situation {
            tabs: &self.tabs,
            stranger: &self.strangers,
            session: &session,
            strangers_session: &strangers_session,
        };
        let mut asks = Vec::new();
        // Every launch at least twice, at every process.
        for number in 0..PER_WAVE {
            let (about, process, kind) = match number {
                0..6 => (
                    number % 3,
                    number % processes,
                    Kind::HONEST[self.rng.random_range(0..3)],
                ),
                _ => (
                    self.rng.random_range(0..3),
                    self.rng.random_range(0..processes),
                    Kind::ALL[self.rng.random_range(0..Kind::ALL.len())],
                ),
            };
            asks.push((kind, situation.ask(kind, about, process, &mut self.rng)));
        }
        asks.shuffle(&mut self.rng);
        let mut running = Vec::new();
        for (kind, (ask, expected)) in asks {
            let browser = Rc::clone(&self.browser);
            let delay = Duration::from_millis(self.rng.random_range(0..20));
            running.push(actix_web::rt::spawn(async move {
                actix_web::rt::time::sleep(delay).await;
                (kind, browser.ask(&ask).await, expected)
            }));
        }
        let is_interrupted = interruption.is_some();
        let end = interruption.map(|Interruption { begin, end, .. }| {
            let begun = actix_web::rt::task::spawn_blocking(|| {
                std::thread::sleep(INTO_THE_WAVE);
                begin();
            });
            (begun, end)
        });
        if let Some(tab) = logout {
            let (held, other) = (&self.tabs[tab].held, &self.tabs[(tab + 1) % 3].held);
            // Somebody has planted a cookie in front of the right one, lest the logout do anything.
            let planted = format!("smart_launch={}.{}", held.id, other.secret());
            let cookies = format!("{session}; {planted}; {}", held.cookie);
            let logout = Ask::form(processes - 1, held.path("/auth/logout"), "").with_cookies(cookies);
            let answer = self.browser.ask(&logout).await;
            assert_eq!(answer.status, 303, "{answer:?}");
        }
        for task in running {
            let (kind, answer, expected) = task.await.unwrap();
            if is_interrupted && answer.status == 503 {
                self.tally.unavailable(&format!("{kind:?}"), &answer, &self.tabs);
                continue;
            }
            self.tally
                .judge(&format!("{kind:?}"), &answer, expected, &mut self.tabs);
        }
        if let Some((begun, end)) = end {
            begun.await.unwrap();
            actix_web::rt::task::spawn_blocking(end).await.unwrap();
            self.until_back().await;
        }
    }

    /// Asks both processes for every open launch until they show it. Whatever comes meanwhile is judged too.
    async fn until_back(&mut self) {
        let began = Instant::now();
        for number in 0..self.tabs.len() {
            for process in 0..self.fleet.count() {
                while self.tabs[number].state == State::Open {
                    let ask = Ask::api(process, self.tabs[number].held.path("/show"));
                    let answer = self.browser.ask(&ask).await;
                    if answer.status != 503 {
                        self.tally
                            .judge("AfterInterruption", &answer, Expected::Tab(number), &mut self.tabs);
                        break;
                    }
                    assert!(began.elapsed() < BACK, "launch {number} is not back: {answer:?}");
                    actix_web::rt::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
        println!("all launches were there again after {:.1?}", began.elapsed());
    }

    /// The EHR itself says whose the tokens are.
    async fn check_tokens(&self) {
        for tab in self.tabs.iter().filter(|tab| tab.state == State::Open) {
            let Some(newest) = self.newest(tab).await else {
                panic!("none of the tokens of {tab:?} works");
            };
            let other = if tab.patient == AMBER { BRUNO } else { AMBER };
            assert_eq!(
                self.browser.fhir(&format!("Patient/{}", tab.patient), &newest).await,
                200
            );
            assert_eq!(self.browser.fhir(&format!("Patient/{other}"), &newest).await, 403);
        }
    }

    /// The grant of every token that works is that of the launch.
    async fn newest(&self, tab: &Tab) -> Option<String> {
        let mut working = None;
        for token in &tab.tokens {
            let grant = self.browser.introspect(token).await;
            if grant["active"] == true {
                assert_eq!(
                    (&grant["patient"], &grant["encounter"]),
                    (&tab.patient.into(), &tab.encounter.into())
                );
                working = Some(token.clone());
            }
        }
        working
    }

    /// What must hold after all waves.
    pub(crate) fn assert_held(&self) {
        let Tally {
            requests,
            shown,
            refused,
            unavailable,
            kinds,
            ..
        } = &self.tally;
        let of: Vec<_> = self.fleet.sandbox.grants();
        let refreshes = |tab: &Tab| {
            of.iter()
                .find(|grant| grant.encounter.as_deref() == Some(tab.encounter))
                .map_or(0, |grant| grant.refreshes)
        };
        let refreshes: Vec<_> = self.tabs.iter().map(refreshes).collect();
        println!(
            "{requests} requests, {shown} shown, {refused} refused, {unavailable} unavailable, refreshes {refreshes:?}, {kinds:?}"
        );
        assert_eq!(
            *requests - kinds.get("AfterInterruption").copied().unwrap_or_default(),
            WAVES * PER_WAVE
        );
        assert_eq!(self.fleet.sandbox.reuse_detections(), 0);
        for (number, tab) in self.tabs.iter().enumerate() {
            for other in &self.tabs[number + 1..] {
                assert!(tab.tokens.is_disjoint(&other.tokens), "one token for two launches");
            }
            let ends = [self.ends.logs_out, self.ends.runs_out].contains(&number);
            assert_eq!(tab.state, if ends { State::Ended } else { State::Open });
        }
        for (number, (made, due)) in refreshes.iter().zip(self.refreshes_due).enumerate() {
            // One per expiry. By hand (`RefreshNow`) the pace allows one more, before the first; the logout may come before one.
            let by_hand = kinds.get("RefreshNow").copied().unwrap_or_default();
            let fewest = if number == self.ends.logs_out { due - 1 } else { due };
            assert!(
                (fewest..=due + u32::from(by_hand > 0)).contains(made),
                "launch {number}: {made} refreshes, {due} expiries"
            );
        }
    }
}
