//! Other credentials than those of the registration, for a call or two.

use actix_smart_auth::{
    ClientAuth, PrivateKey, PrivateKeyJwt,
    backend::{BackendClient, BackendError, BackendFailure},
    sandbox::SandboxClient,
};

use super::{CLIENT, Job, build, registration, text};

const SECRET: &str = "the-secret-of-now";

/// A job whose client has a secret at the EHR, and shows this one.
fn job_with(secret: &'static str) -> Job {
    let job = Job::with(|ehr| ehr);
    job.sandbox
        .register(SandboxClient::secret(CLIENT, "https://app.example/x", SECRET).and_backend());
    let ehr = registration(job.sandbox.fhir_base_url()).client_auth(ClientAuth::client_secret(secret));
    let config = build(&job.clock, &job.store, ehr);
    Job { config, ..job }
}

fn with(job: &Job, secret: &str) -> BackendClient {
    job.client().with_client_auth(ClientAuth::client_secret(secret))
}

async fn refusal(client: &BackendClient) -> BackendFailure {
    match client.token().await.unwrap_err() {
        BackendError::NoToken { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn a_token_that_the_registration_got_is_not_handed_out_for_other_credentials() {
    let job = job_with(SECRET);
    let token = job.token().await;
    assert_eq!(refusal(&with(&job, "wrong")).await, BackendFailure::ClientRefused);
    assert_eq!(text(&job.token().await), text(&token));
    assert_eq!(job.requests(), 2);
}

#[actix_web::test]
async fn other_credentials_are_tried_while_those_of_the_registration_are_refused() {
    let job = job_with("not-any-more");
    assert_eq!(refusal(&job.client()).await, BackendFailure::ClientRefused);
    let new = with(&job, SECRET);
    let token = new.token().await.unwrap();
    assert_eq!(refusal(&job.client()).await, BackendFailure::ClientRefused);
    // One token for all who show the same, in every process that shares the store.
    let ehr = registration(job.sandbox.fhir_base_url()).client_auth(ClientAuth::client_secret("not-any-more"));
    let other = build(&job.clock, &job.store, ehr).backend(&job.sandbox.fhir_base_url());
    let other = other.with_client_auth(ClientAuth::client_secret(SECRET));
    for client in [&new, &with(&job, SECRET), &other] {
        assert_eq!(text(&client.token().await.unwrap()), text(&token));
    }
    assert_eq!(job.requests(), 2);
}

#[actix_web::test]
async fn credentials_that_cannot_be_used_are_not_sent() {
    let job = Job::start();
    let broken = PrivateKeyJwt::new("ec-2", PrivateKey::pem("no key"));
    let error = job.client().with_client_auth(broken).token().await.unwrap_err();
    assert_eq!(error, BackendError::UnusableCredentials);
    assert_eq!(job.requests(), 0);
}
