//! Two processes, launches in PostgreSQL.

use actix_smart_auth::store::PostgresStore;

use crate::{
    fleet::Fleet,
    mix::{Ends, Mix},
    setup::{Postgres, sealing_keys},
    support::{postgres_server::PostgresServer, postgres_url::postgres_url},
};

async fn run(ends: Ends) {
    let mut own = None;
    let url = match postgres_url() {
        Some(url) => url,
        None => {
            println!("looking for PostgreSQL on this machine instead");
            let Some(server) = PostgresServer::start(&[]) else {
                return;
            };
            own.insert(server).url()
        }
    };
    let postgres = Postgres {
        schema: format!("bleed_{:016x}", rand::random::<u64>()),
        url,
    };
    let builder = PostgresStore::builder(&postgres.url).schema(&postgres.schema);
    let store = builder.sealing_keys(sealing_keys(&[1])).build().unwrap();
    store.migrate().await.unwrap();
    let fleet = Fleet::processes(2, |setup| setup.postgres = Some(postgres));
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
