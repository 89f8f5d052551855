use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use super::*;

const EHR: &str = "https://ehr.example/one";
const NEIGHBOUR: &str = "https://ehr.example/two";

/// Takes so many places, all of which are free.
async fn take(places: &Places, kind: PlaceKind, count: usize) -> Vec<Place> {
    let mut taken = Vec::new();
    for _ in 0..count {
        taken.push(places.take(EHR, kind).await.unwrap());
    }
    taken
}

type Waiting = tokio::task::JoinHandle<Result<Place, Busy>>;

/// Begins to wait for a place, and tells `order` when it has one.
async fn wait(places: &Places, kind: PlaceKind, name: &'static str, order: &Order) -> Waiting {
    let (places, order) = (places.clone(), order.clone());
    let waiting = tokio::spawn(async move {
        let place = places.take(EHR, kind).await;
        order.0.lock().unwrap().push(name);
        place
    });
    tokio::task::yield_now().await;
    waiting
}

/// Who was served, in which order.
#[derive(Clone, Default)]
struct Order(Arc<Mutex<Vec<&'static str>>>);

impl Order {
    async fn so_far(&self) -> Vec<&'static str> {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.0.lock().unwrap().clone()
    }
}

fn is_refused_at_once(places: &Places, ehr: &str, kind: PlaceKind) -> bool {
    let is_full = places.would_refuse(ehr, kind).is_some();
    let mut taking = pin!(places.take(ehr, kind));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let refused = matches!(taking.as_mut().poll(&mut context), Poll::Ready(Err(_)));
    assert_eq!(is_full, refused);
    refused
}

