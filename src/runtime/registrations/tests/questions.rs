//! Questions that are under way while others ask, go away, or want what is known forgotten.

use super::*;

#[test]
fn many_who_ask_at_once_are_one_question() {
    let (config, tenants, _) = set_up();
    block_on(async {
        let all = (0..50).map(|_| {
            let config = config.clone();
            tokio::spawn(async move { config.runtime().ehr(NORTH).await.is_ok() })
        });
        for one in all.collect::<Vec<_>>() {
            assert!(one.await.unwrap());
        }
    });
    assert_eq!(tenants.asked(), 1);
}

/// Somebody who asks for NORTH.
fn asking(config: &SmartConfig) -> tokio::task::JoinHandle<Result<Arc<Ehr>, EhrLookupError>> {
    let runtime = Arc::clone(config.runtime());
    tokio::spawn(async move { runtime.ehr(NORTH).await })
}

#[test]
fn a_question_goes_on_when_the_one_who_asked_has_gone() {
    let (config, tenants, _) = set_up();
    tenants.become_(Mood::Held);
    block_on(async {
        let first = asking(&config);
        eventually("the resolver is asked", || tenants.asked() == 1).await;
        let second = asking(&config);
        tokio::task::yield_now().await;
        first.abort();
        tenants.released.store(true, Ordering::SeqCst);
        assert_eq!(second.await.unwrap().unwrap().client_id(), "held");
    });
    assert_eq!(tenants.asked(), 1);
}

#[test]
fn an_answer_that_was_asked_for_before_it_was_to_be_forgotten_is_not_kept() {
    for asks_between in [false, true] {
        let (config, tenants, _) = set_up();
        tenants.become_(Mood::Held);
        block_on(async {
            let before = asking(&config);
            eventually("the resolver is asked", || tenants.asked() == 1).await;
            tenants.become_(Mood::Good);
            config.forget_resolved(NORTH);
            if asks_between {
                let new = asking(&config).await.unwrap().unwrap();
                assert_eq!(new.client_id(), "north", "it is asked anew at once");
            }
            tenants.released.store(true, Ordering::SeqCst);
            assert_eq!(before.await.unwrap().unwrap().client_id(), "held");
            let kept = asking(&config).await.unwrap().unwrap();
            assert_eq!((kept.client_id(), tenants.asked()), ("north", 2), "{asks_between}");
        });
    }
}
