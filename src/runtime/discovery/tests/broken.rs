//! Connections that break before the answer is complete.

use super::*;

/// Answers request number n (from 0) with the n-th of these, ever after with the last; an empty one hangs up.
fn one_per_connection(answers: Vec<Vec<u8>>) -> Loopback {
    let next = std::sync::atomic::AtomicUsize::new(0);
    Loopback::start(move |conn| {
        if conn.request().is_some() {
            let number = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            conn.send(&answers[number.min(answers.len() - 1)]);
        }
    })
}

fn is_disconnected(error: &DiscoveryError) -> bool {
    let source = TransportError::Disconnected;
    matches!(error, DiscoveryError::Transport { source: it, .. } if *it == source)
}

#[test]
fn a_first_fetch_whose_connection_broke_is_tried_once_more_on_a_new_one() {
    let whole = good();
    let half_a_head = whole[..20].to_vec();
    for broken in [Vec::new(), half_a_head] {
        let server = one_per_connection(vec![broken, whole.clone()]);
        assert!(setup().get(&server).is_ok());
        assert_eq!((server.requests().len(), server.connections()), (2, 2));
    }
}

#[test]
fn it_is_tried_once_more_and_not_twice_and_then_the_failure_is_remembered() {
    let server = one_per_connection(vec![Vec::new(), Vec::new(), good()]);
    let setup = setup();
    for _ in 0..2 {
        assert!(is_disconnected(&setup.get(&server).unwrap_err()));
        assert_eq!(server.requests().len(), 2);
    }
    setup.advance(5);
    assert!(setup.get(&server).is_ok());
}

#[test]
fn the_connection_of_a_redirect_may_break_too_and_only_one_of_them() {
    let redirect = answer("302 F", &["Location: /elsewhere"], "");
    let server = one_per_connection(vec![redirect.clone(), Vec::new(), good()]);
    assert!(setup().get(&server).is_ok());
    let paths: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.split(' ').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(
        paths,
        ["/fhir/.well-known/smart-configuration", "/elsewhere", "/elsewhere"]
    );

    let server = one_per_connection(vec![Vec::new(), redirect, Vec::new(), good()]);
    assert!(is_disconnected(&setup().get(&server).unwrap_err()));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn where_there_is_an_earlier_document_it_is_used_at_once() {
    let server = one_per_connection(vec![good(), Vec::new(), good()]);
    let setup = setup();
    let first = setup.get(&server).unwrap();
    setup.advance(24 * 3600 + 1);
    assert!(Arc::ptr_eq(&setup.get(&server).unwrap(), &first));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn where_the_earlier_document_lacks_something_it_is_tried_once_more_and_not_twice() {
    let setup = setup();
    let wanted = |server: &Loopback| DocumentRequest::<ServerMetadata>::metadata_of(&server.fhir_base());
    let server = one_per_connection(vec![good(), Vec::new(), good()]);
    let first = setup.get(&server).unwrap();
    let newer = block_on(setup.cache.newer_than(&first, &wanted(&server)));
    assert!(matches!(newer, Ok(Newer::Fetched(_))), "{newer:?}");
    assert_eq!(server.requests().len(), 3);

    let server = one_per_connection(vec![good(), Vec::new(), Vec::new(), good()]);
    let first = setup.get(&server).unwrap();
    let newer = block_on(setup.cache.newer_than(&first, &wanted(&server)));
    assert!(is_disconnected(&newer.unwrap_err()));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn what_was_answered_or_took_too_long_is_not_asked_again() {
    let server = one_per_connection(vec![answer("500 E", &[], ""), good()]);
    assert_eq!(setup().get(&server).unwrap_err().status(), Some(500));
    assert_eq!(server.requests().len(), 1);

    let slow = Loopback::start(|conn| {
        conn.request();
        std::thread::sleep(Duration::from_secs(10));
    });
    let settings = DiscoverySettings {
        timeout: Duration::from_secs(1),
        ..SETTINGS
    };
    let setup = setup_with(
        TransportChoice::shipped(HttpClient::Awc, TransportSettings::default()),
        settings,
    );
    let error = setup.get(&slow).unwrap_err();
    assert!(matches!(
        error,
        DiscoveryError::Transport {
            source: TransportError::Timeout,
            ..
        }
    ));
    slow.wait_for_requests(1);
    assert_eq!((slow.requests().len(), slow.connections()), (1, 1));
}
