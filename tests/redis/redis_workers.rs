//! Workers have a connection of their own.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake},
    thread,
    time::{Duration, Instant},
};

use actix_smart_auth::store::{
    LaunchKey, RedisConnections, RedisStore, StoreError,
    acceptance::{Subject, sample},
};
use redis::Connection;
use tokio::runtime::Builder;

use crate::support::{RedisServer, is_open, keys, load, open, prefix, store, url_of, wire_to};

/// A look at who is connected, from a connection of its own.
struct Watch(Connection);

impl Watch {
    fn at(server: &RedisServer) -> Self {
        Self(redis::Client::open(server.url()).unwrap().get_connection().unwrap())
    }

    /// The ids of the others' connections, the oldest first.
    fn ids(&mut self) -> Vec<u64> {
        let own: u64 = redis::cmd("CLIENT").arg("ID").query(&mut self.0).unwrap();
        let list: String = redis::cmd("CLIENT").arg("LIST").query(&mut self.0).unwrap();
        let id_of = |line: &str| {
            line.split(' ')
                .find_map(|field| field.strip_prefix("id="))?
                .parse()
                .ok()
        };
        let mut ids: Vec<u64> = list.lines().filter_map(id_of).filter(|id| *id != own).collect();
        ids.sort_unstable();
        ids
    }

    fn end(&mut self, id: u64) {
        let () = redis::cmd("CLIENT")
            .arg("KILL")
            .arg("ID")
            .arg(id)
            .query(&mut self.0)
            .map(|_: u64| ())
            .unwrap();
    }

    /// Waits, while others go on, until there are so many connections.
    async fn until(&mut self, count: usize) -> Vec<u64> {
        let began = Instant::now();
        loop {
            let ids = self.ids();
            if ids.len() == count {
                return ids;
            }
            assert!(began.elapsed() < Duration::from_secs(10), "{ids:?}, not {count}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Loads often enough that a connection which is opened beside would have been seen.
async fn load_for_a_while(store: &Subject, key: LaunchKey) {
    for _ in 0..50 {
        assert!(is_open(store, key).await);
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
}

#[tokio::test]
async fn a_worker_that_has_asked_has_a_connection_beside_the_shared_one() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let (store, mut watch) = (store(&server.url(), &prefix()), Watch::at(&server));
    let key = open(&store, sample::browser()).await.unwrap();
    watch.until(2).await;
    load_for_a_while(&store, key).await;
    assert_eq!(watch.ids().len(), 2);
}

#[tokio::test]
async fn a_process_has_one_connection_where_no_more_are_wanted() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = Subject::new(|clock| {
        RedisStore::builder(server.url())
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .connections(RedisConnections::OnePerProcess)
            .timed_by(clock)
            .build()
            .unwrap()
    });
    let key = open(&store, sample::browser()).await.unwrap();
    load_for_a_while(&store, key).await;
    assert_eq!(Watch::at(&server).ids().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_of_several_threads_uses_the_shared_one() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = store(&server.url(), &prefix());
    let key = open(&store, sample::browser()).await.unwrap();
    load_for_a_while(&store, key).await;
    assert_eq!(Watch::at(&server).ids().len(), 1);
}

#[tokio::test]
async fn a_connection_of_a_worker_that_breaks_costs_no_answer_and_is_replaced() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let (store, mut watch) = (store(&server.url(), &prefix()), Watch::at(&server));
    let key = open(&store, sample::browser()).await.unwrap();
    let before = watch.until(2).await;
    watch.end(before[1]);
    assert!(is_open(&store, key).await);
    // A second later the next operation has another one opened.
    let began = Instant::now();
    while watch.ids().len() < 2 {
        assert!(began.elapsed() < Duration::from_secs(40));
        load_for_a_while(&store, key).await;
    }
    let after = watch.ids();
    assert_eq!(after[0], before[0], "the shared one stays");
    assert!(after[1] > before[1]);
}

#[tokio::test]
async fn a_shared_connection_that_breaks_costs_no_answer_and_takes_the_workers_with_it() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let (store, mut watch) = (store(&server.url(), &prefix()), Watch::at(&server));
    let key = open(&store, sample::browser()).await.unwrap();
    let before = watch.until(2).await;
    watch.end(before[0]);
    // The worker does not use it, somebody else does.
    let other = store.clone();
    let several = thread::spawn(move || {
        let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(is_open(&other, key))
    });
    assert!(several.join().unwrap());
    load_for_a_while(&store, key).await;
    let after = watch.until(2).await;
    assert!(after[0] > before[1], "{before:?}, then {after:?}");
}

#[tokio::test]
async fn a_shared_connection_that_breaks_ends_those_of_workers_that_ask_no_more() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let (store, mut watch) = (store(&server.url(), &prefix()), Watch::at(&server));
    let key = open(&store, sample::browser()).await.unwrap();
    let before = watch.until(2).await;
    watch.end(before[0]);
    let several = thread::spawn(move || {
        let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
        assert!(runtime.block_on(is_open(&store, key)));
        store
    });
    let store = several.join().unwrap();
    let after = watch.until(1).await;
    assert!(after[0] > before[1], "{before:?}, then {after:?}");
    drop(store);
}

/// The worker takes it for its own mistake, and asks once more over the shared connection; that is all.
#[tokio::test]
async fn a_server_that_needs_more_than_half_of_the_time_is_asked_at_most_twice() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let wire = wire_to(&server);
    let (store, mut watch) = (store(&url_of(wire.port), &prefix()), Watch::at(&server));
    let key = open(&store, sample::browser()).await.unwrap();
    watch.until(2).await;
    assert!(is_open(&store, key).await);
    let before = wire.asked();
    wire.hold(true);
    let began = Instant::now();
    assert_eq!(load(&store, key).await.unwrap_err(), StoreError::Unavailable);
    // The time-out is 2 s, and half a second more where the shared connection was asked late.
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    let asked = wire.asked() - before;
    assert!(asked <= 2, "asked {asked} times");
}

