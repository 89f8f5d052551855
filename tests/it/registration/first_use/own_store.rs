//! Registrations in a table of the application, and what stands in it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_smart_auth::{
    SmartConfig,
    error::EhrLookupError,
    registration::{RegistrationStore, RegistrationStoreFuture, acceptance},
};

use super::{New, builder, keys, launched, used};
use crate::support::Logs;

/// A table, which is broken at times.
#[derive(Debug, Clone, Default)]
pub(super) struct Table(Arc<Mutex<Rows>>);

#[derive(Debug, Default)]
struct Rows {
    rows: HashMap<String, Vec<u8>>,
    /// Everything that was ever written.
    written: Vec<Vec<u8>>,
    is_broken: bool,
    is_blocking: bool,
}

impl Table {
    fn set_broken(&self, is_broken: bool) {
        self.0.lock().unwrap().is_broken = is_broken;
    }

    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Rows) -> T + Send + 'static,
    ) -> RegistrationStoreFuture<'_, T> {
        Box::pin(async move {
            let mut rows = self.0.lock().map_err(|_| "poisoned")?;
            if rows.is_blocking {
                std::thread::sleep(Duration::from_millis(50));
            }
            if rows.is_broken {
                return Err("the database is away".into());
            }
            Ok(work(&mut rows))
        })
    }
}

impl RegistrationStore for Table {
    fn load<'a>(&'a self, ehr: &'a str) -> RegistrationStoreFuture<'a, Option<Vec<u8>>> {
        let ehr = ehr.to_owned();
        self.work(move |rows| rows.rows.get(&ehr).cloned())
    }

    fn swap<'a>(
        &'a self,
        ehr: &'a str,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> RegistrationStoreFuture<'a, bool> {
        let ehr = ehr.to_owned();
        self.work(move |rows| {
            if rows.rows.get(&ehr) != expected.as_ref() {
                return false;
            }
            match value {
                Some(value) => {
                    rows.written.push(value.clone());
                    rows.rows.insert(ehr, value);
                }
                None => drop(rows.rows.remove(&ehr)),
            }
            true
        })
    }
}

fn process(new: &New, table: &Table) -> SmartConfig {
    builder(&new.base())
        .clock(new.clock.clone())
        .registration_store(table.clone())
        .sealing_keys(keys(1))
        .build()
        .unwrap()
}

#[actix_web::test]
async fn the_table_of_this_test_is_one_that_the_crate_accepts() {
    acceptance::run(Arc::new(Table::default())).await;
}

#[actix_web::test]
async fn a_registration_survives_the_token_store() {
    let (new, table) = (New::start(), Table::default());
    // Each has a token store of its own.
    table.0.lock().unwrap().is_blocking = true;
    launched(&process(&new, &table), &new.base()).await;
    launched(&process(&new, &table), &new.base()).await;
    assert_eq!(new.registrations().len(), 1);
    let names: Vec<_> = table.0.lock().unwrap().rows.keys().cloned().collect();
    assert_eq!(names, [new.base()]);
    let kept = process(&new, &table).kept_registrations();
    assert!(kept.forget(&new.base()).await.unwrap());
    assert!(table.0.lock().unwrap().rows.is_empty());
}

#[actix_web::test]
async fn sealing_keys_can_be_changed() {
    let (new, table) = (New::start(), Table::default());
    let one = |byte: u8| std::array::from_fn(|at| byte ^ u8::try_from(at * 7).unwrap());
    let with = |bytes: &[u8]| {
        let keys = actix_smart_auth::store::SealingKeys::from_bytes(bytes.iter().map(|byte| one(*byte)));
        builder(&new.base())
            .clock(new.clock.clone())
            .registration_store(table.clone())
            .sealing_keys(keys.unwrap())
            .build()
            .unwrap()
    };
    for keys in [&[1][..], &[1, 2], &[2, 1], &[2]] {
        launched(&with(keys), &new.base()).await;
    }
    assert_eq!(new.registrations().len(), 1);
}

#[actix_web::test]
async fn while_the_table_is_away_nothing_is_registered() {
    let (new, table) = (New::start(), Table::default());
    table.set_broken(true);
    let config = process(&new, &table);
    let error = used(&config, &new.base()).await;
    assert_eq!(error.unwrap_err(), EhrLookupError::Unavailable);
    assert_eq!(new.registrations().len(), 0);
    table.set_broken(false);
    new.clock.advance(Duration::from_secs(3));
    launched(&config, &new.base()).await;
}

#[actix_web::test]
async fn a_store_of_ones_own_needs_keys_that_survive_a_restart() {
    let new = New::start();
    let error = builder(&new.base())
        .registration_store(Table::default())
        .build()
        .unwrap_err();
    assert_eq!(error.missing(), ["registration_sealing_keys"]);
    assert!(error.to_string().contains("sealing_keys"), "{error}");
}

#[actix_web::test]
async fn no_secret_stands_in_the_table_the_token_store_the_log_or_a_debug_text() {
    let logs = Logs::collect();
    let (new, table) = (New::start(), Table::default());
    let config = process(&new, &table);
    launched(&config, &new.base()).await;
    let in_token_store = new.process();
    launched(&in_token_store, &new.base()).await;
    let mut secrets = Vec::new();
    for config in [&config, &in_token_store] {
        let registration = config.kept_registrations().of(&new.base()).await.unwrap().unwrap();
        secrets.extend(super::super::secrets(&registration));
    }
    assert_eq!(secrets.len(), 6);
    let mut written = table.0.lock().unwrap().written.clone();
    assert!(written.len() >= 2, "the note, and the registration");
    written.extend(new.store.values());
    let debug = format!("{config:?} {:?} {:?}", config.kept_registrations(), in_token_store);
    let log = logs.text();
    for secret in secrets {
        for value in &written {
            assert!(!String::from_utf8_lossy(value).contains(&secret));
        }
        assert!(!debug.contains(&secret) && !log.contains(&secret));
    }
}
