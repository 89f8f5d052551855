use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

use tokio_postgres::Config;

use super::*;
use crate::store::postgres::{
    connection::{Purpose, Target},
    schema::Schema,
};

const LIMIT: Duration = Duration::from_secs(20);

/// A message of the server's side.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind], &length[..], body].concat()
}

/// Lets everybody in, and answers every question with `off`.
fn server() -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let ready = message(b'Z', b"I");
    let column = [
        &b"\0\x01a\0"[..],
        &[0; 4],
        &[0; 2],
        &[0, 0, 0, 25],
        &[0xff; 2],
        &[0xff; 4],
        &[0; 2],
    ]
    .concat();
    let answer = [
        message(b'T', &column),
        message(b'D', b"\0\x01\0\0\0\x03off"),
        message(b'C', b"SHOW\0"),
        ready.clone(),
    ]
    .concat();
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let welcome = [message(b'R', &[0; 4]), ready.clone()].concat();
            let answer = answer.clone();
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                let _ = client.read(&mut bytes).and_then(|_| client.write_all(&welcome));
                while let Ok(1..) = client.read(&mut bytes)
                    && client.write_all(&answer).is_ok()
                {}
            });
        }
    });
    let mut config = Config::new();
    config.host("127.0.0.1").port(port).user("a");
    Target {
        servers: vec![config],
        tls: None,
        schema: Schema::parse("a").unwrap(),
        connect_timeout: LIMIT,
        command_timeout: LIMIT,
    }
}

#[tokio::test]
async fn no_more_connections_wait_than_there_are_places_for() {
    let target = server();
    let connect = async || target.connect(Purpose::Migration).await.unwrap();
    let pool = Arc::new(Pool::new(2, LIMIT, None));
    let lent = Lent::new(Arc::clone(&pool), connect().await, pool.place().await.unwrap());
    pool.put_back(connect().await);
    assert_eq!(pool.idle().len(), 1);
    // One is in use, and comes back.
    pool.put_back(connect().await);
    assert_eq!(pool.idle().len(), 1);
    lent.give_back();
    assert_eq!(pool.idle().len(), 2);
    pool.put_back(connect().await);
    assert_eq!(pool.idle().len(), 2);
    // One was lent and is of no use any more.
    let taken = pool.take().unwrap();
    Lent::new(Arc::clone(&pool), taken, pool.place().await.unwrap()).discard();
    pool.put_back(connect().await);
    assert_eq!(pool.idle().len(), 2);
}

#[tokio::test]
async fn the_connection_that_was_used_last_is_lent_first_and_one_that_was_put_back_last() {
    let target = server();
    let connect = async || target.connect(Purpose::Migration).await.unwrap();
    let pool = Arc::new(Pool::new(3, LIMIT, None));
    let used = connect().await;
    let place = pool.place().await.unwrap();
    Lent::new(Arc::clone(&pool), used, place).give_back();
    let last = pool.idle().last().map(|connection| connection.used).unwrap();
    let tried = connect().await;
    assert!(tried.used >= last);
    pool.put_back(tried);
    assert_eq!(pool.take().map(|connection| connection.used), Some(last));
}
