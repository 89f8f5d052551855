//! Real processes with one Redis between them.
//!
//! Skipped, with a line that says so, unless `REDIS_URL` names a server.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    SmartConfig,
    sandbox::{Fault, FaultPoint, SandboxServer, SelfRegistration, Times, When},
    store::{RedisStore, TokenStore},
};

use super::{INITIAL, builder, keys, launched, registrations};
use crate::support::{
    one_of_several::{OneOfSeveral, Told},
    redis_url,
};

const ONE: OneOfSeveral = OneOfSeveral {
    test: "registration::first_use::redis::one_of_several",
    variable: "FIRST_USE_ONE_OF_SEVERAL",
    before_result: "client=",
};
const LAUNCHES: usize = 20;

fn config(told: &Told) -> SmartConfig {
    let store = RedisStore::builder(&told.redis)
        .sealing_keys(keys(3))
        .prefix(&told.prefix)
        .build();
    builder(&told.base)
        .store(TokenStore::new(store.unwrap()))
        .build()
        .unwrap()
}

/// What one of several processes does: many launch at once, and it prints the client of each.
#[actix_web::test]
async fn one_of_several() {
    let Some(told) = ONE.told() else { return };
    let config = config(&told);
    let launching: Vec<_> = (0..LAUNCHES)
        .map(|_| {
            let (config, base) = (config.clone(), told.base.clone());
            actix_web::rt::spawn(async move { launched(&config, &base).await })
        })
        .collect();
    for one in launching {
        one.await.unwrap();
        let kept = config.kept_registrations().of(&told.base).await.unwrap().unwrap();
        ONE.say(kept.client_id());
    }
}

struct Several {
    sandbox: SandboxServer,
    told: Told,
}

impl Several {
    fn start(redis: &str) -> Self {
        let sandbox = crate::support::strict_ehr()
            .self_registration(SelfRegistration::WithToken(INITIAL.to_owned()))
            .start()
            .unwrap();
        Self {
            told: Told::new(sandbox.fhir_base_url(), redis),
            sandbox,
        }
    }

    /// Another process, which is this one.
    fn here(&self) -> SmartConfig {
        config(&self.told)
    }

    /// What the server has of it is sealed, and stays for years.
    async fn shows_no_secret(&self) {
        let kept = self.here().kept_registrations();
        let kept = kept.of(&self.sandbox.fhir_base_url()).await.unwrap().unwrap();
        let Told { redis, prefix, .. } = &self.told;
        let mut connection = redis::Client::open(redis.as_str()).unwrap().get_connection().unwrap();
        let pattern = format!("{prefix}*:value:*");
        let names: Vec<String> = redis::cmd("KEYS").arg(pattern).query(&mut connection).unwrap();
        assert_eq!(names.len(), 1, "{names:?}");
        let fields: Vec<Vec<u8>> = redis::cmd("HGETALL").arg(&names[0]).query(&mut connection).unwrap();
        let shown = [names[0].as_bytes(), &fields.concat()].concat();
        let mut secrets = super::super::secrets(&kept);
        secrets.push(kept.client_id().to_owned());
        for secret in secrets {
            let found = shown.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in {}", names[0]);
        }
        let seconds: i64 = redis::cmd("TTL").arg(&names[0]).query(&mut connection).unwrap();
        assert!(seconds > 700 * 86_400, "{seconds}");
    }
}

#[actix_web::test]
async fn eighty_launches_in_four_processes_make_one_registration() {
    let Some(redis) = redis_url() else { return };
    let several = Several::start(&redis);
    let slow = Fault::Delay(Duration::from_secs(1));
    several
        .sandbox
        .inject(FaultPoint::Registration, When::Before, slow, Times::Always);
    let got = ONE.results_of(4, &several.told).await;
    assert_eq!(got.len(), 4 * LAUNCHES);
    assert_eq!(got.into_iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(registrations(&several.sandbox).len(), 1);
    several.shows_no_secret().await;
}

/// It is found out by nothing but its silence.
#[actix_web::test]
async fn the_process_that_registers_is_killed_and_another_one_registers_after_fifteen_seconds() {
    let Some(redis) = redis_url() else { return };
    let several = Several::start(&redis);
    let hanging = Fault::Hang(Duration::from_secs(60));
    several
        .sandbox
        .inject(FaultPoint::Registration, When::After, hanging, Times::Once);
    ONE.killed_when(&several.told, || registrations(&several.sandbox).len() == 1)
        .await;
    let began = Instant::now();
    // A person who waits too long reads that it does not work now, and tries again.
    let config = several.here();
    let base = several.sandbox.fhir_base_url();
    while actix_smart_auth::SmartClient::for_ehr(&config, &base).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(30));
        actix_web::rt::time::sleep(Duration::from_millis(500)).await;
    }
    let got = ONE.results_of(1, &several.told).await;
    assert_eq!((got.len(), registrations(&several.sandbox).len()), (LAUNCHES, 2));
}
