//! A publisher that accepts connections and never answers.

use std::{net::TcpListener, time::Duration};

use actix_smart_auth::{SmartClient, SmartConfig, brands::BrandDirectory, error::EhrLookupError};
use actix_web::rt::time::timeout;

use super::{answer, builder, chooser::page, one, registration};
use crate::support::{Logs, RawServer, clock};

/// Far less than the 120 s that a fetch may take, far more than what is done at once.
const SOON: Duration = Duration::from_secs(60);

struct Hanging {
    _publisher: TcpListener,
    address: String,
}

impl Hanging {
    fn start() -> Self {
        let publisher = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/hanging.json", publisher.local_addr().unwrap());
        Self {
            _publisher: publisher,
            address,
        }
    }
}

fn config(directory: BrandDirectory) -> SmartConfig {
    builder(&clock()).brands(directory).build().unwrap()
}

#[actix_web::test]
async fn a_hanging_bundle_takes_nothing_away_of_another_wherever_it_stands() {
    for hanging_first in [false, true] {
        let (good, hanging) = (RawServer::start(), Hanging::start());
        good.answer(answer(200, "", &one("North Hospital")));
        let (first, second) = match hanging_first {
            true => (&hanging.address, &good.origin),
            false => (&good.origin, &hanging.address),
        };
        let config = config(BrandDirectory::new(first, registration).and_bundle(second));
        let (status, body) = timeout(SOON, page(&config, "")).await.unwrap();
        assert_eq!(status, 200, "{body}");
        assert!(body.contains("North Hospital"), "{body}");
        let found = timeout(SOON, SmartClient::for_ehr(&config, "https://north.example/fhir")).await;
        assert!(found.unwrap().is_ok());
        assert_eq!(good.connections(), 1);
    }
}

#[actix_web::test]
async fn an_ehr_that_may_be_in_a_hanging_bundle_is_unavailable_and_the_log_names_the_bundle() {
    let logs = Logs::collect();
    let (good, hanging) = (RawServer::start(), Hanging::start());
    good.answer(answer(200, "", &one("North Hospital")));
    let secret = format!("{}?key=k-e-y", hanging.address);
    let config = config(BrandDirectory::new(&good.origin, registration).and_bundle(secret));
    let asked = timeout(SOON, SmartClient::for_ehr(&config, "https://south.example/fhir")).await;
    assert!(matches!(asked.unwrap(), Err(EhrLookupError::Unavailable)));
    let (status, body) = timeout(SOON, page(&config, "south")).await.unwrap();
    assert_eq!(status, 503, "{body}");
    let text = logs.text();
    assert!(text.contains(&hanging.address) && !text.contains("k-e-y"), "{text}");
}
