//! The values that a program holds, and the errors that it gets: `Debug` and `Display` of all of them.

use std::{error::Error, fmt::Write as _, time::Duration};

use actix_smart_auth::{
    AuthorizationRedirect, Authorized, ClientAuth, Ehr, PendingAuthorization, PrivateKey, PrivateKeyJwt,
    RefreshOptions, SmartClient, SmartConfig, StartOptions,
    error::Unfinished,
    options::AuthorizeMethod,
    sandbox::{Endpoint, Fault, FaultPoint, ReceivedRequest, Times, When},
    secret::RefreshToken,
    transport::{HttpRequest, HttpResponse},
};
use url::Url;

use super::{CLIENT_SECRET, PATIENT, app, assert_nothing_leaked, client_auth, secrets::Secrets};
use crate::support::{App, Browser, Logs, PRIVATE_KEY, Profile, eventually};

/// Both forms of `Debug`, and for errors `Display` of the whole chain.
#[derive(Default)]
struct Shown(String);

impl Shown {
    fn value(&mut self, value: &dyn std::fmt::Debug) {
        write!(self.0, "{value:?}\n{value:#?}\n").unwrap();
    }

    fn error(&mut self, error: &dyn Error) {
        self.value(&error);
        let mut next = Some(error);
        while let Some(error) = next {
            writeln!(self.0, "{error}").unwrap();
            next = error.source();
        }
    }
}

/// Authorizes up to the query of the callback.
async fn begin(app: &App, shown: &mut Shown, secrets: &Secrets) -> (SmartClient, PendingAuthorization, String) {
    let client = SmartClient::new(&app.config).unwrap();
    let launch_url = Url::parse(&app.ehr_launch_url(PATIENT, None)).unwrap();
    let value = |name| {
        launch_url
            .query_pairs()
            .find(|(it, _)| it == name)
            .unwrap()
            .1
            .into_owned()
    };
    secrets.add("launch value", &value("launch"));
    let options = StartOptions::from_ehr(value("iss"), value("launch"));
    shown.value(&options);
    let (redirect, pending) = client.start(options).await.unwrap();
    shown.value(&(&client, &redirect, &pending, pending.state()));
    let AuthorizationRedirect::Get(url) = redirect else {
        panic!("{redirect:?}")
    };
    let callback = Browser::new()
        .navigate_until(url.as_str(), &app.url("/auth/callback"))
        .await;
    (
        client,
        pending,
        Url::parse(&callback).unwrap().query().unwrap().to_owned(),
    )
}

fn learn(secrets: &Secrets, authorized: &Authorized) {
    let tokens = authorized.tokens();
    secrets.add("access token", tokens.access_token().expose_secret());
    secrets.add("refresh token", tokens.refresh_token().unwrap().expose_secret());
    secrets.add("id token", tokens.raw_id_token().unwrap().expose_secret());
}

#[actix_web::test]
async fn no_value_and_no_error_of_the_client_shows_a_secret() {
    for profile in [Profile::Public, Profile::Secret, Profile::Es384] {
        let logs = Logs::collect();
        let (app, spy) = app(profile, AuthorizeMethod::Get);
        let mut shown = Shown::default();
        let (client, pending, query) = begin(&app, &mut shown, &spy.secrets).await;
        let authorized = client.finish(pending, &query).await.unwrap();
        learn(&spy.secrets, &authorized);
        shown.value(&authorized);
        shown.value(&(
            authorized.tokens(),
            authorized.tokens().context(),
            authorized.tokens().refresh_token(),
        ));
        shown.value(&client.server_metadata().await);

        let token = authorized.tokens().refresh_token().unwrap().expose_secret().to_owned();
        for fault in faults(&token) {
            app.sandbox
                .inject(FaultPoint::Refresh, When::Before, fault, Times::Once);
            shown.error(&client.refresh(&authorized).await.unwrap_err());
        }
        let refreshed = client.refresh(&authorized).await.unwrap();
        learn(&spy.secrets, &refreshed);
        shown.value(&refreshed);
        shown.error(&client.refresh(&authorized).await.unwrap_err());

        let (client_of_kept, pending, query) = begin(&app, &mut shown, &spy.secrets).await;
        let kept = client_of_kept.finish(pending, &query).await.unwrap();
        learn(&spy.secrets, &kept);
        let alone = RefreshToken::new(kept.tokens().refresh_token().unwrap().expose_secret());
        shown.value(&alone);
        let kept = client.refresh_token(alone, RefreshOptions::new()).await.unwrap();
        let tokens = kept.tokens();
        spy.secrets.add("access token", tokens.access_token().expose_secret());
        spy.secrets
            .add("refresh token", tokens.refresh_token().unwrap().expose_secret());
        shown.value(&kept);
        let handle = client.open_launch(kept).await.unwrap();
        spy.secrets
            .add("launch", serde_json::to_value(&handle).unwrap().as_str().unwrap());
        shown.value(&handle);
        shown.value(&app.config.resume(&handle).await);
        app.config.end_launch(&handle).await.unwrap();
        // Faults that follow are for requests with other tokens.
        let revoked = |request: &&ReceivedRequest| request.endpoint == Endpoint::Revocation;
        eventually("both tokens are revoked", || {
            app.sandbox.received_requests().iter().filter(revoked).count() == 2
        })
        .await;

        shown.value(&client.introspect(&authorized).await);
        let echo = format!("{token} {}", authorized.tokens().access_token().expose_secret());
        for fault in faults(&echo) {
            for point in [FaultPoint::Revocation, FaultPoint::Introspection] {
                app.sandbox.inject(point, When::Before, fault.clone(), Times::Once);
            }
            // An answer of success is one, whatever is in it.
            if let Err(error) = client.revoke(&authorized).await {
                shown.error(&error);
            }
            shown.error(&client.introspect(&authorized).await.unwrap_err());
        }

        for kind in 0..faults("").len() + 6 {
            shown.error(&fail(&app, kind, &mut Shown::default(), &spy.secrets).await);
        }
        spy.secrets.learn_from(&app.sandbox.received_requests());
        spy.secrets.add("patient", PATIENT);
        spy.secrets.assert_not_in(&shown.0, "values and errors", &[]);
        assert_nothing_leaked(&app, &spy, &logs);
    }
}

