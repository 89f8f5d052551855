//! What only the narrow reading of the specification refuses: each check alone, in a sandbox as real EHRs are, and left out.

use actix_smart_auth::sandbox::{SandboxBuilder, SandboxServer, StrictCheck, Strictness};
use actix_smart_auth::time::{Clock as _, ManualClock};
use serde_json::json;

use crate::support::*;

/// What a client does that one check is against. Returns the description of the refusal; `None` when it was taken.
async fn done(check: StrictCheck, builder: SandboxBuilder) -> Option<String> {
    let clock = ManualClock::default();
    let kind = kind_for(check);
    let sandbox = builder.clock(clock.clone()).client(client(kind)).start().unwrap();
    let request = authorization(&sandbox);
    let authorized = |request: Form| {
        let endpoint = sandbox.authorization_endpoint();
        async move { request.get(&endpoint).await.location("error_description") }
    };
    let token = sandbox.token_endpoint();
    match check {
        StrictCheck::StateLength => authorized(request.with("state", "123456789012345678901")).await,
        StrictCheck::StateOnce => {
            code_for(&sandbox, &request).await;
            let challenge = challenge(&"b".repeat(43));
            authorized(
                request
                    .with("nonce", "another-nonce")
                    .with("code_challenge", &challenge),
            )
            .await
        }
        StrictCheck::Nonce => authorized(request.without("nonce")).await,
        StrictCheck::NonceOnce => {
            code_for(&sandbox, &request).await;
            let challenge = challenge(&"b".repeat(43));
            authorized(
                request
                    .with("state", &STATE.replace('0', "1"))
                    .with("code_challenge", &challenge),
            )
            .await
        }
        StrictCheck::Challenge => {
            let request = request.without("code_challenge").without("code_challenge_method");
            authorized(request).await
        }
        StrictCheck::ChallengeOnce => {
            code_for(&sandbox, &request).await;
            authorized(
                request
                    .with("state", &STATE.replace('0', "1"))
                    .with("nonce", "another-nonce"),
            )
            .await
        }
        StrictCheck::NothingSecretByBrowser => authorized(request.with("code_verifier", VERIFIER)).await,
        StrictCheck::ExactAudience => authorized(request.with("aud", &format!("{}/", sandbox.fhir_base_url()))).await,
        StrictCheck::ScopeGrammar => authorized(request.with("scope", &format!("{SCOPE} email"))).await,
        StrictCheck::FhirUserWithOpenid => authorized(request.with("scope", "launch/patient fhirUser")).await,
        StrictCheck::LaunchWithItsScope => authorized(request.with("scope", &format!("{SCOPE} launch"))).await,
        StrictCheck::LaunchOfThisClient => {
            sandbox.register_launch_url("another-app", LAUNCH);
            authorized(of_ehr_launch(&sandbox, request)).await
        }
        StrictCheck::OneClientId => {
            let form = refresh("unknown").with("client_id", CLIENT);
            refused(form.post(&token, &[("authorization", &basic(CLIENT, SECRET))]).await)
        }
        StrictCheck::SecretInHeader => {
            let form = refresh("unknown")
                .with("client_id", CLIENT)
                .with("client_secret", SECRET);
            refused(form.post(&token, &[]).await)
        }
        StrictCheck::NothingSecretOfPublicClients => refused(
            refresh("unknown")
                .post(&token, &[("authorization", &basic(CLIENT, ""))])
                .await,
        ),
        StrictCheck::ClientIdOnRefresh => {
            let first = tokens(kind, &sandbox, &clock, &request).await;
            refused(refresh(&first.text("refresh_token")).post(&token, &[]).await)
        }
        StrictCheck::AssertionType | StrictCheck::AssertionAudience | StrictCheck::AssertionAge => {
            let assertion = Assertion::new(kind, &sandbox, &clock);
            let assertion = match check {
                StrictCheck::AssertionType => assertion.header(|header| header.typ = None),
                StrictCheck::AssertionAudience => assertion.claim("aud", json!([sandbox.token_endpoint()])),
                _ => assertion.claim("iat", json!(clock.now().as_secs() - 301)),
            };
            refused(assertion.attach(&refresh("unknown")).post(&token, &[]).await)
        }
        StrictCheck::OddValues => {
            let code = code_for(&sandbox, &request).await;
            ['+', '/', '=']
                .iter()
                .all(|odd| code.contains(*odd))
                .then(|| "(strict check odd-values)".to_owned())
        }
        other => panic!("nothing is done against {other:?}"),
    }
}

fn kind_for(check: StrictCheck) -> Kind {
    match check {
        StrictCheck::OneClientId | StrictCheck::SecretInHeader => Kind::Secret,
        StrictCheck::AssertionType | StrictCheck::AssertionAudience | StrictCheck::AssertionAge => Kind::Ec,
        _ => Kind::Public,
    }
}

fn of_ehr_launch(sandbox: &SandboxServer, request: Form) -> Form {
    let url = url::Url::parse(&sandbox.ehr_launch_url(LAUNCH, "bruno-fixture", None)).unwrap();
    let launch = url
        .query_pairs()
        .find(|(name, _)| name == "launch")
        .unwrap()
        .1
        .into_owned();
    request
        .with("launch", &launch)
        .with("scope", "launch openid patient/*.rs")
}