/// Blocks the thread until the future is ready, as executors do that know nothing of Tokio.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let (mut context, mut future) = (Context::from_waker(&waker), pin!(future));
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        thread::park();
    }
}

#[tokio::test]
async fn whoever_blocks_a_worker_while_waiting_is_answered_all_the_same() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let (store, mut watch) = (store(&server.url(), &prefix()), Watch::at(&server));
    let key = open(&store, sample::browser()).await.unwrap();
    watch.until(2).await;
    assert!(is_open(&store, key).await);
    for _ in 0..3 {
        assert!(block_on(is_open(&store, key)));
    }
    assert!(is_open(&store, key).await);
}

/// A handler that computes for long, or waits without `await`.
#[tokio::test]
async fn a_worker_that_was_busy_reads_the_answer_afterwards() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = Subject::new(|clock| {
        RedisStore::builder(server.url())
            .sealing_keys(keys(&[1]))
            .prefix(prefix())
            .command_timeout(Duration::from_secs(2))
            .timed_by(clock)
            .build()
            .unwrap()
    });
    let mut watch = Watch::at(&server);
    let key = open(&store, sample::browser()).await.unwrap();
    let before = watch.until(2).await;
    // One that is only being opened could not bear it.
    load_for_a_while(&store, key).await;
    for _ in 0..2 {
        let busy = async { thread::sleep(Duration::from_millis(2200)) };
        let (answered, ()) = tokio::join!(is_open(&store, key), busy);
        assert!(answered);
    }
    assert_eq!(watch.ids(), before);
}

#[tokio::test]
async fn a_connection_of_a_worker_goes_with_its_runtime_and_the_store_goes_on() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let (store, mut watch) = (store(&server.url(), &prefix()), Watch::at(&server));
    let key = open(&store, sample::browser()).await.unwrap();
    watch.until(2).await;
    let (other, url) = (store.clone(), server.url());
    let worker = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            assert!(is_open(&other, key).await);
            let mut watch = Watch(redis::Client::open(url).unwrap().get_connection().unwrap());
            watch.until(4).await;
            assert!(is_open(&other, key).await);
        });
    });
    worker.join().unwrap();
    watch.until(2).await;
    assert!(is_open(&store, key).await);
}

/// Of two runtimes on one thread only one is at work.
#[test]
fn a_second_runtime_of_a_thread_does_not_wait_for_the_connection_of_the_first() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let store = store(&server.url(), &prefix());
    let runtime = || Builder::new_current_thread().enable_all().build().unwrap();
    let (first, second) = (runtime(), runtime());
    let key = first.block_on(async {
        let key = open(&store, sample::browser()).await.unwrap();
        Watch::at(&server).until(2).await;
        assert!(is_open(&store, key).await);
        key
    });
    let began = Instant::now();
    assert!(second.block_on(is_open(&store, key)));
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(first.block_on(is_open(&store, key)));
}

#[tokio::test]
async fn connections_of_workers_close_with_the_store() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let (store, mut watch) = (store(&server.url(), &prefix()), Watch::at(&server));
    open(&store, sample::browser()).await.unwrap();
    watch.until(2).await;
    drop(store);
    watch.until(0).await;
}
