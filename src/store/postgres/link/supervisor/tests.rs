use super::*;
use crate::store::{
    alarms::Alarms,
    postgres::{
        fake_server::{FakeServer, LIMIT},
        link::{Link, LinkOptions},
    },
};

/// One that is up, with a connection that nobody uses, and without a thread that would look after it.
async fn link(server: &FakeServer) -> Link {
    let options = LinkOptions {
        command_timeout: LIMIT,
        max_in_flight: 8,
        max_connections: 4,
        sweep_every: LIMIT,
    };
    let link = Link::new(server.target(), options, Arc::new(Alarms::of("PostgreSQL")), None);
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
