//! A Redis server that is there already.

/// The server that the environment names. Says so when there is none.
pub(crate) fn redis_url() -> Option<String> {
    let url = std::env::var("REDIS_URL").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        println!("skipped: set REDIS_URL to run this against a Redis server");
    }
    url
}
