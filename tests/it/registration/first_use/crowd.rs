//! Many EHRs that hang, and code of the application that fails.

use std::{
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_smart_auth::{
    Ehr, SmartConfig,
    error::EhrLookupError,
    registration::{ClientMetadata, FirstUse, ToRegister},
    resolver::{FhirBaseUrl, ResolveFuture},
    store::TokenStore,
};

use super::{CALLBACK, LAUNCH_SCOPES, New, builder, customer, used};
use crate::support::{Customer, Logs, eventually};

/// A server that takes connections and says nothing.
struct Silent {
    origin: String,
    connections: Arc<Mutex<Vec<TcpStream>>>,
}

impl Silent {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::<Mutex<Vec<_>>>::default();
        let taken = Arc::clone(&connections);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                taken.lock().unwrap().push(connection);
            }
        });
        Self { origin, connections }
    }

    fn ehr(&self, number: usize) -> String {
        format!("{}/ehr-{number}", self.origin)
    }
}

/// Customers at a server that hangs, and two at EHRs that do not.
#[derive(Debug)]
struct Customers {
    silent: String,
    others: [Customer; 2],
}

impl FirstUse for Customers {
    fn to_register<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<ToRegister>> {
        Box::pin(async move {
            for other in &self.others {
                if let Some(found) = other.to_register(asked).await? {
                    return Ok(Some(found));
                }
            }
            if !asked.normalized().starts_with(&self.silent) {
                return Ok(None);
            }
            let ehr = Ehr::builder(asked.normalized())
                .redirect_uri(CALLBACK)
                .scopes(LAUNCH_SCOPES);
            let metadata = ClientMetadata::for_ehr("Growth charts", &ehr)?.build()?;
            let endpoint = format!("{}/register", self.silent);
            Ok(Some(ToRegister::new(ehr, metadata).endpoint(endpoint)))
        })
    }
}

#[actix_web::test]
async fn ehrs_that_hang_while_they_register_keep_neither_new_nor_known_ones_waiting() {
    const HANGING: usize = 150;
    let logs = Logs::collect();
    let (known, new, silent) = (New::start(), New::start(), Silent::start());
    let config = builder(&new.base())
        .clock(new.clock.clone())
        .store(TokenStore::new(new.store.clone()))
        .register_at_first_use(Customers {
            silent: silent.origin.clone(),
            others: [customer(&known.base()), customer(&new.base())],
        })
        .build()
        .unwrap();
    let client_id = used(&config, &known.base()).await.unwrap();
    // Asked for again.
    new.clock.advance(Duration::from_secs(61));
    let hangs = || silent.connections.lock().unwrap().len();
    let mut hanging = Vec::new();
    // In groups: so many strangers at once may ask the application's code, however fast that answers.
    for number in 0..HANGING {
        let (config, base) = (config.clone(), silent.ehr(number));
        hanging.push(actix_web::rt::spawn(async move { used(&config, &base).await }));
        if hanging.len() % 30 == 0 {
            eventually("they hang", || hangs() == hanging.len()).await;
        }
    }
    assert_eq!(hangs(), HANGING);
    assert_eq!(used(&config, &known.base()).await, Ok(client_id));
    used(&config, &new.base()).await.unwrap();
    for one in hanging {
        assert!(one.await.unwrap().is_err());
    }
    let (log, origin) = (logs.text(), silent.origin);
    let about: Vec<_> = log.lines().filter(|line| line.contains(&origin)).collect();
    assert!(
        about.iter().any(|line| line.contains("takes long to register")),
        "{about:#?}"
    );
    assert!(!about.iter().any(|line| line.contains("resolver")), "{about:#?}");
}

/// Fails for one EHR, never answers for another, and panics for a third.
#[derive(Debug)]
struct Broken;

impl FirstUse for Broken {
    fn to_register<'a>(&'a self, asked: &'a FhirBaseUrl) -> ResolveFuture<'a, Option<ToRegister>> {
        Box::pin(async move {
            match asked.normalized() {
                "https://fails.example/fhir" => Err("the table of customers is away".into()),
                "https://hangs.example/fhir" => std::future::pending().await,
                _ => panic!("a mistake of the application"),
            }
        })
    }
}

#[actix_web::test]
async fn code_of_the_application_that_fails_is_called_by_its_name() {
    let config = SmartConfig::builder()
        .redirect_uri(CALLBACK)
        .register_at_first_use(Broken)
        .build()
        .unwrap();
    for ehr in ["fails", "hangs", "panics"] {
        let logs = Logs::collect();
        let base = format!("https://{ehr}.example/fhir");
        assert_eq!(used(&config, &base).await, Err(EhrLookupError::Unavailable));
        let log = logs.text();
        let about: Vec<_> = log.lines().filter(|line| line.contains(&base)).collect();
        let told = about
            .iter()
            .any(|line| line.contains("ERROR") && line.contains("`FirstUse::to_register`"));
        assert!(told, "{about:#?}");
        assert!(!about.iter().any(|line| line.contains("the resolver")), "{about:#?}");
    }
}
