//! Requests to the FHIR server of a launch, over both HTTP clients.

mod operations;
mod pages;
mod patient;
mod refused;
mod style;
mod writing;

use std::time::Duration;

use actix_smart_auth::{
    SmartClient, SmartSession, StartOptions,
    error::{LaunchError, TransportError},
    fhir::{FhirError, FhirPages, Repeat},
    sandbox::{Endpoint, Fault, FaultPoint, ReceivedRequest, Times, When},
    transport::HttpClient,
};
use serde_json::{Value, json};

use crate::{
    smart_client::sign_in,
    support::{App, AppBuilder, Logs, UNUSABLE},
};

const CLIENTS: [HttpClient; 2] = [HttpClient::Awc, HttpClient::Reqwest];
const SCOPES: &str = "openid fhirUser launch/patient patient/*.cruds offline_access";

fn with(client: HttpClient) -> AppBuilder {
    App::builder()
        .config(move |config| config.http_client(client))
        .ehr(|ehr| ehr.scopes(SCOPES))
}

/// A launch of Amber Testwood.
async fn session(app: &App) -> SmartSession {
    let client = SmartClient::new(&app.config).unwrap();
    let (pending, query) = sign_in(&client, StartOptions::standalone()).await;
    let authorized = client.finish(pending, &query).await.unwrap();
    let handle = client.open_launch(authorized).await.unwrap();
    app.config.resume(&handle).await.unwrap()
}

fn received(app: &App) -> Vec<ReceivedRequest> {
    let all = app.sandbox.received_requests();
    all.into_iter().filter(|it| it.endpoint == Endpoint::Fhir).collect()
}

fn inject(app: &App, fault: Fault) {
    app.sandbox.inject(FaultPoint::Fhir, When::Before, fault, Times::Once);
}

fn raw(status: u16, body: &Value) -> Fault {
    Fault::Raw {
        status,
        content_type: "application/fhir+json".to_owned(),
        body: body.to_string().into_bytes(),
    }
}

fn observations(session: &SmartSession) -> FhirPages<Value> {
    let found = session.fhir().search("Observation").param("patient", "amber-testwood");
    found.count(2).pages()
}

async fn ids(mut pages: FhirPages<Value>) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(resource) = pages.next().await.unwrap() {
        ids.push(resource["id"].as_str().unwrap().to_owned());
    }
    ids
}

#[actix_web::test]
async fn a_resource_is_read_as_whatever_type_is_wanted() {
    #[derive(serde::Deserialize)]
    struct Named {
        id: String,
    }
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let patient: Named = session.fhir().read("Patient", "amber-testwood").await.unwrap();
        assert_eq!(patient.id, "amber-testwood");
        let same: Value = session.fhir().follow("Patient/amber-testwood").await.unwrap();
        let address = format!("{}/Patient/amber-testwood", session.fhir_base_url());
        let by_address: Value = session.fhir().follow(&address).await.unwrap();
        assert_eq!((&same["id"], &same), (&json!("amber-testwood"), &by_address));
        let sent = received(&app);
        assert_eq!(sent.len(), 3);
        let token = format!("Bearer {}", session.access_token().expose_secret());
        assert!(
            sent.iter().all(|it| it.header("authorization") == Some(&token)),
            "{sent:?}"
        );
    }
}

#[actix_web::test]
async fn a_request_of_an_ended_launch_says_so_and_a_page_that_took_long_has_a_fresh_token() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let fhir = session.fhir();
    app.advance(UNUSABLE);
    fhir.read::<Value>("Patient", "amber-testwood").await.unwrap();
    assert_eq!((app.refreshes(), received(&app).len()), (1, 1));
    session.end().await.unwrap();
    app.advance(UNUSABLE);
    let error = fhir.read::<Value>("Patient", "amber-testwood").await.unwrap_err();
    // It ended an hour ago, which the store has forgotten.
    assert_eq!(error, FhirError::Launch(LaunchError::NotFound));
}

#[actix_web::test]
async fn a_token_that_the_server_does_not_take_any_more_is_refreshed_once_for_all_who_ask() {
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let fhir = session.fhir();
        app.advance(100);
        app.sandbox.expire_access_tokens();
        let mut asking = Vec::new();
        for _ in 0..8 {
            let fhir = fhir.clone();
            asking.push(actix_web::rt::spawn(async move {
                fhir.read::<Value>("Patient", "amber-testwood").await
            }));
        }
        for answer in asking {
            answer.await.unwrap().unwrap();
        }
        assert_eq!(app.refreshes(), 1, "{client:?}");
        assert!(received(&app).len() <= 16, "each at most twice");
        // The next ones know.
        let before = received(&app).len();
        fhir.read::<Value>("Patient", "amber-testwood").await.unwrap();
        assert_eq!(received(&app).len(), before + 1);
    }
}

