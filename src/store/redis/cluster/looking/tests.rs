use std::net::TcpListener;

use super::*;
use crate::store::{
    alarms::Alarms,
    redis::{cluster::Cluster, connections::RedisConnections, link::LinkOptions, tls::Tls},
};

/// A cluster of which nobody is there.
fn gone() -> Cluster {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let seed = Endpoint::parse(&format!("redis://{}", listener.local_addr().unwrap()), &Tls::default()).unwrap();
    let options = LinkOptions {
        connect_timeout: Duration::from_secs(2),
        command_timeout: Duration::from_secs(2),
        max_in_flight: 1,
        connections: RedisConnections::OnePerProcess,
    };
    Cluster::new(
        seed.clone(),
        vec![seed],
        options,
        Arc::default(),
        Arc::new(Alarms::of("Redis")),
    )
}

/// The milliseconds between looks; `asks` has somebody want one after each.
async fn between_looks(asks: bool) -> Vec<u128> {
    let cluster = gone();
    let shared = &cluster.shared;
    let mut looks = shared.map.subscribe();
    let looking = tokio::spawn(keep_looking(Arc::downgrade(shared), Arc::clone(&shared.wake)));
    let mut times = Vec::new();
    for _ in 0..8 {
        looks.changed().await.unwrap();
        assert_eq!(looks.borrow_and_update().failure(), Some(StoreError::Unavailable));
        times.push(Instant::now());
        if asks {
            shared.look();
        }
    }
    looking.abort();
    // The timer has a step of a millisecond.
    let whole = |two: &[Instant]| two.last().unwrap().duration_since(two[0]).as_millis() / 10 * 10;
    times.windows(2).map(whole).collect()
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_gone_is_looked_for_more_and_more_seldom_down_to_once_a_second() {
    assert_eq!(between_looks(true).await, [200, 400, 800, 1000, 1000, 1000, 1000]);
}

#[tokio::test(start_paused = true)]
async fn a_cluster_that_is_gone_is_looked_for_although_nobody_asks() {
    assert_eq!(between_looks(false).await, [700, 900, 1300, 1500, 1500, 1500, 1500]);
}
