//! One registration, whoever comes first, and how many at once.

use std::time::Duration;

use actix_smart_auth::{
    Ehr, PrivateKey, PrivateKeyJwt, SmartClient,
    error::EhrLookupError,
    sandbox::{Fault, FaultPoint, SelfRegistration, Times, When},
};

use super::{CALLBACK, INITIAL, LAUNCH_SCOPES, New, customer, launched, retry_after, used};
use crate::support::{Customer, PRIVATE_KEY};

#[actix_web::test]
async fn the_first_launch_registers_and_all_later_ones_use_it_in_every_process() {
    let new = New::start();
    let first = new.process();
    let authorized = launched(&first, &new.base()).await;
    assert_eq!(authorized.tokens().context().patient(), Some("amber-testwood"));
    launched(&first, &new.base()).await;
    launched(&new.process(), &new.base()).await;
    new.clock.advance(Duration::from_secs(61));
    launched(&first, &new.base()).await;
    assert_eq!(new.registrations().len(), 1);
    let kept = first.kept_registrations().of(&new.base()).await.unwrap().unwrap();
    assert_eq!(new.sandbox.client_ids(), [kept.client_id().to_owned()]);
    SmartClient::for_ehr(&first, &new.base())
        .await
        .unwrap()
        .refresh(&authorized)
        .await
        .unwrap();
}

#[actix_web::test]
async fn twenty_launches_at_once_in_four_processes_make_one_registration() {
    let new = New::start();
    let pause = Fault::Delay(Duration::from_millis(300));
    new.sandbox
        .inject(FaultPoint::Registration, When::Before, pause, Times::Always);
    let processes: Vec<_> = (0..4).map(|_| new.process()).collect();
    let launching: Vec<_> = (0..20)
        .map(|number| {
            let (config, base) = (processes[number % 4].clone(), new.base());
            actix_web::rt::spawn(async move { launched(&config, &base).await })
        })
        .collect();
    for one in launching {
        one.await.unwrap();
    }
    assert_eq!(new.registrations().len(), 1);
    assert_eq!(new.sandbox.client_ids().len(), 1);
}

#[actix_web::test]
async fn a_client_with_a_key_and_a_backend_register_themselves_too() {
    let new = New::start();
    let key = || PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY));
    let customer = Customer {
        auth: key().into(),
        ..customer(&new.base())
    };
    let config = new.builder().register_at_first_use(customer).build().unwrap();
    launched(&config, &new.base()).await;
    assert!(config.jwks().unwrap().contains("ec-1"));

    // One that only works for itself.
    #[derive(Debug)]
    struct Job(String);
    impl actix_smart_auth::registration::FirstUse for Job {
        fn to_register<'a>(
            &'a self,
            asked: &'a actix_smart_auth::resolver::FhirBaseUrl,
        ) -> actix_smart_auth::resolver::ResolveFuture<'a, Option<actix_smart_auth::registration::ToRegister>> {
            Box::pin(async move {
                let ehr = Ehr::builder(&self.0)
                    .client_auth(PrivateKeyJwt::new("ec-1", PrivateKey::pem(PRIVATE_KEY)))
                    .backend_scopes("system/Patient.rs");
                let metadata = actix_smart_auth::registration::ClientMetadata::for_ehr("Nightly", &ehr)?.build()?;
                let to_register = actix_smart_auth::registration::ToRegister::new(ehr, metadata);
                Ok(asked
                    .matches(&self.0)
                    .then(|| to_register.initial_access_token(INITIAL)))
            })
        }
    }
    let other = New::start();
    let config = other
        .builder()
        .register_at_first_use(Job(other.base()))
        .build()
        .unwrap();
    let token = config.backend(&other.base()).token().await.unwrap();
    assert_eq!(token.granted_scopes().to_string(), "system/Patient.rs");
    assert_eq!(other.registrations().len(), 1);
}

#[actix_web::test]
async fn at_an_ehr_that_the_application_does_not_name_nothing_is_registered_and_nothing_fetched() {
    let new = New::start();
    let stranger = crate::support::strict_ehr()
        .self_registration(SelfRegistration::Open)
        .start()
        .unwrap();
    let error = used(&new.process(), &stranger.fhir_base_url()).await;
    assert_eq!(error.unwrap_err(), EhrLookupError::NotRegistered);
    assert_eq!(stranger.received_requests().len(), 0);
    // Nor is a host reached that is not public and was not named.
    let inside = actix_smart_auth::SmartConfig::builder()
        .redirect_uri(CALLBACK)
        .register_at_first_use(customer(&new.base()))
        .build()
        .unwrap();
    retry_after(used(&inside, &new.base()).await);
    assert_eq!(new.sandbox.received_requests().len(), 0);
}

#[actix_web::test]
async fn what_the_configuration_has_wins() {
    let new = New::start();
    let config = new.process();
    let ehr = Ehr::builder(new.base())
        .client_id("by-hand")
        .redirect_uri(CALLBACK)
        .scopes(LAUNCH_SCOPES);
    config.put_ehr(ehr).unwrap();
    new.sandbox
        .register(actix_smart_auth::sandbox::SandboxClient::public("by-hand", CALLBACK));
    launched(&config, &new.base()).await;
    assert_eq!(new.registrations().len(), 0);
}
