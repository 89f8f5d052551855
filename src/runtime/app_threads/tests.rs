//! What becomes of calls, whatever the application's code does.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{Sender, channel},
    },
    time::Instant,
};

use super::*;

/// Longer than any test waits.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

/// A call that blocks its thread until the returned sender is dropped.
fn blocking() -> (Sender<()>, impl FnOnce() -> std::future::Ready<()> + Send + 'static) {
    let (release, released) = channel::<()>();
    let code = move || {
        let _ = released.recv();
        std::future::ready(())
    };
    (release, code)
}

async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn code_runs_on_a_thread_of_its_own_with_timers_and_sockets() {
    let threads = AppThreads::default();
    let code = || async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connected, accepted) = (tokio::net::TcpStream::connect(address), listener.accept());
        tokio::spawn(async move { connected.await.unwrap() });
        accepted.await.unwrap();
        thread::current().name().map(str::to_owned)
    };
    let name = threads.call(CallerKind::Hook, LONG, code).await;
    assert_eq!(name, Ok(Some(NAME.to_owned())));
}

#[tokio::test]
async fn a_future_that_is_not_send_may_be_what_the_code_gives() {
    let code = || async {
        let local = std::rc::Rc::new(7);
        tokio::task::yield_now().await;
        *local
    };
    assert_eq!(AppThreads::default().call(CallerKind::Hook, LONG, code).await, Ok(7));
}

#[tokio::test]
async fn a_panic_before_the_future_and_one_inside_it_are_answers() {
    let threads = AppThreads::default();
    let before = || -> std::future::Ready<()> { panic!("as intended") };
    assert_eq!(
        threads.call(CallerKind::Hook, LONG, before).await,
        Err(NoAnswer::Panicked)
    );
    let inside = || async {
        tokio::task::yield_now().await;
        panic!("as intended")
    };
    let answer: Result<(), _> = threads.call(CallerKind::Hook, LONG, inside).await;
    assert_eq!(answer, Err(NoAnswer::Panicked));
    assert_eq!(threads.call(CallerKind::Hook, LONG, || async { 1 }).await, Ok(1));
}

