//! A PostgreSQL server that is there already.

/// The database that the environment names. Says so when there is none.
pub(crate) fn postgres_url() -> Option<String> {
    let url = std::env::var("POSTGRES_URL").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        println!("skipped: set POSTGRES_URL to run this against a PostgreSQL server");
    }
    url
}
