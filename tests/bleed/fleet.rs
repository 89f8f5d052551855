//! The processes of an application, the sandbox that they are registered with, and the clock that all follow.

use std::{cell::RefCell, net::TcpListener, time::Duration};

use actix_smart_auth::{
    sandbox::{SandboxClient, SandboxServer, Strictness},
    time::{Clock as _, ManualClock},
};
use actix_web::dev::ServerHandle;

use crate::{
    app,
    process::Process,
    setup::{CLIENT_ID, Setup},
    support::serving::on_a_thread,
};

pub(crate) struct Fleet {
    pub(crate) sandbox: SandboxServer,
    pub(crate) clock: ManualClock,
    /// Where the browser believes that the application is.
    pub(crate) origin: String,
    setup: Setup,
    running: RefCell<Vec<Running>>,
    /// Keeps the port of the origin from others. Nobody listens: a load balancer would.
    _origin: TcpListener,
}

enum Running {
    Process(Process),
    /// In this process, on a thread of its own.
    Here {
        port: u16,
        server: ServerHandle,
    },
}

impl Fleet {
    /// So many processes.
    pub(crate) fn processes(count: usize, change: impl FnOnce(&mut Setup)) -> Self {
        let fleet = Self::empty(change);
        for _ in 0..count {
            fleet.add(|_| {});
        }
        fleet
    }

    /// This process, which keeps launches in its memory.
    pub(crate) fn here(change: impl FnOnce(&mut Setup)) -> Self {
        let fleet = Self::empty(change);
        let (setup, clock) = (fleet.setup.clone(), fleet.clock.clone());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = on_a_thread(move || app::serve(listener, setup.config(clock), &setup.session_key, setup.workers));
        fleet.running.borrow_mut().push(Running::Here { port, server });
        fleet
    }

    fn empty(change: impl FnOnce(&mut Setup)) -> Self {
        let clock = ManualClock::default();
        let sandbox = SandboxServer::builder()
            .strictness(Strictness::AsSpecified)
            .clock(clock.clone())
            .start()
            .unwrap();
        let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", reserved.local_addr().unwrap());
        let redirect_uri = format!("{origin}/auth/callback");
        sandbox.register(SandboxClient::public(CLIENT_ID, &redirect_uri));
        let mut setup = Setup {
            redis: None,
            postgres: None,
            fhir_base_url: sandbox.fhir_base_url(),
            redirect_uri,
            session_key: (0..64).map(|_| rand::random()).collect(),
            now_ms: 0,
            idle: Duration::from_secs(4 * 3600),
            absolute: Duration::from_secs(12 * 3600),
            launches: 16,
            workers: 2,
        };
        change(&mut setup);
        Self {
            sandbox,
            clock,
            origin,
            setup,
            running: RefCell::default(),
            _origin: reserved,
        }
    }

    /// Starts one more process. Gives back its number.
    pub(crate) fn add(&self, change: impl FnOnce(&mut Setup)) -> usize {
        let mut setup = self.setup.clone();
        setup.now_ms = self.clock.now().as_millis();
        change(&mut setup);
        let mut running = self.running.borrow_mut();
        running.push(Running::Process(Process::start(&setup)));
        running.len() - 1
    }

    pub(crate) fn count(&self) -> usize {
        self.running.borrow().len()
    }

    pub(crate) fn port(&self, process: usize) -> u16 {
        match &self.running.borrow()[process] {
            Running::Process(process) => process.port(),
            Running::Here { port, .. } => *port,
        }
    }

    /// What a process has logged so far.
    pub(crate) fn log(&self, process: usize) -> String {
        match &self.running.borrow()[process] {
            Running::Process(process) => process.log(),
            Running::Here { .. } => String::new(),
        }
    }

    /// Lets time pass for everybody.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
        for running in self.running.borrow_mut().iter_mut() {
            if let Running::Process(process) = running {
                process.advance(by);
            }
        }
    }

    /// The address with which the EHR opens the application for a patient.
    pub(crate) fn ehr_launch_url(&self, patient: &str, encounter: &str) -> String {
        self.sandbox
            .ehr_launch_url(&format!("{}/auth/launch", self.origin), patient, Some(encounter))
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for running in self.running.get_mut() {
            if let Running::Here { server, .. } = running {
                // Told, not awaited: the server's own thread ends it.
                drop(server.stop(false));
            }
        }
    }
}
