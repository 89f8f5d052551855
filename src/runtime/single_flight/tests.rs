use super::*;

#[tokio::test]
async fn followers_get_the_result_of_the_leader_and_the_next_asker_leads_anew() {
    let flights = SingleFlight::<u8, u8>::default();
    let Joined::Leader(leader, own) = flights.join(1) else {
        panic!("the first asker leads")
    };
    let Joined::Waiter(other) = flights.join(1) else {
        panic!("the second follows")
    };
    assert!(
        matches!(flights.join(2), Joined::Leader(..)),
        "another key is another flight"
    );
    leader.complete(7);
    assert_eq!((own.result().await, other.result().await), (Some(7), Some(7)));
    assert!(matches!(flights.join(1), Joined::Leader(..)));
}

#[tokio::test]
async fn who_has_seen_a_result_is_never_handed_it_again() {
    for _ in 0..2_000 {
        let flights = Arc::new(SingleFlight::<u8, u8>::default());
        let Joined::Leader(leader, own) = flights.join(1) else {
            panic!("the first asker leads")
        };
        let landing = std::thread::spawn(move || leader.complete(7));
        assert_eq!(own.result().await, Some(7));
        assert!(matches!(flights.join(1), Joined::Leader(..)));
        landing.join().unwrap();
    }
}

#[tokio::test]
async fn a_flight_that_has_landed_does_not_take_the_next_one_down() {
    let flights = SingleFlight::<u8, u8>::default();
    let Joined::Leader(mut first, _) = flights.join(1) else {
        panic!("the first asker leads")
    };
    first.leave();
    let Joined::Leader(_second, _) = flights.join(1) else {
        panic!("the next asker leads")
    };
    drop(first);
    assert!(matches!(flights.join(1), Joined::Waiter(_)));
}

#[tokio::test]
async fn a_leader_that_dies_leaves_nobody_waiting() {
    let flights = SingleFlight::<u8, u8>::default();
    let Joined::Leader(leader, _) = flights.join(1) else {
        panic!("the first asker leads")
    };
    let Joined::Waiter(other) = flights.join(1) else {
        panic!("the second follows")
    };
    drop(leader);
    assert_eq!(other.result().await, None);
}