/// Answers that repeat what was sent.
fn faults(echo: &str) -> Vec<Fault> {
    let oauth = |status, error: &str| Fault::OAuthError {
        status,
        error: error.to_owned(),
        description: Some(format!("unknown: {echo}, {CLIENT_SECRET}")),
    };
    let raw = |status, body: String| Fault::Raw {
        status,
        content_type: "application/json".to_owned(),
        body: body.into_bytes(),
    };
    vec![
        oauth(400, "invalid_grant"),
        oauth(401, "invalid_client"),
        oauth(400, echo),
        raw(200, format!("{{\"{echo}\":1}}")),
        raw(
            200,
            format!("{{\"access_token\":\"x\",\"token_type\":\"mac\",\"{echo}\":1}}"),
        ),
        raw(
            200,
            format!("{{\"access_token\":[\"{echo}\"],\"token_type\":\"Bearer\"}}"),
        ),
        raw(200, echo.to_owned()),
        raw(500, echo.to_owned()),
        Fault::Redirect {
            status: 302,
            location: format!("/?{echo}"),
        },
        Fault::Reset,
    ]
}

/// A callback that fails in one way or another.
async fn fail(app: &App, kind: usize, shown: &mut Shown, secrets: &Secrets) -> Unfinished {
    let (client, pending, query) = begin(app, shown, secrets).await;
    secrets.assert_not_in(&shown.0, "a pending authorization", &[]);
    let state = pending.state().expose_secret().to_owned();
    let code = url::form_urlencoded::parse(query.as_bytes())
        .find(|(it, _)| it == "code")
        .unwrap()
        .1
        .into_owned();
    secrets.add("code", &code);
    let of_query = [
        format!("{query}&state=x"),
        format!("state=x&code={code}"),
        format!("state={state}&error=access_denied&error_description={state}&error_uri={state}"),
        format!("state={state}&error={state}"),
        format!("state={state}&code="),
        format!("code={code}"),
    ];
    let query = match kind.checked_sub(of_query.len()) {
        None => &of_query[kind],
        Some(kind) => {
            app.sandbox.inject(
                FaultPoint::Exchange,
                When::Before,
                faults(&code).remove(kind),
                Times::Once,
            );
            &query
        }
    };
    client.finish(pending, query).await.unwrap_err()
}

#[test]
fn no_builder_and_no_mistake_in_the_configuration_shows_a_secret() {
    let secrets = Secrets::default();
    let mut shown = Shown::default();
    let key_line = PRIVATE_KEY.lines().nth(1).unwrap();
    secrets.add("private key", key_line);
    secrets.add("private key", &key_line[10..30]);
    secrets.add("client secret", CLIENT_SECRET);
    let broken_key = PRIVATE_KEY.replace("PRIVATE KEY", "PRIVATE LOCK");
    let half_a_key = format!("-----BEGIN PRIVATE KEY-----\n{key_line}\n-----END PRIVATE KEY-----\n");
    let public = format!("-----BEGIN PUBLIC KEY-----\n{key_line}\n-----END PUBLIC KEY-----\n");
    let two_lines = format!("{CLIENT_SECRET}\r\nX: y");
    for auth in [
        client_auth(Profile::Secret),
        client_auth(Profile::Es384),
        ClientAuth::client_secret(two_lines),
        jwt(&broken_key),
        jwt(&half_a_key),
        jwt(&public),
        jwt(key_line),
        jwt(CLIENT_SECRET),
    ] {
        shown.value(&auth);
        for base in [
            "https://ehr.example/fhir".to_owned(),
            format!("https://user:{CLIENT_SECRET}@ehr.example/fhir"),
        ] {
            let ehr = Ehr::builder(base)
                .client_id("app")
                .client_auth(auth.clone())
                .redirect_uri("https://app.example/auth/callback")
                .scopes("openid");
            let builder = SmartConfig::builder().ehr(ehr.clone());
            shown.value(&(&ehr, &builder));
            match builder.build() {
                Ok(config) => shown.value(&config),
                Err(error) => shown.error(&error),
            }
        }
    }
    secrets.assert_not_in(&shown.0, "configuration", &[]);
}

fn jwt(pem: &str) -> ClientAuth {
    PrivateKeyJwt::new("key-1", PrivateKey::pem(pem)).into()
}

#[test]
fn no_request_and_no_response_shows_a_secret() {
    let secrets = Secrets::default();
    secrets.add("client secret", CLIENT_SECRET);
    let mut shown = Shown::default();
    let url = Url::parse_with_params("https://ehr.example/token", [("code", CLIENT_SECRET)]).unwrap();
    let mut request = HttpRequest::post_form(url, format!("code={CLIENT_SECRET}"), Duration::ZERO);
    request.headers.push(("Authorization", CLIENT_SECRET.to_owned()));
    let headers = vec![("Set-Cookie".to_owned(), CLIENT_SECRET.to_owned())];
    let response = HttpResponse::new(200, headers, CLIENT_SECRET.as_bytes().to_vec());
    shown.value(&(request, response));
    secrets.assert_not_in(&shown.0, "messages", &[]);
}
