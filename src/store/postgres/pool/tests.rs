use tokio::time::timeout;

use super::*;
use crate::store::postgres::{
    connection::Purpose,
    fake_server::{FakeServer, LIMIT},
};

#[tokio::test]
async fn no_more_connections_wait_than_there_are_places_for() {
    let server = FakeServer::start();
    let target = server.target();
    let connect = async || target.connect(Purpose::Migration).await.unwrap();
    let pool = Arc::new(Pool::new(2, LIMIT, None));
    let lent = Lent::new(
        Arc::clone(&pool),
        connect().await,
        pool.place(Work::Reads).await.unwrap(),
    );
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
    Lent::new(Arc::clone(&pool), taken, pool.place(Work::Reads).await.unwrap()).discard();
    pool.put_back(connect().await);
    assert_eq!(pool.idle().len(), 2);
}

#[tokio::test]
async fn the_connection_that_was_used_last_is_lent_first_and_one_that_was_put_back_last() {
    let server = FakeServer::start();
    let target = server.target();
    let connect = async || target.connect(Purpose::Migration).await.unwrap();
    let pool = Arc::new(Pool::new(3, LIMIT, None));
    let used = connect().await;
    let place = pool.place(Work::Reads).await.unwrap();
    Lent::new(Arc::clone(&pool), used, place).give_back();
    let last = pool.idle().last().map(|connection| connection.used).unwrap();
    let tried = connect().await;
    assert!(tried.used >= last);
    pool.put_back(tried);
    assert_eq!(pool.take().map(|connection| connection.used), Some(last));
}

#[tokio::test]
async fn writes_that_hang_leave_connections_to_reads() {
    for (most, writes) in [(1, 1), (2, 1), (3, 1), (4, 2), (10, 8)] {
        let pool = Pool::new(most, LIMIT, None);
        let mut hanging = Vec::new();
        while let Ok(Some(place)) = timeout(Duration::ZERO, pool.place(Work::Writes)).await {
            hanging.push(place);
        }
        assert_eq!(hanging.len(), writes, "of {most}");
        let mut reading = Vec::new();
        while let Ok(Some(place)) = timeout(Duration::ZERO, pool.place(Work::Reads)).await {
            reading.push(place);
        }
        assert_eq!(reading.len(), most - writes, "of {most}");
    }
}
