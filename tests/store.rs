//! The stores of this crate keep what a token store promises.

use actix_smart_auth::store::{MemoryStore, acceptance};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_memory_store_keeps_every_promise_of_a_token_store() {
    acceptance::run(|clock| MemoryStore::new().timed_by(clock)).await;
}
