//! A registration as bytes in a database.

use actix_smart_auth::{
    error::UnsealError,
    registration::ClientRegistration,
    store::{SealError, SealingKeys},
};

use super::{New, metadata, secrets};

fn keys(byte: u8) -> SealingKeys {
    SealingKeys::from_bytes([std::array::from_fn(|at| byte ^ u8::try_from(at * 7).unwrap())]).unwrap()
}

#[actix_web::test]
async fn a_registration_that_was_kept_is_the_same_and_can_still_be_managed() {
    let new = New::start();
    let registration = new.registered().await;
    let sealed = registration.seal(&keys(1)).unwrap();
    for secret in secrets(&registration) {
        assert!(!String::from_utf8_lossy(&sealed).contains(&secret));
    }
    let kept = ClientRegistration::unseal(&keys(1), &sealed).unwrap();
    assert_eq!(format!("{kept:?}"), format!("{registration:?}"));
    assert_eq!(secrets(&kept), secrets(&registration));
    assert_eq!(kept.members(), registration.members());
    assert_eq!(kept.changes(), registration.changes());
    assert_eq!(kept.client_id_issued_at(), registration.client_id_issued_at());
    let changed = new.registrar().update(&kept, &metadata()).await.unwrap();
    new.registrar().delete(&changed).await.unwrap();
}

#[actix_web::test]
async fn bytes_that_were_changed_or_sealed_with_other_keys_are_no_registration() {
    let sealed = New::start().registered().await.seal(&keys(1)).unwrap();
    let error = ClientRegistration::unseal(&keys(2), &sealed).unwrap_err();
    assert_eq!(error, UnsealError::Seal(SealError::UnknownKey));
    let mut changed = sealed;
    *changed.last_mut().unwrap() ^= 1;
    let error = ClientRegistration::unseal(&keys(1), &changed).unwrap_err();
    assert_eq!(error, UnsealError::Seal(SealError::Corrupt));
}
