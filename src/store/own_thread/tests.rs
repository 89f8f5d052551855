use tokio::sync::oneshot;

use super::*;

#[tokio::test]
async fn a_thread_that_the_system_refuses_is_an_error_and_no_panic() {
    // More than there are addresses.
    let builder = thread::Builder::new().stack_size(1 << 47);
    assert!(start(builder, std::future::pending).is_err());
}

#[tokio::test]
async fn work_is_done_there_until_the_thread_ends() {
    let (end, ended) = oneshot::channel::<()>();
    let name = "the thread of a test";
    let runtime = start(thread::Builder::new().name(name.to_owned()), || async {
        let _ = ended.await;
    });
    let named = runtime
        .unwrap()
        .spawn(async { thread::current().name().map(str::to_owned) });
    assert_eq!(named.await.unwrap().as_deref(), Some(name));
    drop(end);
}