/// Why the client was not let in, or the request not carried out. An unknown refresh token comes after all of these checks.
fn refused(answer: Answer) -> Option<String> {
    let is_taken = answer.status == 200 || answer.json()["error"] == "invalid_grant";
    (!is_taken).then(|| answer.text("error_description"))
}

#[actix_web::test]
async fn each_check_is_made_as_specified_and_its_refusal_names_it() {
    for check in StrictCheck::ALL {
        let builder = SandboxServer::builder().strictness(Strictness::AsSpecified);
        let why = done(check, builder)
            .await
            .unwrap_or_else(|| panic!("{check:?} refuses nothing"));
        assert!(
            why.ends_with(&format!("(strict check {})", check.name())),
            "{check:?}: {why}"
        );
    }
}

#[actix_web::test]
async fn each_check_can_be_made_alone() {
    for check in StrictCheck::ALL {
        let why = done(check, SandboxServer::builder().strict_check(check)).await;
        assert!(why.is_some(), "{check:?} refuses nothing");
    }
}

#[actix_web::test]
async fn real_ehrs_make_none_of_them() {
    for check in StrictCheck::ALL {
        assert_eq!(done(check, SandboxServer::builder()).await, None, "{check:?}");
    }
}

#[actix_web::test]
async fn each_check_can_be_left_out() {
    for check in StrictCheck::ALL {
        let builder = SandboxServer::builder().strictness(Strictness::AsSpecified);
        assert_eq!(
            done(check, builder.without_strict_check(check)).await,
            None,
            "{check:?}"
        );
    }
}

#[actix_web::test]
async fn a_strictness_takes_the_place_of_single_checks() {
    let builder = SandboxServer::builder().strict_check(StrictCheck::Nonce);
    assert_eq!(
        done(StrictCheck::Nonce, builder.strictness(Strictness::AsRealEhrs)).await,
        None
    );
}

#[actix_web::test]
async fn a_running_sandbox_can_become_as_specified() {
    let sandbox = SandboxServer::builder().client(client(Kind::Public)).start().unwrap();
    let request = authorization(&sandbox).without("nonce");
    code_for(&sandbox, &request).await;
    sandbox.set_strictness(Strictness::AsSpecified);
    let answer = request
        .with("state", &STATE.replace('0', "1"))
        .get(&sandbox.authorization_endpoint())
        .await;
    assert_eq!(answer.location("error").as_deref(), Some("invalid_request"));
}

#[actix_web::test]
async fn a_page_that_is_loaded_again_before_the_answer_is_no_second_authorization() {
    let builder = SandboxServer::builder().strictness(Strictness::AsSpecified);
    let sandbox = builder
        .mode(actix_smart_auth::sandbox::Mode::Interactive)
        .client(client(Kind::Public))
        .start()
        .unwrap();
    let request = authorization(&sandbox);
    for _ in 0..2 {
        assert_eq!(request.get(&sandbox.authorization_endpoint()).await.status, 200);
    }
}

#[actix_web::test]
async fn real_ehrs_refuse_what_breaks_the_rules_and_name_no_check() {
    let sandbox = SandboxServer::builder().client(client(Kind::Public)).start().unwrap();
    let refused = async |error: &str, text: &str, request: Form| {
        let answer = request.get(&sandbox.authorization_endpoint()).await;
        answer.is_redirected(error, &filled(text, &sandbox));
    };
    let good = || authorization(&sandbox);
    let error = "invalid_request";
    refused(error, "state is missing.", good().without("state")).await;
    let method = "code_challenge_method has to be S256.";
    refused(error, method, good().with("code_challenge_method", "plain")).await;
    refused(error, method, good().without("code_challenge_method")).await;
    refused(error, "code_challenge is missing.", good().without("code_challenge")).await;
    refused(error, "aud is missing; it has to be {fhir}", good().without("aud")).await;
    refused(
        error,
        "Bad audience value: aud is https://ehr.example.com/fhir and has to be {fhir}",
        good().with("aud", "https://ehr.example.com/fhir"),
    )
    .await;
    refused(
        "invalid_scope",
        "None of these scopes can be granted: this server gives launch, identity, patient/ and user/ scopes.",
        good().with("scope", "email"),
    )
    .await;
}

#[actix_web::test]
async fn without_a_challenge_no_verifier_is_taken() {
    let sandbox = SandboxServer::builder().client(client(Kind::Public)).start().unwrap();
    let request = authorization(&sandbox)
        .without("code_challenge")
        .without("code_challenge_method");
    let code = code_for(&sandbox, &request).await;
    let form = exchange(&code).with("client_id", CLIENT);
    form.post(&sandbox.token_endpoint(), &[]).await.is_refusal(
        400,
        "invalid_grant",
        "There is a code_verifier, and the authorization request had no code_challenge.",
    );
    let code = code_for(&sandbox, &request).await;
    let form = exchange(&code).with("client_id", CLIENT).without("code_verifier");
    assert_eq!(form.post(&sandbox.token_endpoint(), &[]).await.status, 200);
}

