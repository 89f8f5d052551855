use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use super::*;
use crate::{
    ClientSecretBasic, SmartConfig,
    protocol::{
        client_auth::SecretPlacement,
        http::{HttpRequest, HttpResponse},
        people::People,
        urls::EndpointUrl,
    },
    runtime::{places::PlaceKind, refusal_log::Purpose},
    transport::{HttpTransport, TransportFuture},
};

/// An EHR that takes so long to refuse the credentials of everybody.
#[derive(Debug, Clone, Default)]
struct Refusing {
    takes: Duration,
    asked: Arc<Mutex<Vec<HttpRequest>>>,
}

impl HttpTransport for Refusing {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        self.asked.lock().unwrap().push(request);
        Box::pin(async move {
            tokio::time::sleep(self.takes).await;
            let body = br#"{"error":"invalid_client"}"#.to_vec();
            let json = ("content-type".to_owned(), "application/json".to_owned());
            Ok(HttpResponse::new(401, vec![json], body))
        })
    }
}

/// Calls with two credentials, and says what was sent.
async fn call(takes: Duration, deadline: Duration, not_after: Option<Instant>) -> Vec<HttpRequest> {
    call_with(SecretPlacement::Header, takes, deadline, not_after).await
}

async fn call_with(
    client_secret: SecretPlacement,
    takes: Duration,
    deadline: Duration,
    not_after: Option<Instant>,
) -> Vec<HttpRequest> {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .client_auth(ClientSecretBasic::new("the new one").previous("the old one"))
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let transport = Refusing {
        takes,
        ..Refusing::default()
    };
    let config = SmartConfig::builder()
        .ehr(ehr)
        .token_deadline(deadline)
        .transport(transport.clone())
        .build()
        .unwrap();
    let (runtime, ehr) = (config.runtime(), Arc::clone(&config.ehrs()[0]));
    let place = runtime.places.take(ehr.key(), PlaceKind::Exchange).await.unwrap();
    let mut endpoints = PinnedEndpoints::new(EndpointUrl::parse("https://ehr.example/token").unwrap());
    endpoints.client_secret = client_secret;
    let call = TokenCall {
        endpoints: &endpoints,
        form: TokenForm::about_access_token(&crate::AccessToken::new("abc")),
        requested: &Scopes::parse("launch/patient"),
        grant: Grant::Code,
        not_after,
        about: About {
            purpose: Purpose::Exchange,
            people: People::default(),
        },
    };
    let answer = call_token_endpoint(runtime, &ehr, call, &place).await;
    assert!(matches!(answer, Err(error) if error.is_invalid_client()));
    let asked = transport.asked.lock().unwrap();
    asked.clone()
}

#[tokio::test]
async fn the_second_credential_gets_what_the_first_has_left_of_the_deadline() {
    let (took, deadline) = (Duration::from_millis(300), Duration::from_secs(30));
    let began = Instant::now();
    let asked = call(took, deadline, None).await;
    assert_eq!(asked.len(), 2);
    assert_eq!((asked[0].timeout, asked[0].not_after), (deadline, None));
    assert!(asked[1].timeout <= deadline - took, "{:?}", asked[1].timeout);
    let not_after = asked[1].not_after.unwrap();
    assert!(not_after >= began + deadline && not_after <= Instant::now() + deadline - took);
}

#[tokio::test]
async fn the_second_credential_is_not_tried_when_the_first_took_all_the_time() {
    let asked = call(Duration::from_millis(60), Duration::from_millis(20), None).await;
    assert_eq!(asked.len(), 1);
}

#[tokio::test]
async fn a_moment_after_which_nothing_is_sent_goes_along_with_both_credentials() {
    for (given, of_the_second) in [(10, 10), (60, 30)] {
        let began = Instant::now();
        let moment = began + Duration::from_secs(given);
        let asked = call(Duration::ZERO, Duration::from_secs(30), Some(moment)).await;
        assert_eq!((asked.len(), asked[0].not_after), (2, Some(moment)));
        let of_the_second = began + Duration::from_secs(of_the_second);
        let late = asked[1].not_after.unwrap().saturating_duration_since(of_the_second);
        assert!(asked[1].not_after.unwrap() >= of_the_second && late < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_secret_that_belongs_in_the_body_is_sent_there_with_both_credentials_and_in_no_header() {
    let minute = Duration::from_secs(60);
    let authorization = |request: &HttpRequest| {
        let mut names = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
        names.any(|name| name == "authorization")
    };
    let fields = |request: &HttpRequest, field: &str| -> Vec<String> {
        let form = url::form_urlencoded::parse(request.form.as_ref().unwrap().as_bytes()).into_owned();
        form.filter(|(name, _)| name == field).map(|(_, value)| value).collect()
    };
    let asked = call_with(SecretPlacement::Body, Duration::ZERO, minute, None).await;
    assert_eq!(asked.len(), 2);
    for (request, secret) in asked.iter().zip(["the new one", "the old one"]) {
        assert!(!authorization(request));
        assert_eq!(fields(request, "client_secret"), [secret]);
        assert_eq!(fields(request, "client_id"), ["app"]);
    }
    for request in call_with(SecretPlacement::Header, Duration::ZERO, minute, None).await {
        assert!(authorization(&request));
        assert!(fields(&request, "client_secret").is_empty() && fields(&request, "client_id").is_empty());
    }
}
