//! A flow that outlives the process: its values go through sealed bytes.

use actix_smart_auth::{
    Authorized, PendingAuthorization, SmartClient, StartOptions,
    error::{FinishError, UnsealError},
    store::{SealError, SealingKeys},
};

use super::sign_in;
use crate::support::{App, Profile};

fn keys(byte: u8) -> SealingKeys {
    SealingKeys::from_bytes([std::array::from_fn(|at| byte ^ u8::try_from(at * 7).unwrap())]).unwrap()
}

#[actix_web::test]
async fn a_sign_in_begun_before_a_restart_is_finished_and_refreshed_after_it() {
    for profile in Profile::ALL {
        let app = App::builder().profile(profile).start();
        let client = SmartClient::new(&app.config).unwrap();
        let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
        let sealed = pending.seal(&keys(1)).unwrap();
        drop(pending);

        let pending = PendingAuthorization::unseal(&keys(1), &sealed).unwrap();
        let authorized = client.finish(pending, &query).await.unwrap();
        let sealed = authorized.seal(&keys(1)).unwrap();
        let again = Authorized::unseal(&keys(1), &sealed).unwrap();
        assert_eq!(again.token_response(), None, "what the answer was like is not kept");
        let before = format!("{authorized:?}").replace("report: Some({})", "report: None");
        assert_eq!(format!("{again:?}"), before);
        app.advance(3400);
        let refreshed = client.refresh(&again).await.unwrap();
        assert_eq!(
            refreshed.tokens().context(),
            authorized.tokens().context(),
            "{profile:?}"
        );
    }
}

#[actix_web::test]
async fn a_copy_finishes_no_second_time_and_no_other_callback() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let sealed = pending.seal(&keys(1)).unwrap();
    let copy = || PendingAuthorization::unseal(&keys(1), &sealed).unwrap();
    let error = client.finish(copy(), "state=guessed&code=x").await.unwrap_err().error;
    assert!(matches!(error, FinishError::StateMismatch), "{error:?}");
    client.finish(copy(), &query).await.unwrap();
    let error = client.finish(copy(), &query).await.unwrap_err().error;
    assert!(
        matches!(error, FinishError::Token(_)),
        "the EHR refuses a used code: {error:?}"
    );
}

#[actix_web::test]
async fn what_was_changed_or_sealed_otherwise_does_not_open() {
    let app = App::start();
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let sealed = pending.seal(&keys(1)).unwrap();
    let of = |keys: &SealingKeys, bytes: &[u8]| PendingAuthorization::unseal(keys, bytes).unwrap_err();
    assert_eq!(of(&keys(2), &sealed), UnsealError::Seal(SealError::UnknownKey));
    let mut changed = sealed.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert!(matches!(of(&keys(1), &changed), UnsealError::Seal(_)));
    assert!(matches!(of(&keys(1), b""), UnsealError::Seal(_)));
    let authorized = client.finish(pending, &query).await.unwrap();
    let of_another_kind = authorized.seal(&keys(1)).unwrap();
    assert!(matches!(of(&keys(1), &of_another_kind), UnsealError::Seal(_)));
    assert!(Authorized::unseal(&keys(1), &sealed).is_err());
    let text = String::from_utf8_lossy(&of_another_kind).into_owned();
    assert!(!text.contains(authorized.tokens().access_token().expose_secret()));
}