#[tokio::test(start_paused = true)]
async fn sixty_four_requests_go_at_once_and_the_next_waits() {
    let places = Places::default();
    let taken = take(&places, PlaceKind::Refresh, 64).await;
    let order = Order::default();
    let waiting = wait(&places, PlaceKind::Refresh, "next", &order).await;
    assert!(order.so_far().await.is_empty());
    drop(taken);
    assert_eq!(order.so_far().await, ["next"]);
    assert!(waiting.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn exchanges_hold_at_most_half_and_leave_the_rest_to_refreshes() {
    let places = Places::default();
    let exchanges = take(&places, PlaceKind::Exchange, 32).await;
    let order = Order::default();
    let waiting = wait(&places, PlaceKind::Exchange, "exchange", &order).await;
    let refreshes = take(&places, PlaceKind::Refresh, 32).await;
    assert!(order.so_far().await.is_empty());
    drop(refreshes);
    assert!(
        order.so_far().await.is_empty(),
        "room for refreshes is no room for exchanges"
    );
    drop(exchanges);
    assert!(waiting.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn exchanges_wait_where_refreshes_hold_all_places() {
    let places = Places::default();
    let mut refreshes = take(&places, PlaceKind::Refresh, 64).await;
    let order = Order::default();
    let waiting = wait(&places, PlaceKind::Exchange, "exchange", &order).await;
    assert!(order.so_far().await.is_empty());
    refreshes.pop();
    assert!(waiting.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_free_place_goes_to_refreshes_first_and_within_a_kind_to_whoever_came_first() {
    let places = Places::default();
    let mut exchanges = take(&places, PlaceKind::Exchange, 32).await;
    let _refreshes = take(&places, PlaceKind::Refresh, 32).await;
    let order = Order::default();
    let mut waiting = Vec::new();
    for (kind, name) in [
        (PlaceKind::Exchange, "first exchange"),
        (PlaceKind::Exchange, "second exchange"),
        (PlaceKind::Refresh, "first refresh"),
        (PlaceKind::Refresh, "second refresh"),
    ] {
        waiting.push(wait(&places, kind, name, &order).await);
    }
    let expected = ["first refresh", "second refresh", "first exchange", "second exchange"];
    for served in 1..=4 {
        exchanges.pop();
        assert_eq!(order.so_far().await, expected[..served]);
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_wait_and_one_more_is_refused_at_once() {
    for (kind, at_once, queue) in [
        (PlaceKind::Refresh, 64, 64),
        (PlaceKind::Exchange, 32, 32),
        (PlaceKind::Introspection, 16, 1_024),
        (PlaceKind::CallerToken, 8, 256),
        (PlaceKind::Hook, 32, 0),
        (PlaceKind::Signature, 64, 128),
    ] {
        let places = Places::default();
        let _taken = take(&places, kind, at_once).await;
        let order = Order::default();
        let mut waiting = Vec::new();
        for _ in 0..queue {
            assert!(!is_refused_at_once(&places, EHR, kind), "{kind:?}");
            waiting.push(wait(&places, kind, "waiting", &order).await);
        }
        assert!(is_refused_at_once(&places, EHR, kind), "{kind:?}");
        assert!(!is_refused_at_once(&places, NEIGHBOUR, kind), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_five_seconds() {
    let places = Places::default();
    let _taken = take(&places, PlaceKind::Refresh, 64).await;
    let began = Instant::now();
    let busy = places.take(EHR, PlaceKind::Refresh).await.unwrap_err();
    assert_eq!(began.elapsed().as_secs(), 5);
    assert_eq!(busy.retry_after, Duration::from_secs(5));
    assert!(
        places.would_refuse(EHR, PlaceKind::Refresh).is_none(),
        "it has left the queue"
    );
}

#[tokio::test(start_paused = true)]
async fn a_place_that_gets_free_just_before_the_end_of_the_five_seconds_is_taken() {
    let places = Places::default();
    let taken = take(&places, PlaceKind::Refresh, 64).await;
    let order = Order::default();
    let waiting = wait(&places, PlaceKind::Refresh, "waiting", &order).await;
    tokio::time::sleep(Duration::from_millis(4_990)).await;
    drop(taken);
    assert!(waiting.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_the_time_to_wait_is_how_long_requests_took_from_one_to_thirty_seconds() {
    for (took, said) in [(0, 1), (1_000, 1), (12_000, 12), (30_000, 30), (59_000, 30)] {
        let places = Places::default();
        let mut taken = take(&places, PlaceKind::Refresh, 64).await;
        tokio::time::sleep(Duration::from_millis(took)).await;
        taken.pop();
        let _last = places.take(EHR, PlaceKind::Refresh).await.unwrap();
        let busy = places.take(EHR, PlaceKind::Refresh).await.unwrap_err();
        assert_eq!(busy.retry_after.as_secs(), said, "{took} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn introspections_say_nothing_of_how_long_token_requests_take_nor_they_of_them() {
    for (slow, quick) in [
        (PlaceKind::Introspection, PlaceKind::Exchange),
        (PlaceKind::Refresh, PlaceKind::Introspection),
    ] {
        let places = Places::default();
        // As long as anything is under way, the EHR is remembered.
        let mut under_way = take(&places, slow, 2).await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        under_way.pop();
        let mut taken = take(&places, quick, if quick == PlaceKind::Exchange { 32 } else { 16 }).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        taken.pop();
        let _last = places.take(EHR, quick).await.unwrap();
        let busy = places.take(EHR, quick).await.unwrap_err();
        assert_eq!(busy.retry_after.as_secs(), 2, "{quick:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_fhir_base_url_written_in_another_way_is_the_same_registration() {
    let places = Places::default();
    let taken = take(&places, PlaceKind::Refresh, 64).await;
    for spelling in ["https://ehr.example/one/", "HTTPS://EHR.example:443/one"] {
        assert!(places.take(spelling, PlaceKind::Refresh).await.is_err(), "{spelling}");
    }
    let order = Order::default();
    let waiting: Vec<_> = {
        let mut waiting = Vec::new();
        for _ in 0..64 {
            waiting.push(wait(&places, PlaceKind::Refresh, "waiting", &order).await);
        }
        waiting
    };
    assert!(is_refused_at_once(
        &places,
        "https://ehr.example/one/",
        PlaceKind::Refresh
    ));
    drop(taken);
    for place in waiting {
        assert!(place.await.unwrap().is_ok());
    }
    assert!(places.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_goes_away_while_waiting_leaves_no_hole() {
    let places = Places::default();
    let mut taken = take(&places, PlaceKind::Refresh, 64).await;
    let order = Order::default();
    let gone = wait(&places, PlaceKind::Refresh, "gone", &order).await;
    let patient = wait(&places, PlaceKind::Refresh, "patient", &order).await;
    gone.abort();
    assert!(gone.await.is_err());
    taken.pop();
    assert_eq!(order.so_far().await, ["patient"]);
    assert!(patient.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_place_that_was_given_and_not_picked_up_is_passed_on() {
    let places = Places::default();
    let mut taken = take(&places, PlaceKind::Refresh, 64).await;
    let order = Order::default();
    let patient;
    {
        let mut gone = Box::pin(places.take(EHR, PlaceKind::Refresh));
        poll_fn(|cx| {
            assert!(gone.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        patient = wait(&places, PlaceKind::Refresh, "patient", &order).await;
        taken.pop();
        assert!(order.so_far().await.is_empty(), "the place is that of the first");
    }
    assert_eq!(order.so_far().await, ["patient"]);
    assert!(patient.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn registrations_do_not_wait_for_each_other() {
    let places = Places::default();
    let _hanging = take(&places, PlaceKind::Refresh, 64).await;
    let began = Instant::now();
    assert!(places.take(NEIGHBOUR, PlaceKind::Refresh).await.is_ok());
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn introspections_take_no_place_from_token_requests_nor_they_from_them() {
    let places = Places::default();
    let introspections = take(&places, PlaceKind::Introspection, 16).await;
    let token_requests = take(&places, PlaceKind::Refresh, 64).await;
    drop(introspections);
    let _more = take(&places, PlaceKind::Introspection, 16).await;
    drop(token_requests);
}

#[tokio::test(start_paused = true)]
async fn registrations_that_nobody_asks_any_more_are_forgotten() {
    let places = Places::default();
    for number in 0..1_000 {
        drop(
            places
                .take(format!("https://ehr-{number}.example").as_str(), PlaceKind::Exchange)
                .await,
        );
    }
    assert!(places.lock().is_empty());
    // Also after somebody waited in vain, and after somebody went away.
    let taken = take(&places, PlaceKind::Exchange, 32).await;
    assert!(places.take(EHR, PlaceKind::Exchange).await.is_err());
    let order = Order::default();
    let gone = wait(&places, PlaceKind::Exchange, "gone", &order).await;
    gone.abort();
    let _ = gone.await;
    assert_eq!(places.lock().len(), 1);
    drop(taken);
    assert!(places.lock().is_empty());
}

#[test]
fn places_are_never_more_than_there_are_however_many_threads_come_and_go() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let places = Places::default();
    let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let (places, now, most) = (&places, &now, &most);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .unwrap();
                let local = tokio::task::LocalSet::new();
                local.block_on(&runtime, async {
                    let visits = (0..40_u64).map(|number| async move {
                        let kind = [PlaceKind::Refresh, PlaceKind::Exchange][(number % 2) as usize];
                        let patience = Duration::from_micros((thread * 40 + number) * 50 % 3_000);
                        if let Ok(Ok(_place)) = timeout(patience, places.take(EHR, kind)).await {
                            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            tokio::task::yield_now().await;
                            now.fetch_sub(1, Ordering::SeqCst);
                        }
                    });
                    let visits: Vec<_> = visits.map(Box::pin).collect();
                    let mut visits: Vec<_> = visits.into_iter().map(Some).collect();
                    poll_fn(|cx| {
                        for slot in &mut visits {
                            if let Some(visit) = slot
                                && visit.as_mut().poll(cx).is_ready()
                            {
                                *slot = None;
                            }
                        }
                        if visits.iter().all(Option::is_none) {
                            Poll::Ready(())
                        } else {
                            Poll::Pending
                        }
                    })
                    .await;
                });
            });
        }
    });
    assert!(most.load(Ordering::SeqCst) <= 64);
    assert!(places.lock().is_empty(), "nothing is left over");
}

#[tokio::test(start_paused = true)]
async fn an_ehr_gets_as_many_token_requests_at_once_as_its_registration_says() {
    let places = Places::default();
    let desk = Desk {
        ehr: EHR,
        token_requests: 3,
    };
    let exchanges = [
        places.take(desk, PlaceKind::Exchange).await.unwrap(),
        places.take(desk, PlaceKind::Exchange).await.unwrap(),
    ];
    let refresh = places.take(desk, PlaceKind::Refresh).await.unwrap();
    let (mut served, mut refused) = (Vec::new(), 0);
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let places = places.clone();
        waiting.spawn(async move { places.take(desk, PlaceKind::Refresh).await });
    }
    tokio::task::yield_now().await;
    drop((exchanges, refresh));
    while let Some(place) = waiting.join_next().await {
        match place.unwrap() {
            Ok(place) => served.push(place),
            Err(Busy { .. }) => refused += 1,
        }
    }
    assert_eq!((served.len(), refused), (3, 1));
}
