//! Two processes, launches in Redis.

use crate::{
    fleet::Fleet,
    mix::{Ends, Mix},
    setup::{Redis, Servers},
    support::{redis_server::RedisServer, redis_url::redis_url},
};

/// A server to use, and the process that serves it when it is the test's own.
pub(crate) struct Store {
    pub(crate) url: String,
    _server: Option<RedisServer>,
}

impl Store {
    /// `None`, with a line that says so, where no server is available.
    pub(crate) fn any() -> Option<Self> {
        if let Some(url) = redis_url() {
            return Some(Self { url, _server: None });
        }
        println!("looking for redis-server instead");
        let server = RedisServer::start(&[])?;
        Some(Self {
            url: server.url(),
            _server: Some(server),
        })
    }
}

/// A part of a server that no other test uses, sealed.
pub(crate) fn fresh(url: &str) -> Redis {
    fresh_at(Servers::At(url.to_owned()))
}

/// The same of several servers.
pub(crate) fn fresh_at(servers: Servers) -> Redis {
    Redis {
        servers,
        prefix: format!("bleed-{:016x}:", rand::random::<u64>()),
        keys: vec![1],
    }
}

async fn run(ends: Ends) {
    let Some(store) = Store::any() else { return };
    let fleet = Fleet::processes(2, |setup| setup.redis = Some(fresh(&store.url)));
    let mut mix = Mix::open(fleet, ends).await;
    mix.run(async |_| {}).await;
    mix.assert_held();
}

#[actix_web::test]
async fn no_request_of_five_hundred_over_two_processes_sees_another_launch_than_that_of_its_path() {
    run(Ends {
        logs_out: 2,
        runs_out: 1,
    })
    .await;
}

/// The two launches of one patient are the ones that would be mistaken for each other.
#[actix_web::test]
async fn nor_when_one_of_two_launches_of_a_patient_runs_out() {
    run(Ends {
        logs_out: 1,
        runs_out: 0,
    })
    .await;
}
