//! Clients that ask without a pause, hang up in the middle, and look closely at every answer.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use actix_smart_auth::sandbox::SandboxServer;
use tokio::time::{sleep, timeout};

use crate::{
    application::Said,
    dice::Dice,
    figures::Figures,
    launch::Launch,
    scene::{LIFE, Scale, Scene},
    silence::Silence,
    tab::{Tab, now},
    wire::{Answer, Wire},
};

/// Longer than any request may take: twenty-five seconds in which its process is stopped, ten for a refresh, some for the
/// store.
const NEVER: Duration = Duration::from_secs(50);

/// How long clients wait for their last answer when much goes wrong.
const LAST_ANSWER: Duration = Duration::from_secs(1);

/// What clients put up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tolerance {
    /// Everything is answered, with 200.
    None,
    /// Connections break, 503 may come, and launches may end, once and for all.
    Trouble,
}

pub(crate) struct Traffic {
    sandbox: Arc<SandboxServer>,
    ports: Vec<u16>,
    pub(crate) tabs: Vec<Tab>,
    tolerance: Tolerance,
    over: AtomicBool,
    answered: AtomicUsize,
    unavailable: AtomicUsize,
    broken: AtomicUsize,
    hung_up: AtomicUsize,
    /// In microseconds, of answers with 200.
    times: Mutex<Vec<u32>>,
    wrongs: Mutex<Vec<String>>,
    /// From when to when, and what: answers that did not come, and tokens that had run out when their handler began.
    late: Mutex<Vec<Late>>,
}

/// Something that is wrong, unless its process was stopped for so many milliseconds of this time.
struct Late {
    process: usize,
    from: u64,
    to: u64,
    unless_stopped_for: u64,
    what: String,
}

/// How long a token that counts as usable works at least: a tenth of its life.
const USABLE: Duration = Duration::from_millis(LIFE.as_millis() as u64 / 10);
/// How long a process that does not answer within [`NEVER`] may have been awake meanwhile.
const AWAKE: Duration = Duration::from_secs(15);

impl Traffic {
    pub(crate) fn new(scene: &Scene, tolerance: Tolerance) -> Arc<Self> {
        Arc::new(Self {
            sandbox: Arc::clone(&scene.sandbox),
            ports: scene.processes.ports(),
            tabs: scene.launches.iter().map(Tab::of).collect(),
            tolerance,
            over: AtomicBool::new(false),
            answered: AtomicUsize::new(0),
            unavailable: AtomicUsize::new(0),
            broken: AtomicUsize::new(0),
            hung_up: AtomicUsize::new(0),
            times: Mutex::default(),
            wrongs: Mutex::default(),
            late: Mutex::default(),
        })
    }

    /// Lets all clients loose until `until` is done. Gives back its result, and how long the clients were at work.
    pub(crate) async fn during<T>(
        self: &Arc<Self>,
        scale: Scale,
        dice: &mut Dice,
        until: impl Future<Output = T>,
    ) -> (T, Duration) {
        let began = Instant::now();
        let mut clients = Vec::new();
        for tab in 0..self.tabs.len() {
            for _ in 0..scale.clients {
                let (traffic, dice) = (Arc::clone(self), dice.fork());
                clients.push(tokio::spawn(
                    async move { traffic.client(tab, scale.pause, dice).await },
                ));
            }
        }
        let result = until.await;
        let lasted = began.elapsed();
        self.over.store(true, SeqCst);
        // In trouble, those that a process lets wait have seen enough.
        let patience = match self.tolerance {
            Tolerance::None => NEVER,
            Tolerance::Trouble => LAST_ANSWER,
        };
        for mut client in clients {
            let left = (lasted + patience).saturating_sub(began.elapsed());
            match timeout(left, &mut client).await {
                Ok(finished) => finished.unwrap(),
                Err(_) => client.abort(),
            }
        }
        (result, lasted)
    }

