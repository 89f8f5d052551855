//! Clients that ask without a pause, hang up in the middle, and look closely at every answer.

use std::{
    io,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use actix_smart_auth::sandbox::SandboxServer;
use tokio::time::{sleep, timeout};

use crate::{
    application::Said,
    dice::Dice,
    figures::Figures,
    havoc::Havoc,
    launch::Launch,
    records::Records,
    scene::{LIFE, Scale, Scene},
    silence::Silence,
    tab::{Tab, now},
    wire::{Answer, Wire},
    wrongs::{AWAKE, Wrongs},
};

/// Longer than any request may take: twenty-five seconds in which its process is stopped, ten for a refresh, some for the
/// store.
const NEVER: Duration = Duration::from_secs(50);

/// How long clients wait for their last answer when much went wrong: until it is late for a process that nobody stops any more.
const LAST_ANSWER: Duration = Duration::from_secs(AWAKE.as_secs() + 1);

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
    /// Since when clients ask no more.
    over: OnceLock<Instant>,
    answered: AtomicUsize,
    unavailable: AtomicUsize,
    broken: AtomicUsize,
    hung_up: AtomicUsize,
    /// In microseconds, of answers with 200.
    times: Mutex<Vec<u32>>,
    wrongs: Wrongs,
}

/// Which process a client waits for at the moment, by its port, and since when.
type Waiting = Arc<Mutex<Option<(u16, u64)>>>;

/// How long a token that counts as usable works at least: a tenth of its life.
const USABLE: Duration = Duration::from_millis(LIFE.as_millis() as u64 / 10);

impl Traffic {
    pub(crate) fn new(scene: &Scene, tolerance: Tolerance) -> Arc<Self> {
        Arc::new(Self {
            sandbox: Arc::clone(&scene.sandbox),
            ports: scene.processes.ports(),
            tabs: scene.launches.iter().map(Tab::of).collect(),
            tolerance,
            over: OnceLock::new(),
            answered: AtomicUsize::new(0),
            unavailable: AtomicUsize::new(0),
            broken: AtomicUsize::new(0),
            hung_up: AtomicUsize::new(0),
            times: Mutex::default(),
            wrongs: Wrongs::default(),
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
                let (traffic, dice, waiting) = (Arc::clone(self), dice.fork(), Waiting::default());
                let its = Arc::clone(&waiting);
                let client = async move { traffic.client(tab, scale.pause, dice, &its).await };
                clients.push((tokio::spawn(client), waiting));
            }
        }
        let result = until.await;
        let lasted = began.elapsed();
        self.over.set(Instant::now()).unwrap();
        let patience = match self.tolerance {
            Tolerance::None => NEVER,
            Tolerance::Trouble => LAST_ANSWER,
        };
        for (mut client, waiting) in clients {
            let left = (lasted + patience).saturating_sub(began.elapsed());
            if let Ok(finished) = timeout(left, &mut client).await {
                finished.unwrap();
                continue;
            }
            client.abort();
            if let Some((port, since)) = *waiting.lock().unwrap() {
                self.wrongs.unanswered(self.process(port), since, now());
            }
        }
        (result, lasted)
    }