#[actix_web::test]
async fn a_server_that_is_busy_is_asked_again_when_it_says_so_and_that_is_soon() {
    let app = with(HttpClient::Awc).start();
    let session = session(&app).await;
    let busy = |seconds: &str| Fault::Unavailable {
        retry_after: Some(seconds.to_owned()),
    };
    inject(&app, busy("1"));
    session.fhir().read::<Value>("Patient", "amber-testwood").await.unwrap();
    assert_eq!(received(&app).len(), 2);

    for (fhir, seconds) in [
        (session.fhir(), "6"),
        (session.fhir().longest_wait(Duration::ZERO), "1"),
    ] {
        let before = received(&app).len();
        inject(&app, busy(seconds));
        let error = fhir.read::<Value>("Patient", "amber-testwood").await.unwrap_err();
        assert!(
            matches!(
                error,
                FhirError::Status {
                    status: 503,
                    retry_after: Some(_),
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(received(&app).len(), before + 1);
    }
}

#[actix_web::test]
async fn a_connection_that_breaks_costs_what_reads_a_second_request_and_what_writes_an_error() {
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let fhir = session.fhir();
        inject(&app, Fault::Reset);
        fhir.read::<Value>("Patient", "amber-testwood").await.unwrap();
        assert_eq!(received(&app).len(), 2, "{client:?}");
        inject(&app, Fault::Reset);
        inject(&app, Fault::Reset);
        let error = fhir.read::<Value>("Patient", "amber-testwood").await.unwrap_err();
        assert_eq!(error, FhirError::Transport(TransportError::Disconnected), "{client:?}");
        let before = received(&app).len();
        inject(&app, Fault::Reset);
        let once = fhir.get("Patient", "amber-testwood").repeat(Repeat::Never);
        let error = once.send().await.unwrap_err();
        assert_eq!(error, FhirError::Transport(TransportError::Disconnected), "{client:?}");
        assert_eq!(received(&app).len(), before + 1, "{client:?}");
        let before = received(&app).len();
        inject(&app, Fault::Reset);
        let error = fhir.create("Observation", &json!({})).send().await.unwrap_err();
        assert_eq!(error, FhirError::Transport(TransportError::Disconnected), "{client:?}");
        assert_eq!(received(&app).len(), before + 1, "{client:?}");
        // Nothing that writes shares a connection.
        for _ in 0..2 {
            drop(fhir.create("Observation", &json!({})).send().await);
        }
        let mut connections: Vec<_> = received(&app)
            .iter()
            .map(|it| (it.method.clone(), it.connection))
            .collect();
        connections.retain(|(method, _)| method == "POST");
        connections.dedup();
        assert_eq!(connections.len(), 3, "{client:?}");
    }
}

#[actix_web::test]
async fn no_line_of_the_log_and_no_error_names_the_patient() {
    let logs = Logs::collect();
    for client in CLIENTS {
        let app = with(client).start();
        let session = session(&app).await;
        let fhir = session.fhir();
        fhir.read::<Value>("Patient", "amber-testwood").await.unwrap();
        ids(observations(&session)).await;
        let request = fhir.request(
            actix_smart_auth::transport::Method::Get,
            "Patient/amber-testwood/$everything",
        );
        let mut shown = format!("{fhir:?} {request:?}");
        for error in [
            request.send().await.map(drop).unwrap_err(),
            fhir.read::<Vec<u8>>("Patient", "amber-testwood")
                .await
                .map(drop)
                .unwrap_err(),
            fhir.read::<Value>("Patient", "nobody-of-this-name")
                .await
                .map(drop)
                .unwrap_err(),
        ] {
            shown.push_str(&format!("{error} {error:?}"));
        }
        assert!(
            !shown.contains("amber-testwood") && !shown.contains("nobody-of-this-name"),
            "{shown}"
        );
        assert!(!shown.contains(session.access_token().expose_secret()), "{shown}");
        // The sandbox writes no lines of this target.
        let text = logs.text();
        let ours = |line: &&str| line.contains("actix_smart_auth::") && line.contains(&app.sandbox.origin());
        let told: Vec<_> = text.lines().filter(ours).collect();
        assert!(told.iter().any(|line| line.contains("/fhir/Patient/…")), "{told:#?}");
        for line in told {
            assert!(!line.contains("amber-testwood"), "{line}");
        }
    }
}
