use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use tokio::time::Instant;

use super::{
    queue::{LIMIT, REFUSALS, SOMEBODY_WAITS},
    *,
};
use crate::{
    audit::{AuditError, AuditFuture, AuditSink},
    store::{
        FailedCallback, FailedCallbackKind, LaunchKind,
        acceptance::sample::{browser, launch, launch_key},
    },
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

fn sign_in() -> AuditEvent {
    let now = SystemClock.now();
    AuditEvent::signed_in(now, launch_key(), &launch(browser(), now))
}

fn refusal() -> AuditEvent {
    let failed = FailedCallback::new(FailedCallbackKind::NoCode, LaunchKind::Standalone);
    AuditEvent::refused(SystemClock.now(), "https://ehr.example", &failed)
}

#[test]
fn refused_sign_ins_take_no_room_from_what_people_do() {
    let queue = Queue::default();
    for _ in 0..REFUSALS + 2 {
        queue.push(refusal(), None);
    }
    let standing = |queue: &Queue| (queue.standing().waiting, queue.standing().lost);
    assert_eq!(standing(&queue), (REFUSALS, 2));
    queue.push(sign_in(), None);
    assert_eq!(standing(&queue), (REFUSALS + 1, 2));
    // One that was written gives its place to the next.
    queue.written(1);
    queue.push(refusal(), None);
    queue.push(refusal(), None);
    assert_eq!(standing(&queue), (REFUSALS + 1, 3));
    queue.refused();
    queue.push(refusal(), None);
    assert_eq!(standing(&queue), (REFUSALS + 1, 4));
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_short_while_somebody_waits_and_only_then() {
    let long = Duration::from_secs(30);
    let queue = Queue::default();
    let lasts = async |queue: &Queue| {
        let began = Instant::now();
        assert!(!queue.pause(long).await);
        began.elapsed()
    };
    assert_eq!(lasts(&queue).await, long);
    let (told, written) = tokio::sync::oneshot::channel();
    queue.push(sign_in(), Some(told));
    assert_eq!(lasts(&queue).await, SOMEBODY_WAITS);
    drop(written);
    assert_eq!(lasts(&queue).await, long);
    // Somebody who comes in the middle of it.
    let (told, _written) = tokio::sync::oneshot::channel();
    let comes = async {
        tokio::time::advance(Duration::from_millis(300)).await;
        queue.push(sign_in(), Some(told));
    };
    let (lasted, ()) = tokio::join!(lasts(&queue), comes);
    assert_eq!(lasted, SOMEBODY_WAITS);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_a_pause_at_once() {
    let queue = Queue::default();
    queue.push(sign_in(), None);
    queue.close();
    let began = Instant::now();
    assert!(queue.pause(Duration::from_secs(30)).await);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[test]
fn whoever_wants_to_open_a_launch_is_told_once_the_sink_takes_events_again() {
    let queue = Queue::default();
    assert!(queue.until_taken().is_none());
    queue.push(sign_in(), None);
    assert!(queue.until_taken().is_none(), "nothing is known against it");
    queue.failed();
    let mut taken = queue.until_taken().unwrap();
    assert!(taken.try_recv().is_err());
    queue.written(1);
    assert_eq!(taken.try_recv(), Ok(()));
    assert!(queue.until_taken().is_none());
    // A sink that refuses an event is there for the others.
    queue.push(sign_in(), None);
    queue.failed();
    queue.refused();
    assert!(queue.until_taken().is_none());
    for _ in 0..LIMIT {
        queue.push(sign_in(), None);
    }
    let mut taken = queue.until_taken().unwrap();
    queue.written(1);
    assert_eq!(taken.try_recv(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_launch_is_not_even_tried_while_the_sink_is_known_to_be_away_and_the_policy_demands_its_event() {
    for (failure, expected) in [
        (AuditFailure::GoOn, Ok(())),
        (AuditFailure::RefuseSignIn, Err(NotAudited)),
    ] {
        let auditor = auditor(&Sink::new(|_| Err(AuditError::Unavailable)), failure);
        let queue = &auditor.0.as_ref().unwrap().queue;
        queue.push(sign_in(), None);
        queue.failed();
        assert_eq!(auditor.ready_for_sign_in("https://ehr.example").await, expected);
        assert_eq!(queue.standing().waiting, 1);
    }
}

#[tokio::test]
async fn events_beside_one_that_is_never_taken_come_once_more_and_no_oftener() {
    let is_open = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&is_open);
    let offered = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&offered);
    let sink = Sink::new(move |events| {
        if !opened.load(SeqCst) {
            return Err(AuditError::Unavailable);
        }
        seen.lock().unwrap().extend(events.iter().map(|event| event.id.clone()));
        let is_bad = events.iter().any(|event| event.id == "bad");
        if is_bad { Err(AuditError::Refused) } else { Ok(()) }
    });
    let auditor = auditor(&sink, AuditFailure::GoOn);
    note(&auditor, &["a", "b", "c", "d", "bad"]);
    is_open.store(true, SeqCst);
    assert_eq!(drained(&auditor).await, 0);
    assert_eq!(sink.written(), ["a", "b", "c", "d"]);
    let offered = offered.lock().unwrap();
    let times = |id: &str| offered.iter().filter(|other| *other == id).count();
    assert!(times("d") <= 2, "{offered:?}");
}