    async fn client(&self, tab: usize, pause: Duration, mut dice: Dice) {
        let tab = &self.tabs[tab];
        let longest = u64::try_from(pause.as_millis()).unwrap() * 2;
        let mut kept = None;
        while !self.over.load(SeqCst) {
            sleep(dice.millis(0..longest)).await;
            // Now and then another process, as behind a load balancer.
            let wire = match kept.take() {
                Some(wire) if !dice.one_in(30) => Ok(wire),
                _ => Wire::connect(self.ports[dice.below(self.ports.len())]).await,
            };
            let Ok(mut wire) = wire else {
                self.broke("no connection");
                continue;
            };
            if dice.one_in(30) {
                let _ = wire.send(&tab.launch.path, &tab.launch.headers()).await;
                sleep(dice.millis(0..10)).await;
                wire.reset();
                self.hung_up.fetch_add(1, SeqCst);
                continue;
            }
            let (began, began_at) = (Instant::now(), now());
            match timeout(NEVER, wire.get(&tab.launch.path, &tab.launch.headers())).await {
                Err(_) => {
                    let what = format!("no answer within {NEVER:?}");
                    self.late(wire.port(), began_at, NEVER - AWAKE, what);
                }
                Ok(Err(error)) => self.broke(&format!("no answer: {error}")),
                Ok(Ok(answer)) => {
                    if self
                        .judge(tab, &answer, wire.port(), began, began_at, dice.one_in(40))
                        .await
                    {
                        let took = u32::try_from(began.elapsed().as_micros()).unwrap();
                        self.times.lock().unwrap().push(took);
                    }
                    kept = Some(wire);
                }
            }
        }
    }

    /// Whether it is a good answer.
    async fn judge(
        &self,
        tab: &Tab,
        answer: &Answer,
        port: u16,
        began: Instant,
        began_at: u64,
        use_token: bool,
    ) -> bool {
        let patient = &tab.launch.patient;
        match (answer.status, self.tolerance) {
            (200, _) => {
                self.answered.fetch_add(1, SeqCst);
                tab.answered();
                let said: Said = serde_json::from_slice(&answer.body).unwrap();
                if said.patient != *patient {
                    self.wrong(format!("WRONG PATIENT: {} for {patient}", said.patient));
                }
                let grant = self.sandbox.grant_of_token(&said.token);
                if grant != Some(tab.launch.grant) {
                    self.wrong(format!("WRONG TOKEN: grant {grant:?} for {patient}"));
                }
                if said.left == 0 {
                    let what = format!("a handler of {patient} began with an expired token");
                    self.late(port, began_at, USABLE, what);
                }
                if tab.had_ended_before(began_at) {
                    self.wrong(format!("the launch of {patient} came back after it had ended"));
                }
                if use_token {
                    self.use_token(&said, patient, began).await;
                }
                return true;
            }
            (503, Tolerance::Trouble) => {
                self.unavailable.fetch_add(1, SeqCst);
                tab.refused(began_at);
                if answer.header("retry-after").is_none() {
                    self.wrong("503 without Retry-After".to_owned());
                }
            }
            (401, Tolerance::Trouble) => {
                tab.ended();
            }
            (status, _) => {
                let body = String::from_utf8_lossy(&answer.body);
                self.wrong(format!("{status} after {:?} for {patient}: {body}", began.elapsed()));
            }
        }
        false
    }

    /// Takes the token to the EHR, which has no such patient but would refuse the token first.
    async fn use_token(&self, said: &Said, patient: &str, began: Instant) {
        let port = self.sandbox.origin().rsplit_once(':').unwrap().1.parse().unwrap();
        let bearer = format!("Bearer {}", said.token);
        let path = format!("/fhir/Patient/{patient}");
        let mut wire = Wire::connect(port).await.unwrap();
        let answer = wire.get(&path, &[("Authorization", &*bearer)]).await.unwrap();
        let in_time = began.elapsed() < Duration::from_millis(said.left);
        // A grant that is revoked in this moment is seen by the launch's next refresh only.
        let revoked = self.sandbox.grants()[self.sandbox.grant_of_token(&said.token).unwrap()].revoked;
        if answer.status != 404 && in_time && !revoked {
            self.wrong(format!("the EHR answered {} to the token of {patient}", answer.status));
        }
    }

    fn broke(&self, what: &str) {
        self.broken.fetch_add(1, SeqCst);
        if self.tolerance == Tolerance::None {
            self.wrong(what.to_owned());
        }
    }