#[tokio::test]
async fn what_hangs_is_given_up_at_its_limit_and_dropped() {
    struct Told(Arc<AtomicBool>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let told = Told(Arc::clone(&dropped));
    let threads = AppThreads::default();
    let code = move || async move {
        let _told = told;
        std::future::pending::<()>().await;
    };
    assert_eq!(
        threads.call(CallerKind::Hook, SHORT, code).await,
        Err(NoAnswer::TimedOut)
    );
    eventually("it is dropped", || dropped.load(Ordering::SeqCst)).await;
    let all_free = || threads.0.hook.running.available_permits() == CallerKind::Hook.at_once();
    eventually("its place is given back", all_free).await;
}

#[tokio::test]
async fn what_blocks_is_given_up_at_its_limit_and_delays_nobody_else() {
    let threads = AppThreads::default();
    let (release, code) = blocking();
    let blocked = {
        let threads = threads.clone();
        tokio::spawn(async move { threads.call(CallerKind::Hook, SHORT, code).await })
    };
    assert_eq!(threads.call(CallerKind::Hook, LONG, || async { 1 }).await, Ok(1));
    assert_eq!(blocked.await.unwrap(), Err(NoAnswer::TimedOut));
    // Its thread stays, and only its place is taken.
    let free = || threads.0.hook.running.available_permits();
    assert_eq!(free(), CallerKind::Hook.at_once() - 1);
    drop(release);
    eventually("the place is given back", || free() == CallerKind::Hook.at_once()).await;
}

#[tokio::test]
async fn so_many_run_at_once_and_the_next_one_waits_until_its_limit() {
    let (threads, running) = (AppThreads::default(), Arc::new(AtomicUsize::new(0)));
    let mut held = Vec::new();
    for _ in 0..CallerKind::Stranger.at_once() {
        let (release, code) = blocking();
        let (threads, running) = (threads.clone(), Arc::clone(&running));
        let counted = move || {
            running.fetch_add(1, Ordering::SeqCst);
            code()
        };
        let call = tokio::spawn(async move { threads.call(CallerKind::Stranger, LONG, counted).await });
        held.push((release, call));
    }
    eventually("all run", || {
        running.load(Ordering::SeqCst) == CallerKind::Stranger.at_once()
    })
    .await;
    let late = threads.call(CallerKind::Stranger, SHORT, || async {}).await;
    assert_eq!(late, Err(NoAnswer::NoTurn));
    // The others have places of their own.
    for other in [CallerKind::Hook, CallerKind::KnownEhr] {
        assert_eq!(threads.call(other, LONG, || async { 1 }).await, Ok(1), "{other:?}");
    }
    for (release, call) in held {
        drop(release);
        assert_eq!(call.await.unwrap(), Ok(()));
    }
    assert_eq!(threads.call(CallerKind::Stranger, LONG, || async { 1 }).await, Ok(1));
}

#[tokio::test]
async fn the_load_tells_calls_that_are_stuck_from_those_that_somebody_waits_for() {
    let threads = AppThreads::default();
    let load = || threads.load(CallerKind::Hook);
    let stuck: Vec<_> = (0..3).map(|_| blocking()).collect();
    let mut releases = Vec::new();
    for (release, code) in stuck {
        releases.push(release);
        let answer = threads.call(CallerKind::Hook, SHORT, code).await;
        assert_eq!(answer, Err(NoAnswer::TimedOut));
    }
    assert_eq!(load(), Load { running: 3, stuck: 3 });
    let (release, code) = blocking();
    let awaited = {
        let threads = threads.clone();
        tokio::spawn(async move { threads.call(CallerKind::Hook, LONG, code).await })
    };
    eventually("it runs", || load() == Load { running: 4, stuck: 3 }).await;
    drop(release);
    assert_eq!(awaited.await.unwrap(), Ok(()));
    assert_eq!(load(), Load { running: 3, stuck: 3 });
    drop(releases);
    eventually("none is left", || load() == Load { running: 0, stuck: 0 }).await;
}

#[tokio::test]
async fn the_crates_own_waiting_goes_on_though_what_a_hook_has_spawned_blocks() {
    let threads = AppThreads::default();
    let (release, released) = channel::<()>();
    let hook = move || async move { drop(tokio::spawn(async move { released.recv().is_ok() })) };
    assert_eq!(threads.call(CallerKind::Hook, LONG, hook).await, Ok(()));
    let (tell, told) = oneshot::channel();
    let work = async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        let _ = tell.send(());
    };
    threads.spawn(work).unwrap();
    assert_eq!(timeout(LONG, told).await.unwrap(), Ok(()));
    drop(release);
}

#[tokio::test]
async fn past_those_that_wait_a_call_is_refused_at_once() {
    let threads = AppThreads::default();
    let most = CallerKind::Stranger.at_once() + CallerKind::Stranger.waiting();
    let mut calls = Vec::new();
    for _ in 0..most {
        let threads = threads.clone();
        let hang = || std::future::pending::<()>();
        calls.push(tokio::spawn(async move {
            threads.call(CallerKind::Stranger, LONG, hang).await
        }));
    }
    eventually("all places are taken", || {
        threads.0.stranger.all.available_permits() == 0
    })
    .await;
    let refused = threads.call(CallerKind::Stranger, LONG, || async {}).await;
    assert_eq!(refused, Err(NoAnswer::Busy));
    for call in &calls {
        call.abort();
    }
    let all_free = || threads.0.stranger.all.available_permits() == most;
    eventually("callers that are gone give their places back", all_free).await;
}

#[tokio::test]
async fn dropping_it_inside_a_runtime_while_a_call_blocks_is_no_panic() {
    let threads = AppThreads::default();
    let (release, code) = blocking();
    assert_eq!(
        threads.call(CallerKind::Hook, SHORT, code).await,
        Err(NoAnswer::TimedOut)
    );
    drop(threads);
    drop(release);
}
