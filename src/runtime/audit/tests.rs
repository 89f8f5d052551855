use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use super::{queue::LIMIT, *};
use crate::{
    audit::{AuditError, AuditFuture, AuditSink},
    store::acceptance::sample::{browser, launch, launch_key},
    time::SystemClock,
};

/// How a sink behaves.
type Behaviour = Box<dyn Fn(&[AuditEvent]) -> Result<(), AuditError> + Send + Sync>;

/// Remembers what it has written.
#[derive(Clone)]
struct Sink(Arc<Inner>);

struct Inner {
    behaviour: Behaviour,
    written: Mutex<Vec<String>>,
    attempts: AtomicUsize,
}

impl Sink {
    fn new(behaviour: impl Fn(&[AuditEvent]) -> Result<(), AuditError> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner {
            behaviour: Box::new(behaviour),
            written: Mutex::default(),
            attempts: AtomicUsize::new(0),
        }))
    }

    fn written(&self) -> Vec<String> {
        self.0.written.lock().unwrap().clone()
    }

    fn attempts(&self) -> usize {
        self.0.attempts.load(SeqCst)
    }
}

impl AuditSink for Sink {
    fn write<'a>(&'a self, events: &'a [AuditEvent]) -> AuditFuture<'a> {
        Box::pin(async move {
            self.0.attempts.fetch_add(1, SeqCst);
            (self.0.behaviour)(events)?;
            let mut written = self.0.written.lock().unwrap();
            written.extend(events.iter().map(|event| event.id.clone()));
            Ok(())
        })
    }
}

fn auditor(sink: &Sink, failure: AuditFailure) -> Auditor {
    let settings = AuditSettings {
        sink: Some(Arc::new(sink.clone())),
        failure,
        ..AuditSettings::default()
    };
    Auditor::new(settings, Arc::new(SystemClock))
}

/// Events with these names, in their order.
fn note(auditor: &Auditor, names: &[&str]) {
    for name in names {
        auditor.note(|at| AuditEvent {
            id: (*name).to_owned(),
            ..AuditEvent::signed_in(at, launch_key(), &launch(browser(), at))
        });
    }
}

async fn drained(auditor: &Auditor) -> usize {
    auditor.drain(Duration::from_secs(10)).await
}

#[tokio::test]
async fn events_are_written_in_their_order() {
    let sink = Sink::new(|_| Ok(()));
    let auditor = auditor(&sink, AuditFailure::GoOn);
    note(&auditor, &["a", "b", "c"]);
    assert_eq!(drained(&auditor).await, 0);
    note(&auditor, &["d"]);
    assert_eq!(drained(&auditor).await, 0);
    assert_eq!(sink.written(), ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn without_a_sink_no_event_is_made() {
    let auditor = Auditor::new(AuditSettings::default(), Arc::new(SystemClock));
    auditor.note(|_| panic!("nobody wants it"));
    assert!(!auditor.is_on());
    assert_eq!(auditor.state(), None);
    assert_eq!(auditor.drain(Duration::from_secs(60)).await, 0);
}

#[tokio::test]
async fn a_sink_that_is_away_for_a_while_loses_nothing_and_gets_the_same_events_again() {
    let failures = AtomicUsize::new(0);
    let sink = Sink::new(move |_| {
        if failures.fetch_add(1, SeqCst) < 2 {
            return Err(AuditError::Unavailable);
        }
        Ok(())
    });
    let auditor = auditor(&sink, AuditFailure::GoOn);
    note(&auditor, &["a", "b"]);
    assert_eq!(drained(&auditor).await, 0);
    assert_eq!(sink.written(), ["a", "b"]);
    assert_eq!(
        auditor.state().map(|state| (state.lost, state.is_failing)),
        Some((0, false))
    );
}

#[tokio::test]
async fn a_sink_that_panics_gets_the_same_events_again() {
    let has_panicked = AtomicBool::new(false);
    let sink = Sink::new(move |_| {
        assert!(has_panicked.swap(true, SeqCst), "a sink that panics");
        Ok(())
    });
    let auditor = auditor(&sink, AuditFailure::GoOn);
    note(&auditor, &["a"]);
    assert_eq!(drained(&auditor).await, 0);
    assert_eq!((sink.written(), sink.attempts()), (vec!["a".to_owned()], 2));
}

#[tokio::test]
async fn an_event_that_is_never_taken_is_counted_and_keeps_no_other_out() {
    let sink = Sink::new(|events| {
        let is_bad = events.iter().any(|event| event.id == "bad");
        if is_bad { Err(AuditError::Refused) } else { Ok(()) }
    });
    let auditor = auditor(&sink, AuditFailure::GoOn);
    note(&auditor, &["a", "bad", "b"]);
    assert_eq!(drained(&auditor).await, 0);
    assert_eq!(sink.written(), ["a", "b"]);
    assert_eq!(auditor.state().map(|state| state.lost), Some(1));
}

#[tokio::test]
async fn a_full_queue_counts_what_it_loses_and_keeps_what_came_first() {
    let is_open = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&is_open);
    let sink = Sink::new(move |_| {
        if opened.load(SeqCst) {
            Ok(())
        } else {
            Err(AuditError::Unavailable)
        }
    });
    let auditor = auditor(&sink, AuditFailure::GoOn);
    let names: Vec<_> = (0..LIMIT + 3).map(|number| number.to_string()).collect();
    for name in &names {
        note(&auditor, &[name]);
    }
    assert_eq!(
        auditor.state().map(|state| (state.waiting, state.lost)),
        Some((LIMIT, 3))
    );
    is_open.store(true, SeqCst);
    assert_eq!(drained(&auditor).await, 0);
    assert_eq!(sink.written(), names[..LIMIT]);
}

#[tokio::test]
async fn a_shutdown_says_how_many_events_are_left() {
    let sink = Sink::new(|_| Err(AuditError::Unavailable));
    let auditor = auditor(&sink, AuditFailure::GoOn);
    note(&auditor, &["a", "b"]);
    assert_eq!(auditor.drain(Duration::from_millis(50)).await, 2);
    assert!(auditor.state().is_some_and(|state| state.is_failing));
}

#[tokio::test]
async fn a_sign_in_waits_for_its_event_only_where_the_policy_demands_it() {
    let away = || Sink::new(|_| Err(AuditError::Refused));
    let record = launch(browser(), SystemClock.now());
    for (failure, expected) in [
        (AuditFailure::GoOn, Ok(())),
        (AuditFailure::RefuseSignIn, Err(NotAudited)),
    ] {
        let auditor = auditor(&away(), failure);
        assert_eq!(auditor.note_sign_in(launch_key(), &record).await, expected);
    }
    let sink = Sink::new(|_| Ok(()));
    let auditor = auditor(&sink, AuditFailure::RefuseSignIn);
    assert_eq!(auditor.note_sign_in(launch_key(), &record).await, Ok(()));
    assert_eq!(sink.written().len(), 1, "it is written before the launch opens");
}