    fn late(&self, port: u16, from: u64, unless_stopped_for: Duration, what: String) {
        let process = self.ports.iter().position(|its| *its == port).unwrap();
        let unless_stopped_for = u64::try_from(unless_stopped_for.as_millis()).unwrap();
        let to = now();
        self.late.lock().unwrap().push(Late {
            process,
            from,
            to,
            unless_stopped_for,
            what,
        });
    }

    fn wrong(&self, what: String) {
        self.wrongs.lock().unwrap().push(what);
    }

    /// Asks for each launch until it answers with 200 or has ended; says how long that took at most.
    pub(crate) async fn settle(self: &Arc<Self>, within: Duration) -> Duration {
        let began = Instant::now();
        let mut asking = Vec::new();
        for at in 0..self.tabs.len() {
            let traffic = Arc::clone(self);
            asking.push(tokio::spawn(async move {
                let tab = &traffic.tabs[at];
                for attempt in 0.. {
                    let port = traffic.ports[attempt % traffic.ports.len()];
                    let mut wire = Wire::connect(port).await.unwrap();
                    let (asked, asked_at) = (Instant::now(), now());
                    let answer = wire.get(&tab.launch.path, &tab.launch.headers()).await.unwrap();
                    if traffic.judge(tab, &answer, port, asked, asked_at, true).await || answer.status == 401 {
                        break;
                    }
                    if began.elapsed() > within {
                        let body = String::from_utf8_lossy(&answer.body).into_owned();
                        traffic.wrong(format!("stuck after {within:?}: {} {body}", tab.launch.patient));
                        break;
                    }
                    sleep(Duration::from_millis(100)).await;
                }
                began.elapsed()
            }));
        }
        let mut longest = Duration::ZERO;
        for one in asking {
            longest = longest.max(one.await.unwrap());
        }
        longest
    }

    /// The longest time in which a launch that survived had nothing but 503 for its clients, and which launch that was.
    pub(crate) fn longest_silence(&self) -> (&Launch, Silence) {
        let surviving = self.tabs.iter().filter(|tab| !tab.has_ended());
        let silences = surviving.map(|tab| (&tab.launch, tab.longest_silence()));
        let longest = silences.max_by_key(|(_, silence)| silence.millis());
        longest.unwrap_or((&self.tabs[0].launch, Silence::default()))
    }

    pub(crate) fn figures(&self) -> Figures {
        let mut times = self.times.lock().unwrap().clone();
        times.sort_unstable();
        let at = |percent: usize| {
            let time = times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
            Duration::from_micros(time.copied().unwrap_or(0).into())
        };
        let surviving = self.tabs.iter().filter(|tab| !tab.has_ended());
        let longest_gap = surviving.map(|tab| tab.longest_gap()).max();
        Figures {
            answered: self.answered.load(SeqCst),
            unavailable: self.unavailable.load(SeqCst),
            broken: self.broken.load(SeqCst),
            hung_up: self.hung_up.load(SeqCst),
            median: at(50),
            p99: at(99),
            slowest: at(100),
            longest_gap: Duration::from_millis(longest_gap.unwrap_or(0)),
        }
    }

    /// Fails if anything was wrong; `logs` says what the processes had to say.
    ///
    /// A process that is stopped does not answer, twice in a row for longer than anybody waits; and a token may run out between
    /// the moment at which it was found usable and the handler. `stopped` says for how many milliseconds that process was,
    /// from then to then.
    pub(crate) fn assert_nothing_wrong(&self, stopped: impl Fn(usize, u64, u64) -> u64, logs: impl FnOnce() -> String) {
        let late = self.late.lock().unwrap();
        let unexcused = late
            .iter()
            .filter(|late| stopped(late.process, late.from, late.to) < late.unless_stopped_for);
        let mut wrongs = self.wrongs.lock().unwrap().clone();
        wrongs.extend(unexcused.map(|late| {
            let stopped = Duration::from_millis(stopped(late.process, late.from, late.to));
            let what = &late.what;
            format!(
                "{what}, of process {} from {} on, which was stopped for {stopped:?} of that",
                late.process, late.from
            )
        }));
        let first = &wrongs[..wrongs.len().min(10)];
        assert!(
            wrongs.is_empty(),
            "{} wrongs, the first: {first:#?}\n{}",
            wrongs.len(),
            logs()
        );
    }
}
