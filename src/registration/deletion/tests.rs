//! Where neither the EHR nor the client decides what becomes of one that is to be deleted: the store is away, or the process ends.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use tracing::Level;

use super::*;
use crate::{
    SmartConfig,
    protocol::{
        http::{HttpRequest, HttpResponse},
        secret::{RegistrationAccessToken, RegistrationUri},
    },
    time::ManualClock,
    transport::{HttpTransport, TransportFuture, captured_logs::capture_logs},
};

/// What is sent gets this status, or ends like this.
#[derive(Debug, Clone, Copy)]
struct Answers(Result<u16, TransportError>);

impl HttpTransport for Answers {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        let answer = self.0.map(|status| HttpResponse::new(status, Vec::new(), Vec::new()));
        Box::pin(std::future::ready(answer))
    }
}

/// A record in a store that is away at times.
#[derive(Clone, Default)]
struct InStore<const KEEPS: bool> {
    is_away: Arc<AtomicBool>,
    over: Arc<Mutex<usize>>,
}

impl<const KEEPS: bool> InStore<KEEPS> {
    fn over(&self) -> usize {
        *self.over.lock().unwrap()
    }
}

impl<const KEEPS: bool> Record for InStore<KEEPS> {
    const KEEPS: bool = KEEPS;

    async fn unused(&self, clients: Vec<ToDelete>) -> Option<Vec<ToDelete>> {
        (!self.is_away.load(SeqCst)).then_some(clients)
    }

    async fn over(&self, clients: Vec<ToDelete>) {
        *self.over.lock().unwrap() += clients.len();
    }
}

/// A client that is to be deleted at an EHR that answers like this.
struct New<const KEEPS: bool> {
    deletion: Deletion<InStore<KEEPS>>,
    record: InStore<KEEPS>,
    clock: ManualClock,
    _config: SmartConfig,
}

impl<const KEEPS: bool> New<KEEPS> {
    fn at(ehr: Answers) -> Self {
        let clock = ManualClock::default();
        let config = SmartConfig::builder()
            .ehrs_come_later()
            .clock(clock.clone())
            .transport(ehr)
            .build()
            .unwrap();
        let record = InStore::default();
        let client = Leftover {
            client_id: Some("a".to_owned()),
            issued_at: None,
            uri: RegistrationUri::new("https://ehr.example/register/a"),
            token: RegistrationAccessToken::new("its token"),
            origins: vec!["https://ehr.example".to_owned()],
        };
        let deletion = Deletion {
            registrar: config.registrar("https://ehr.example/fhir"),
            why: WhyUnwanted::Superseded,
            record: record.clone(),
            tries: Tries::default(),
            left: vec![ToDelete::of(client)],
            error: None,
        };
        Self {
            deletion,
            record,
            clock,
            _config: config,
        }
    }

    /// The next attempt, and how many seconds later another one is to follow.
    fn round(&mut self) -> Option<u64> {
        // Requests are bounded in time.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let pause = runtime.block_on(self.deletion.round())?;
        self.clock.advance(pause);
        Some(pause.as_secs())
    }

    /// The attempts before the last one.
    fn rounds_but_the_last(&mut self) {
        for pause in [30, 120, 480, 1200] {
            assert_eq!(self.round(), Some(pause));
        }
    }
}

const BUSY: Answers = Answers(Ok(503));
const ENDS: Answers = Answers(Err(TransportError::ShutDown));

#[test]
fn a_former_client_whose_process_ends_stays_in_the_store_and_is_not_told_to_be_left() {
    let log = capture_logs(Level::INFO, || {
        let mut new = New::<true>::at(ENDS);
        assert_eq!((new.round(), new.record.over()), (None, 0));
    });
    assert_eq!(log, "");
}

#[test]
fn a_client_that_was_never_kept_is_named_in_the_log_where_the_process_ends() {
    let log = capture_logs(Level::INFO, || {
        let mut new = New::<false>::at(ENDS);
        assert_eq!(new.round(), None);
    });
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("delete it at the EHR") && log.contains("\"a\""), "{log}");
}

#[test]
fn that_an_ehr_is_busy_is_told_with_the_reason_and_the_plain_ids() {
    let log = capture_logs(Level::INFO, || {
        assert_eq!(New::<true>::at(BUSY).round(), Some(30));
    });
    let mut lines = log.lines();
    let line = lines.find(|line| line.contains("could not be deleted at the EHR now"));
    let has = |text: &str| line.is_some_and(|line| line.contains(text));
    assert!(has("clients=[\"a\"]") && has("503"), "{log}");
}

#[test]
fn that_the_store_is_away_is_told_in_words_of_its_own() {
    let mut new = New::<true>::at(BUSY);
    new.round();
    new.record.is_away.store(true, SeqCst);
    let log = capture_logs(Level::INFO, || assert_eq!(new.round(), Some(120)));
    assert!(
        log.contains("the store does not say") && log.contains("in 120 s"),
        "{log}"
    );
    assert!(!log.contains("503") && !log.contains("could not be deleted"), "{log}");
}

#[test]
fn a_former_client_is_given_up_after_the_last_attempt() {
    let mut new = New::<true>::at(BUSY);
    new.rounds_but_the_last();
    let log = capture_logs(Level::INFO, || assert_eq!(new.round(), None));
    assert_eq!(new.record.over(), 1);
    assert!(log.contains("delete it at the EHR"), "{log}");
}

/// It may have come into use.
#[test]
fn a_former_client_stays_in_the_store_where_that_is_away_at_the_last_attempt() {
    let mut new = New::<true>::at(BUSY);
    new.rounds_but_the_last();
    new.record.is_away.store(true, SeqCst);
    let log = capture_logs(Level::INFO, || assert_eq!(new.round(), None));
    assert_eq!(new.record.over(), 0);
    assert!(
        log.contains("another process") && !log.contains("delete it at the EHR"),
        "{log}"
    );
}
