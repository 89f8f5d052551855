//! One application process in front of a [`ScriptedEhr`], and people who sign in.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use url::{Url, form_urlencoded};

use crate::{
    application::{LEAPT, Orders, Said},
    browser::Browser,
    launch::Launch,
    processes::Processes,
    scene::Directory,
    scripted_ehr::{self, Person, Script, ScriptedEhr},
    set_clock::ClockOrder,
    support::ports::free_port,
    wire::{Answer, Wire},
};

/// Launches live in the memory of the process: nothing but the EHR is in the way.
pub(crate) struct Ward {
    pub(crate) ehr: ScriptedEhr,
    pub(crate) processes: Processes,
    port: u16,
    passed: Mutex<Duration>,
    _directory: Directory,
}

/// Somebody who has signed in at the EHR and is on the way back.
pub(crate) struct SignIn {
    pub(crate) person: Person,
    browser: Browser,
    callback: Url,
}

/// What a page heard.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) what: What,
    pub(crate) took: Duration,
}

#[derive(Debug)]
pub(crate) enum What {
    /// A token: the how manieth of its launch, from 1.
    Token(u64),
    /// 503: to be asked again after so long.
    Later(Duration),
    /// 401: the launch has ended.
    Ended,
}

/// Longer than anything may take.
const NEVER: Duration = Duration::from_secs(90);
/// Fewer than one registration may have under way.
const ADMITTED_AT_ONCE: usize = 8;

impl Ward {
    /// With a registration for each tenant.
    pub(crate) async fn open(scripts: Vec<Script>, token_deadline: Duration) -> Self {
        let directory = Directory::new();
        let tenants = 0..scripts.len();
        let ehr = ScriptedEhr::start(scripts).await;
        let port = free_port();
        let orders = Orders {
            port,
            workers: 2,
            shared_store: None,
            key: (0..64).map(|_| rand::random()).collect(),
            fhir_base_urls: tenants.map(|tenant| ehr.fhir_base_url(tenant)).collect(),
            scopes: "launch/patient patient/*.rs offline_access".to_owned(),
            redirect_uri: format!("http://127.0.0.1:{port}/auth/callback"),
            agent: "process".to_owned(),
            journal: directory.0.join("journal"),
            token_deadline,
            wall_ahead: 0,
        };
        Self {
            ehr,
            processes: Processes::start(vec![orders], &directory.0),
            port,
            passed: Mutex::default(),
            _directory: directory,
        }
    }

    /// Begins a sign-in and gives back where the application sends the browser.
    async fn begin(&self, tenant: usize) -> (Browser, String) {
        let mut browser = Browser::default();
        let launch = Url::parse_with_params(
            &format!("http://127.0.0.1:{}/auth/launch", self.port),
            [("ehr", self.ehr.fhir_base_url(tenant))],
        );
        let at_ehr = browser.follow(&launch.unwrap()).await;
        let state = at_ehr.query_pairs().find(|(name, _)| name == "state");
        (browser, state.unwrap().1.into_owned())
    }

    fn callback(&self, state: &str, code: &str) -> Url {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("code", code)
            .append_pair("state", state)
            .finish();
        let callback = format!("http://127.0.0.1:{}/auth/callback?{query}", self.port);
        Url::parse(&callback).unwrap()
    }

    /// Somebody signs in at the EHR and comes back.
    pub(crate) async fn sign_in(&self, tenant: usize) -> SignIn {
        let (browser, state) = self.begin(tenant).await;
        let (person, code) = self.ehr.signs_in(tenant);
        SignIn {
            person,
            browser,
            callback: self.callback(&state, &code),
        }
    }

    /// A stranger begins a sign-in, and invents the rest. Gives back the status of the answer; `None` when the stranger
    /// has gone away before it came.
    pub(crate) async fn invented_sign_in(&self, tenant: usize, patience: Duration) -> Option<u16> {
        let (mut browser, state) = self.begin(tenant).await;
        let callback = self.callback(&state, &format!("made-up-{}", rand::random::<u64>()));
        let answer = timeout(patience, browser.navigate(&callback)).await.ok()?;
        Some(answer.unwrap().status)
    }

    /// So many people are signed in.
    pub(crate) async fn admit(self: &Arc<Self>, tenant: usize, count: usize) -> Vec<Launch> {
        let (mut coming, mut launches) = (JoinSet::new(), Vec::new());
        for _ in 0..count {
            if coming.len() == ADMITTED_AT_ONCE {
                launches.push(coming.join_next().await.unwrap().unwrap());
            }
            let ward = Arc::clone(self);
            coming.spawn(async move {
                let mut sign_in = ward.sign_in(tenant).await;
                let answer = sign_in.come_back().await;
                sign_in.launch(&answer).unwrap()
            });
        }
        launches.extend(coming.join_all().await);
        launches
    }

    /// So much time passes at once for the application.
    pub(crate) async fn let_pass(&self, time: Duration) {
        let until = {
            let mut passed = self.passed.lock().unwrap();
            *passed += time;
            passed.as_millis().to_string().into_bytes()
        };
        self.processes.set_clock(0, ClockOrder::Leap(time));
        let mut wire = Wire::connect(self.port).await.unwrap();
        while wire.get(LEAPT, &[]).await.unwrap().body != until {
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks for a launch's page.
    pub(crate) async fn ask(&self, launch: &Launch) -> Heard {
        let began = Instant::now();
        let mut wire = Wire::connect(self.port).await.unwrap();
        let answer = timeout(NEVER, wire.get(&launch.path, &launch.headers())).await;
        let answer = answer.unwrap().unwrap();
        let took = began.elapsed();
        let what = match answer.status {
            200 => {
                let said: Said = serde_json::from_slice(&answer.body).unwrap();
                let (owner, serial) = scripted_ehr::owner(&said.token).unwrap();
                assert_eq!(said.patient, launch.patient, "WRONG PATIENT");
                assert_eq!(owner, launch.grant, "WRONG TOKEN");
                assert!(said.left > 0, "a handler began with an expired token");
                What::Token(serial)
            }
            503 => What::Later(retry_after(&answer).unwrap()),
            401 => What::Ended,
            status => panic!("{status}: {}", String::from_utf8_lossy(&answer.body)),
        };
        Heard { what, took }
    }
}

impl SignIn {
    /// Loads the callback, for the first time or again.
    pub(crate) async fn come_back(&mut self) -> Answer {
        let answer = timeout(NEVER, self.browser.navigate(&self.callback)).await;
        answer.unwrap().unwrap()
    }

    /// The launch that an answer to the callback opened.
    pub(crate) fn launch(&self, answer: &Answer) -> Option<Launch> {
        let page = self.callback.join(answer.header("location")?).unwrap();
        Some(Launch {
            patient: ScriptedEhr::patient_of(self.person),
            path: page.path().to_owned(),
            cookies: self.browser.cookies(),
            grant: self.person,
        })
    }
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    Some(Duration::from_secs(answer.header("retry-after")?.parse().ok()?))
}