    async fn client(&self, tab: usize, pause: Duration, mut dice: Dice, waiting: &Waiting) {
        let tab = &self.tabs[tab];
        let longest = u64::try_from(pause.as_millis()).unwrap() * 2;
        let mut kept: Option<Wire> = None;
        while self.over.get().is_none() {
            *waiting.lock().unwrap() = None;
            sleep(dice.millis(0..longest)).await;
            // Now and then another process, as behind a load balancer.
            let wire = kept.take().filter(|_| !dice.one_in(30));
            let port = match &wire {
                Some(wire) => wire.port(),
                None => self.ports[dice.below(self.ports.len())],
            };
            *waiting.lock().unwrap() = Some((port, now()));
            let wire = match wire {
                Some(wire) => Ok(wire),
                None => Wire::connect(port).await,
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
                Err(_) => self.wrongs.unanswered(self.process(port), began_at, now()),
                Ok(Err(error)) => self.broke(&format!("no answer: {error}")),
                Ok(Ok(answer)) => {
                    if self.judge(tab, &answer, port, began, began_at, dice.one_in(40)).await {
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
                    self.wrongs
                        .add(format!("WRONG PATIENT: {} for {patient}", said.patient));
                }
                let grant = self.sandbox.grant_of_token(&said.token);
                if grant != Some(tab.launch.grant) {
                    self.wrongs.add(format!("WRONG TOKEN: grant {grant:?} for {patient}"));
                }
                if said.left == 0 {
                    let what = format!("a handler of {patient} began with an expired token");
                    self.wrongs.late(self.process(port), began_at, now(), USABLE, what);
                }
                if tab.had_ended_before(began_at) {
                    self.wrongs.came_back(&tab.launch);
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
                    self.wrongs.add("503 without Retry-After".to_owned());
                }
            }
            (401, Tolerance::Trouble) => {
                tab.ended();
            }
            (status, _) => {
                let body = String::from_utf8_lossy(&answer.body);
                self.wrongs
                    .add(format!("{status} after {:?} for {patient}: {body}", began.elapsed()));
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
            self.wrongs
                .add(format!("the EHR answered {} to the token of {patient}", answer.status));
        }
    }

    fn broke(&self, what: &str) {
        self.broken.fetch_add(1, SeqCst);
        if self.tolerance == Tolerance::None {
            self.wrongs.add(what.to_owned());
        }
    }

    fn process(&self, port: u16) -> usize {
        self.ports.iter().position(|its| *its == port).unwrap()
    }

    /// Asks for each launch until it answers with 200 or has ended; says how long that took at most since all was over. `within`: how long it may.
    pub(crate) async fn settle(self: &Arc<Self>, within: Duration) -> Duration {
        let began = *self.over.get().unwrap();
        let mut asking = Vec::new();
        for at in 0..self.tabs.len() {
            let traffic = Arc::clone(self);
            asking.push(tokio::spawn(async move {
                traffic.ask_until_in_order(&traffic.tabs[at], began, within).await;
                began.elapsed()
            }));
        }
        let mut longest = Duration::ZERO;
        for one in asking {
            longest = longest.max(one.await.unwrap());
        }
        longest
    }

    async fn ask_until_in_order(&self, tab: &Tab, began: Instant, within: Duration) {
        for attempt in 0.. {
            let port = self.ports[attempt % self.ports.len()];
            let (asked, asked_at) = (Instant::now(), now());
            let heard = match timeout(NEVER, ask(tab, port)).await {
                Err(_) => return self.wrongs.unanswered(self.process(port), asked_at, now()),
                Ok(Err(error)) => format!("no answer: {error}"),
                Ok(Ok(answer)) => {
                    let is_good = self.judge(tab, &answer, port, asked, asked_at, true).await;
                    if is_good || answer.status == 401 {
                        return;
                    }
                    format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body))
                }
            };
            if began.elapsed() > within {
                let patient = &tab.launch.patient;
                return self.wrongs.add(format!("{patient} is stuck after {within:?}: {heard}"));
            }
            sleep(Duration::from_millis(100)).await;
        }
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

    /// Fails if anything was wrong that this havoc does not explain; `logs` says what the processes had to say.
    pub(crate) fn assert_nothing_wrong(&self, havoc: &Havoc, records: &Records, logs: impl FnOnce() -> String) {
        self.wrongs.assert_none(havoc, records, logs);
    }
}

/// Asks on a connection of its own.
async fn ask(tab: &Tab, port: u16) -> io::Result<Answer> {
    let mut wire = Wire::connect(port).await?;
    wire.get(&tab.launch.path, &tab.launch.headers()).await
}
