use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Instant,
};

use tokio::sync::Notify;

use super::*;
#[cfg(feature = "actix")]
use crate::transport::{HttpClient, settings::TransportSettings};
use crate::transport::{captured_logs::capture_logs, loopback::block_on};

fn engine() -> Engine {
    Engine::new(EngineOptions {
        body_limit: 1024 * 1024,
        transport: TransportChoice::Custom(Arc::new(NoTransport)),
    })
}

/// Work that runs until the returned bell rings, and counts its end.
fn held(engine: &Engine, done: &Arc<AtomicUsize>) -> (Running<()>, Arc<Notify>) {
    let bell = Arc::new(Notify::new());
    let (ring, done) = (Arc::clone(&bell), Arc::clone(done));
    let running = engine.spawn("held", async move {
        ring.notified().await;
        done.fetch_add(1, Ordering::SeqCst);
    });
    (running, bell)
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Live threads of this process with that name (as the kernel cuts it).
#[cfg(target_os = "linux")]
fn threads_named(name: &str) -> usize {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter(|comm| comm.trim() == name)
        .count()
}

#[test]
fn results_come_back_to_a_plain_thread() {
    let engine = engine();
    assert_eq!(block_on(engine.spawn("add", async { 1 + 1 })), Ok(2));
}

#[tokio::test]
async fn results_come_back_to_another_runtime_and_timers_work_inside() {
    let engine = engine();
    let running = engine.spawn("sleep", async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        thread::current().name().map(str::to_owned)
    });
    assert_eq!(running.await, Ok(Some("smart-auth-engine".to_owned())));
}

#[cfg(feature = "actix")]
#[actix_web::test]
async fn results_come_back_to_an_actix_worker() {
    let engine = engine();
    assert_eq!(engine.spawn("add", async { 1 + 1 }).await, Ok(2));
}

#[test]
fn work_goes_on_when_nobody_waits_for_it() {
    let engine = engine();
    let done = Arc::default();
    let (running, bell) = held(&engine, &done);
    drop(running);
    bell.notify_one();
    wait_until("the work is done", || done.load(Ordering::SeqCst) == 1);
}

#[test]
fn work_that_panics_takes_nothing_else_with_it() {
    let engine = engine();
    let done = Arc::default();
    let (other, bell) = held(&engine, &done);
    assert_eq!(
        block_on(engine.spawn("bad", async { assert_eq!(1, 2, "on purpose") })),
        Err(EngineError::Panicked)
    );
    bell.notify_one();
    assert_eq!(block_on(other), Ok(()));
    assert_eq!(block_on(engine.spawn("good", async { 7 })), Ok(7));
    assert_eq!(
        engine.inner.tally.running(),
        0,
        "the panicked work is not counted any more"
    );
}

#[test]
fn a_shutdown_waits_for_running_work_and_refuses_new() {
    let engine = engine();
    let done: Arc<AtomicUsize> = Arc::default();
    let (_first, first_bell) = held(&engine, &done);
    let (_second, second_bell) = held(&engine, &done);
    let ringer = engine.clone();
    let ring = thread::spawn(move || {
        wait_until("closed", || matches!(*ringer.inner.state(), State::Closed(_)));
        assert_eq!(block_on(ringer.spawn("late", async {})), Err(EngineError::ShutDown));
        first_bell.notify_one();
        second_bell.notify_one();
    });
    let report = block_on(engine.shutdown(Duration::from_secs(10)));
    assert_eq!(
        report,
        ShutdownReport {
            finished: 2,
            cut_off: 0,
            audit_events_left: 0,
        }
    );
    assert_eq!(done.load(Ordering::SeqCst), 2);
    ring.join().unwrap();
    let again = block_on(engine.shutdown(Duration::ZERO));
    assert_eq!(
        again,
        ShutdownReport {
            finished: 0,
            cut_off: 0,
            audit_events_left: 0,
        }
    );
}

#[test]
fn a_shutdown_that_runs_out_of_time_counts_what_is_left_and_lets_it_go_on() {
    let engine = engine();
    let done: Arc<AtomicUsize> = Arc::default();
    let (quick, quick_bell) = held(&engine, &done);
    let (_slow, slow_bell) = held(&engine, &done);
    quick_bell.notify_one();
    block_on(quick).unwrap();
    let start = Instant::now();
    let report = block_on(engine.shutdown(Duration::from_millis(50)));
    assert_eq!(
        report,
        ShutdownReport {
            finished: 0,
            cut_off: 1,
            audit_events_left: 0,
        }
    );
    assert!(start.elapsed() >= Duration::from_millis(50));
    slow_bell.notify_one();
    let second = block_on(engine.shutdown(Duration::from_secs(10)));
    assert_eq!(second.cut_off, 0);
    assert_eq!(done.load(Ordering::SeqCst), 2);
}

#[test]
fn a_shutdown_ends_in_time_even_when_the_thread_is_stuck() {
    let engine = engine();
    let (release, stuck) = mpsc::channel::<()>();
    let _running = engine.spawn("stuck", async move { stuck.recv().is_ok() });
    let report = block_on(engine.shutdown(Duration::from_millis(20)));
    assert_eq!(
        report,
        ShutdownReport {
            finished: 0,
            cut_off: 1,
            audit_events_left: 0,
        }
    );
    release.send(()).unwrap();
}

