use super::*;

#[test]
fn a_panic_under_a_lock_does_not_close_the_store() {
    let shards = Shards::new(1, || 7);
    let panicked = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let _guard = shards.lock(&[0; 32]);
                panic!("on purpose");
            })
            .join()
    });
    assert!(panicked.is_err());
    assert_eq!(*shards.lock(&[0; 32]), 7);
}
