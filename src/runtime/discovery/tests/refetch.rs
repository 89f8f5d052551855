//! A document that lacks something is fetched anew, in bounds.

use super::*;
use crate::runtime::discovery::entries::{Entries, MOST_DOCUMENTS};

fn wanted(server: &Loopback) -> DocumentRequest<ServerMetadata> {
    DocumentRequest::metadata_of(&server.fhir_base())
}

impl Setup {
    fn newer_than(
        &self,
        seen: &Arc<ServerMetadata>,
        server: &Loopback,
    ) -> Result<Newer<ServerMetadata>, DiscoveryError> {
        block_on(self.cache.newer_than(seen, &wanted(server)))
    }
}

fn fetched(newer: Result<Newer<ServerMetadata>, DiscoveryError>) -> Arc<ServerMetadata> {
    match newer {
        Ok(Newer::Fetched(document)) => document,
        other => panic!("{other:?}"),
    }
}

fn is_too_soon(newer: &Result<Newer<ServerMetadata>, DiscoveryError>) -> bool {
    matches!(newer, Ok(Newer::TooSoon))
}

#[test]
fn who_misses_something_gets_a_later_document_and_so_does_everybody_else() {
    let server = Loopback::always(good());
    let setup = setup();
    let first = setup.get(&server).unwrap();
    let second = fetched(setup.newer_than(&first, &server));
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(Arc::ptr_eq(&second, &setup.get(&server).unwrap()));
    assert!(
        Arc::ptr_eq(&second, &fetched(setup.newer_than(&first, &server))),
        "what came in since the miss is taken without a request"
    );
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn the_server_is_asked_again_once_per_ten_seconds_at_most() {
    let server = Loopback::always(good());
    let setup = setup();
    let first = setup.get(&server).unwrap();
    let second = fetched(setup.newer_than(&first, &server));
    for _ in 0..100 {
        assert!(is_too_soon(&setup.newer_than(&second, &server)));
    }
    setup.advance(9);
    assert!(is_too_soon(&setup.newer_than(&second, &server)));
    assert_eq!(server.requests().len(), 2);
    setup.advance(1);
    let third = fetched(setup.newer_than(&second, &server));
    assert!(is_too_soon(&setup.newer_than(&third, &server)));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_who_miss_something_at_once_share_one_request() {
    let server = Loopback::always(good());
    let setup = setup();
    let first = setup.cache.get(&wanted(&server)).await.unwrap();
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let (cache, first, wanted) = (setup.cache.clone(), Arc::clone(&first), wanted(&server));
            tokio::spawn(async move { cache.newer_than(&first, &wanted).await })
        })
        .collect();
    for answer in asking {
        fetched(answer.await.unwrap());
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_fetch_that_began_before_the_miss_does_not_count_as_the_newest() {
    let (open, wait) = gate();
    let first_one = std::sync::atomic::AtomicBool::new(true);
    let server = Loopback::start(move |conn| {
        while conn.request().is_some() {
            if !first_one.swap(false, std::sync::atomic::Ordering::SeqCst) {
                wait();
            }
            conn.send(&good());
        }
    });
    let setup = setup();
    let first = setup.cache.get(&wanted(&server)).await.unwrap();
    setup.advance(3600);
    let (cache, request) = (setup.cache.clone(), wanted(&server));
    let due = tokio::spawn(async move { cache.get(&request).await });
    server.wait_for_requests(2);
    let (cache, request) = (setup.cache.clone(), wanted(&server));
    let missing = tokio::spawn(async move { cache.newer_than(&first, &request).await });
    open.send(()).unwrap();
    let second = fetched(missing.await.unwrap());
    assert!(Arc::ptr_eq(&second, &due.await.unwrap().unwrap()));
    open.send(()).unwrap();
    let third = fetched(setup.cache.newer_than(&second, &wanted(&server)).await);
    assert!(!Arc::ptr_eq(&second, &third));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn while_the_server_is_away_the_last_good_document_stays_and_the_miss_is_a_failure() {
    let server = in_turn(vec![good(), answer("503 Busy", &[], ""), good()]);
    let setup = setup();
    let first = setup.get(&server).unwrap();
    for _ in 0..2 {
        assert_eq!(setup.newer_than(&first, &server).unwrap_err().status(), Some(503));
        assert!(Arc::ptr_eq(&first, &setup.get(&server).unwrap()));
    }
    assert_eq!(server.requests().len(), 2, "a failure is remembered");
    setup.advance(9);
    assert!(
        is_too_soon(&setup.newer_than(&first, &server)),
        "the failure is forgotten, the interval is not over"
    );
    setup.advance(1);
    fetched(setup.newer_than(&first, &server));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_refetch_after_a_shutdown_is_a_failure_that_passes() {
    let server = Loopback::always(good());
    let setup = setup();
    let first = setup.get(&server).unwrap();
    block_on(setup.engine.shutdown(Duration::from_secs(5)));
    let error = setup.newer_than(&first, &server).unwrap_err();
    assert!(matches!(error, DiscoveryError::Interrupted { .. }), "{error}");
}

#[test]
fn headers_are_sent_and_keep_documents_apart() {
    let server = Loopback::always(good());
    let setup = setup();
    let of_client = |id: &str| wanted(&server).header("Epic-Client-ID", id);
    let one = block_on(setup.cache.get(&of_client("one"))).unwrap();
    let two = block_on(setup.cache.get(&of_client("two"))).unwrap();
    assert!(!Arc::ptr_eq(&one, &two));
    assert!(Arc::ptr_eq(
        &one,
        &block_on(setup.cache.get(&of_client("one"))).unwrap()
    ));
    let requests: Vec<_> = server.requests().iter().map(|it| it.to_ascii_lowercase()).collect();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].contains("\r\nepic-client-id: one\r\n"), "{}", requests[0]);
    assert!(requests[1].contains("\r\nepic-client-id: two\r\n"), "{}", requests[1]);
}

#[test]
fn the_document_that_was_not_asked_for_the_longest_makes_room() {
    let request = |number: usize| {
        let url = format!("https://ehr.example/{number}").parse().unwrap();
        DocumentRequest::<OpenIdConfiguration>::at(url)
    };
    let mut entries = Entries::<OpenIdConfiguration>::default();
    let mark = Some(crate::time::Timestamp::from_millis(1));
    entries.of(&request(0)).no_refetch_before = mark;
    entries.of(&request(1)).no_refetch_before = mark;
    for number in 2..MOST_DOCUMENTS {
        entries.of(&request(number));
    }
    assert_eq!(entries.of(&request(0)).no_refetch_before, mark);
    entries.of(&request(MOST_DOCUMENTS));
    assert_eq!(entries.len(), MOST_DOCUMENTS);
    assert_eq!(entries.of(&request(0)).no_refetch_before, mark, "asked for lately");
    assert_eq!(entries.of(&request(1)).no_refetch_before, None, "forgotten");
}