#[actix_web::test]
async fn a_secret_in_the_body_is_also_good_for_a_token_of_the_application_itself() {
    for (builder, is_taken) in [
        (SandboxServer::builder(), true),
        (
            SandboxServer::builder().strict_check(StrictCheck::SecretInHeader),
            false,
        ),
    ] {
        let sandbox = builder.client(client(Kind::Secret).and_backend()).start().unwrap();
        let form = Form::of(&[
            ("grant_type", "client_credentials"),
            ("scope", "system/*.rs"),
            ("client_id", CLIENT),
        ]);
        let send = async |secret| {
            let form = form.clone().with("client_secret", secret);
            form.post(&sandbox.token_endpoint(), &[]).await
        };
        match is_taken {
            true => assert_eq!(send(SECRET).await.status, 200),
            false => send(SECRET).await.is_error(401, "invalid_client"),
        }
        send("wrong").await.is_error(401, "invalid_client");
    }
}

#[actix_web::test]
async fn only_a_public_client_is_known_by_its_refresh_token() {
    let clock = ManualClock::default();
    let sandbox = SandboxServer::builder()
        .clock(clock.clone())
        .client(client(Kind::Secret))
        .start()
        .unwrap();
    let first = tokens(Kind::Secret, &sandbox, &clock, &authorization(&sandbox)).await;
    let answer = refresh(&first.text("refresh_token"))
        .post(&sandbox.token_endpoint(), &[])
        .await;
    answer.is_refusal(
        401,
        "invalid_client",
        "The request does not say which client sent it: client_id is missing.",
    );
}

#[actix_web::test]
async fn the_audience_of_an_assertion_may_be_the_issuer_and_no_other_server() {
    let clock = ManualClock::default();
    let sandbox = SandboxServer::builder()
        .clock(clock.clone())
        .client(client(Kind::Ec))
        .start()
        .unwrap();
    for (audience, error) in [
        (json!(sandbox.fhir_base_url()), "invalid_grant"),
        (
            json!(["https://other.example.com", sandbox.fhir_base_url()]),
            "invalid_grant",
        ),
        (json!(["https://other.example.com"]), "invalid_client"),
        (json!([]), "invalid_client"),
    ] {
        let assertion = Assertion::new(Kind::Ec, &sandbox, &clock).claim("aud", audience);
        let answer = assertion
            .attach(&refresh("unknown"))
            .post(&sandbox.token_endpoint(), &[])
            .await;
        assert_eq!(answer.json()["error"], error, "{answer:?}");
    }
}

#[actix_web::test]
async fn a_typ_of_something_else_is_refused_by_real_ehrs() {
    let clock = ManualClock::default();
    let sandbox = SandboxServer::builder()
        .clock(clock.clone())
        .client(client(Kind::Ec))
        .start()
        .unwrap();
    for (typ, error) in [("jwt", "invalid_grant"), ("at+jwt", "invalid_client")] {
        let assertion = Assertion::new(Kind::Ec, &sandbox, &clock).header(|header| header.typ = Some(typ.to_owned()));
        let answer = assertion
            .attach(&refresh("unknown"))
            .post(&sandbox.token_endpoint(), &[])
            .await;
        assert_eq!(answer.json()["error"], error, "{answer:?}");
    }
}

#[actix_web::test]
async fn scopes_that_are_unknown_are_left_out_of_the_grant_and_so_is_launch_alone() {
    let clock = ManualClock::default();
    let sandbox = SandboxServer::builder()
        .clock(clock.clone())
        .client(client(Kind::Public))
        .start()
        .unwrap();
    let request = authorization(&sandbox).with("scope", &format!("email launch {SCOPE}"));
    let granted = tokens(Kind::Public, &sandbox, &clock, &request).await.text("scope");
    assert_eq!(granted, SCOPE);
}

#[actix_web::test]
async fn a_launch_without_its_scope_gives_the_context() {
    let clock = ManualClock::default();
    let sandbox = SandboxServer::builder()
        .clock(clock.clone())
        .client(client(Kind::Public))
        .start()
        .unwrap();
    let request = of_ehr_launch(&sandbox, authorization(&sandbox)).with("scope", "openid patient/*.rs");
    let answer = tokens(Kind::Public, &sandbox, &clock, &request).await;
    assert_eq!(answer.text("patient"), "bruno-fixture");
}

#[actix_web::test]
async fn a_launch_of_the_own_launch_url_is_taken_as_specified() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.register_launch_url(CLIENT, LAUNCH);
    code_for(&sandbox, &of_ehr_launch(&sandbox, authorization(&sandbox))).await;
}

#[actix_web::test]
async fn a_launch_url_of_two_applications_is_of_neither() {
    let (sandbox, _) = sandbox(Kind::Public);
    sandbox.register_launch_url("another-app", LAUNCH);
    sandbox.register_launch_url("a-third-app", LAUNCH);
    code_for(&sandbox, &of_ehr_launch(&sandbox, authorization(&sandbox))).await;
}
