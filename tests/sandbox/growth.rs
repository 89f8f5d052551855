//! A sandbox that runs for months does not grow.

use std::time::Duration;

use actix_smart_auth::sandbox::SandboxClient;

use crate::support::*;

const DAY: Duration = Duration::from_secs(24 * 3600);
const HOUR: Duration = Duration::from_secs(3600);
/// What is over is looked for from so many on.
const MANY: usize = 2_000;

#[actix_web::test]
async fn grants_are_forgotten_a_day_after_the_last_of_their_tokens_was_over_and_those_that_can_be_renewed_stay() {
    let (sandbox, clock) = sandbox(Kind::Public);
    sandbox.register(SandboxClient::secret("job", CALLBACK, "s3cret").and_backend());
    let renewable = tokens(Kind::Public, &sandbox, &clock, &authorization(&sandbox)).await;
    let form = Form::of(&[("grant_type", "client_credentials"), ("scope", "system/Patient.r")]);
    let basic = basic("job", "s3cret");
    let (form, headers, url) = (&form, [("authorization", basic.as_str())], sandbox.token_endpoint());
    let ask = || async { form.post(&url, &headers).await.text("access_token") };
    for _ in 2..MANY {
        ask().await;
    }
    clock.advance(HOUR + DAY - Duration::from_secs(1));
    let last = ask().await;
    assert_eq!(sandbox.grants().len(), MANY);
    clock.advance(Duration::from_secs(1));
    ask().await;
    let left = sandbox.grants();
    let clients: Vec<&str> = left.iter().map(|grant| grant.client_id.as_str()).collect();
    assert!(clients.len() < 10, "{} are left", clients.len());
    assert_eq!(clients, [CLIENT, "job", "job"]);
    assert_eq!(sandbox.grant_of_token(&last), Some(1));
    let again = post_as(
        Kind::Public,
        &sandbox,
        &clock,
        &url,
        &refresh(&renewable.text("refresh_token")),
    )
    .await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(sandbox.grants()[0].refreshes, 1);
    sandbox.revoke_grant(2);
    assert!(sandbox.grants()[2].revoked);
}
