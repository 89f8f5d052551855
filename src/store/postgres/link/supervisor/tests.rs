use super::*;
use crate::{
    config::tests::logged,
    store::{
        alarms::Alarms,
        postgres::{
            fake_server::{FakeServer, LIMIT},
            link::{Link, LinkOptions},
            schema::VERSION,
        },
    },
};

/// One without a thread that would look after it.
fn without_thread(server: &FakeServer) -> Link {
    let options = LinkOptions {
        command_timeout: LIMIT,
        max_in_flight: 8,
        max_connections: 4,
        sweep_every: LIMIT,
    };
    Link::new(server.target(), options, Arc::new(Alarms::of("PostgreSQL")), None)
}

/// One that is up, with a connection that nobody uses, and without a thread that would look after it.
async fn link(server: &FakeServer) -> Link {
    let link = without_thread(server);
    let connection = link.shared.target.connect(Purpose::Operations).await.unwrap();
    link.shared.pool.idle().push(connection);
    link.shared.line.send_replace(Line::Up);
    link
}

#[tokio::test]
async fn idle_connections_that_were_closed_are_replaced_while_the_server_is_there() {
    let server = FakeServer::start();
    let link = link(&server).await;
    server.hang_up();
    link.shared.try_idle(true).await;
    assert!(matches!(*link.shared.line.borrow(), Line::Up));
    assert!(link.shared.pool.take().is_some());
}

/// Nobody has waited yet when closed connections are found.
#[tokio::test]
async fn who_comes_when_the_server_has_just_gone_waits_for_it() {
    let server = FakeServer::start();
    let link = link(&server).await;
    server.go_away();
    link.shared.try_idle(true).await;
    assert!(matches!(*link.shared.line.borrow(), Line::Down { .. }));
    let coming_back = async { link.shared.line.send_replace(Line::Up) };
    let (waited, _) = tokio::join!(link.shared.up_before(link.shared.deadline()), coming_back);
    assert_eq!(waited, Ok(()));
}

/// Whoever has mended the first one would look for it in vain.
#[test]
fn another_cause_of_the_same_outage_is_said_too_and_each_once() {
    let ((), log) = logged(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(async {
            let server = FakeServer::start();
            server.go_away();
            let link = without_thread(&server);
            let shared = Arc::clone(&link.shared);
            let mut line = shared.line.subscribe();
            let looking = tokio::spawn(async move { supervise(&shared).await });
            let mut attempts = async |number| {
                for _ in 0..number {
                    line.changed().await.unwrap();
                }
            };
            attempts(3).await;
            server.come_back_with(VERSION - 1);
            // One may be under way.
            attempts(4).await;
            server.come_back_with(VERSION);
            while !matches!(*line.borrow(), Line::Up) {
                line.changed().await.unwrap();
            }
            looking.abort();
        });
    });
    let lines = |what| log.lines().filter(move |line| line.contains(what));
    let said: Vec<_> = lines("no connection to PostgreSQL").collect();
    let of_tables = said.iter().filter(|line| line.contains("those of an older version"));
    assert!(said.len() > 1, "{log}");
    assert_eq!(
        (of_tables.count(), lines("PostgreSQL is back").count()),
        (1, 1),
        "{log}"
    );
}
