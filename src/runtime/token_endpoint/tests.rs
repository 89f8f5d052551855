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
        transport_error::TransportError,
        urls::EndpointUrl,
    },
    runtime::{places::PlaceKind, refusal_log::Purpose},
    transport::{HttpTransport, TransportFuture},
};

/// An EHR that takes so long to refuse the credentials of everybody.
#[derive(Debug, Clone, Default)]
struct Refusing {
    takes: Duration,
    /// What happens to the second request instead.
    then: Option<TransportError>,
    asked: Arc<Mutex<Vec<HttpRequest>>>,
}

impl HttpTransport for Refusing {
    fn send(&self, request: HttpRequest) -> TransportFuture<'_> {
        let before = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(request);
            asked.len() - 1
        };
        Box::pin(async move {
            tokio::time::sleep(self.takes).await;
            if let (1, Some(error)) = (before, self.then) {
                return Err(error);
            }
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
    let transport = Refusing {
        takes,
        ..Refusing::default()
    };
    let error = call_through(&transport, client_secret, deadline, not_after).await;
    assert!(error.is_invalid_client(), "{error:?}");
    let asked = transport.asked.lock().unwrap();
    asked.clone()
}

async fn call_through(
    transport: &Refusing,
    client_secret: SecretPlacement,
    deadline: Duration,
    not_after: Option<Instant>,
) -> TokenError {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .client_auth(ClientSecretBasic::new("the new one").previous("the old one"))
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let config = SmartConfig::builder()
        .ehr(ehr)
        .token_deadline(deadline)
        .transport(transport.clone())
        .build()
        .unwrap();
    let (runtime, ehr) = (config.runtime(), Arc::clone(&config.ehrs()[0]));
    let place = runtime.places.take(ehr.desk(), PlaceKind::Exchange).await.unwrap();
    let mut endpoints = PinnedEndpoints::new(EndpointUrl::parse("https://ehr.example/token").unwrap());
    endpoints.client_secret = client_secret;
    let call = TokenCall {
        endpoints: &endpoints,
        form: TokenForm::about_access_token(&crate::AccessToken::new("abc")),
        requested: &Scopes::parse("launch/patient"),
        grant: Grant::Code,
        signed: SignedAhead::default(),
        not_after,
        about: About {
            purpose: Purpose::Exchange,
            people: People::default(),
        },
    };
    call_token_endpoint(runtime, &ehr, call, &place).await.unwrap_err()
}

/// The first request had the code in it. That the second one found nobody does not take that back.
#[tokio::test]
async fn what_was_sent_with_the_first_credential_was_sent_though_the_second_could_not_be() {
    for (then, is_first_refusal) in [
        (TransportError::Refused, true),
        (TransportError::Dns, true),
        (TransportError::ConnectTimeout, true),
        (TransportError::Timeout, false),
        (TransportError::Disconnected, false),
    ] {
        let transport = Refusing {
            then: Some(then),
            ..Refusing::default()
        };
        let error = call_through(&transport, SecretPlacement::Header, Duration::from_secs(30), None).await;
        assert_eq!(transport.asked.lock().unwrap().len(), 2);
        assert!(!error.was_not_sent(), "{then:?}: {error:?}");
        assert_eq!(error.is_invalid_client(), is_first_refusal, "{then:?}: {error:?}");
    }
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
        let form = url::form_urlencoded::parse(request.body.as_ref().unwrap().as_bytes()).into_owned();
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