#[test]
fn running_work_may_spawn_more_while_the_engine_closes() {
    let engine = engine();
    let inside = engine.detached();
    let bell = Arc::new(Notify::new());
    let ring = Arc::clone(&bell);
    let running = engine.spawn("exchange", async move {
        ring.notified().await;
        inside.spawn("save", async { 5 }).await
    });
    let ringer = engine.detached();
    let ring = thread::spawn(move || {
        wait_until("closed", || matches!(*ringer.inner.state(), State::Closed(_)));
        bell.notify_one();
    });
    assert_eq!(block_on(engine.shutdown(Duration::from_secs(10))).cut_off, 0);
    assert_eq!(block_on(running), Ok(Ok(5)));
    ring.join().unwrap();
}

#[test]
fn an_engine_that_was_never_started_shuts_down_and_stays_down() {
    let engine = engine();
    let report = block_on(engine.shutdown(Duration::from_secs(10)));
    assert_eq!(
        report,
        ShutdownReport {
            finished: 0,
            cut_off: 0,
            audit_events_left: 0,
        }
    );
    assert_eq!(block_on(engine.spawn("late", async {})), Err(EngineError::ShutDown));
}

#[cfg(feature = "actix")]
#[test]
fn the_transport_of_a_closed_engine_says_that_nothing_was_sent() {
    let engine = Engine::new(EngineOptions {
        body_limit: 1024 * 1024,
        transport: TransportChoice::shipped(HttpClient::Awc, TransportSettings::default()),
    });
    block_on(engine.shutdown(Duration::ZERO));
    let request = HttpRequest::get("http://127.0.0.1:1/".parse().unwrap(), Duration::from_secs(1));
    assert_eq!(
        block_on(engine.transport().send(request)).unwrap_err(),
        TransportError::ShutDown
    );
}

#[test]
fn dropping_the_last_handle_lets_running_work_finish() {
    let engine = engine();
    let done: Arc<AtomicUsize> = Arc::default();
    let (_running, bell) = held(&engine, &done);
    let detached = engine.detached();
    let other = engine.clone();
    drop(engine);
    assert_eq!(
        block_on(other.spawn("more", async { 3 })),
        Ok(3),
        "another handle keeps it open"
    );
    drop(other);
    assert_eq!(block_on(detached.spawn("late", async {})), Err(EngineError::ShutDown));
    bell.notify_one();
    wait_until("the work is done", || done.load(Ordering::SeqCst) == 1);
}

/// The runtime's handle outlives the thread, so ask the thread itself: its actor's channel closes with it.
#[cfg(all(feature = "actix", target_os = "linux"))]
#[test]
fn fifty_engines_leave_no_thread_behind() {
    let name = "smart-auth-engi";
    for _ in 0..50 {
        let engine = Engine::new(EngineOptions {
            body_limit: 1024 * 1024,
            transport: TransportChoice::shipped(HttpClient::Awc, TransportSettings::default()),
        });
        assert_eq!(block_on(engine.spawn("nothing", async { 1 })), Ok(1));
    }
    // Other tests of this process have engines too, but not as many.
    wait_until("the threads end", || threads_named(name) < 25);
}

#[test]
fn forgotten_work_is_counted_in_one_warning() {
    let captured = capture_logs(tracing::Level::WARN, || {
        let engine = engine();
        let done: Arc<AtomicUsize> = Arc::default();
        let held: Vec<_> = (0..3).map(|_| held(&engine, &done)).collect();
        drop(engine);
        drop(held);
    });
    assert_eq!(captured.matches("WARN").count(), 1, "{captured}");
    assert!(captured.contains("3 token operations were still running"), "{captured}");
    assert!(captured.contains("SmartConfig::shutdown"), "{captured}");
    assert!(captured.contains("held: 3"), "{captured}");
}

#[test]
fn who_is_told_of_the_result_finds_the_work_done_and_nothing_is_said() {
    let captured = capture_logs(tracing::Level::WARN, || {
        let engine = engine();
        let (sender, receiver) = mpsc::channel();
        let tally = Arc::clone(&engine.inner.tally);
        engine.spawn_then("told", async { 7 }, move |output| {
            sender.send((output, tally.running())).unwrap();
        });
        assert_eq!(receiver.recv(), Ok((7, 0)));
        drop(engine);
    });
    assert_eq!(captured, "");
}

#[test]
fn nobody_is_told_by_a_closed_engine_or_of_work_that_panicked() {
    let engine = engine();
    let (sender, receiver) = mpsc::channel::<()>();
    let other = sender.clone();
    engine.spawn_then("panics", async { panic!("as it should") }, move |()| {
        let _ = other.send(());
    });
    block_on(engine.shutdown(Duration::from_secs(5)));
    engine.spawn_then("late", async {}, move |()| {
        let _ = sender.send(());
    });
    assert!(receiver.recv().is_err(), "the senders are gone");
}

#[test]
fn nothing_is_said_when_nothing_was_running() {
    let captured = capture_logs(tracing::Level::WARN, || {
        let engine = engine();
        block_on(engine.spawn("done", async {})).unwrap();
        drop(engine);
    });
    assert_eq!(captured, "");
}

#[tokio::test]
async fn a_thread_that_the_system_refuses_is_an_error_and_no_panic() {
    // More than there are addresses.
    let builder = thread::Builder::new().stack_size(1 << 47);
    let choice = TransportChoice::Custom(Arc::new(NoTransport));
    assert!(start(builder, &choice, Arc::default()).is_err());
}
