use serde_json::{Value, json};

use super::*;
use crate::{
    EhrBuilder, SmartConfig,
    protocol::http::{HttpRequest, HttpResponse},
    transport::{HttpTransport, TransportFuture, captured_logs::capture_logs},
};

/// An EHR with this metadata, or one that is away.
#[derive(Debug)]
struct Says(Option<Value>);

impl HttpTransport for Says {
    fn send(&self, _: HttpRequest) -> TransportFuture<'_> {
        let (status, body) = match &self.0 {
            Some(metadata) => (200, metadata.to_string()),
            None => (503, String::new()),
        };
        Box::pin(std::future::ready(Ok(HttpResponse::new(
            status,
            Vec::new(),
            body.into_bytes(),
        ))))
    }
}

fn metadata(more: &Value) -> Value {
    let mut metadata = json!({
        "authorization_endpoint": "https://ehr.example/authorize",
        "token_endpoint": "https://ehr.example/token",
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["launch-ehr"],
    });
    for (member, value) in more.as_object().unwrap() {
        metadata[member] = value.clone();
    }
    metadata
}

fn config(metadata: Option<Value>, more: impl FnOnce(EhrBuilder) -> EhrBuilder) -> SmartConfig {
    let ehr = Ehr::builder("https://ehr.example/fhir")
        .client_id("app")
        .redirect_uri("https://app.example/auth/callback")
        .scopes("launch/patient");
    let builder = SmartConfig::builder().ehr(more(ehr)).transport(Says(metadata));
    builder.build().unwrap()
}

fn with_own_endpoints(used: EndpointsUse) -> impl FnOnce(EhrBuilder) -> EhrBuilder {
    move |ehr| {
        ehr.endpoints("https://own.example/authorize", "https://own.example/token")
            .revocation_endpoint("https://own.example/revoke")
            .endpoints_issuer("https://own.example")
            .endpoints_use(used)
    }
}

async fn both(runtime: &Runtime, ehr: &Ehr) -> (Announced, (PinnedEndpoints, Option<Arc<ServerMetadata>>)) {
    let begun = announced(runtime, ehr).await.unwrap();
    (begun, endpoints_for_refresh(runtime, ehr).await.unwrap())
}

pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

#[test]
fn endpoints_of_the_registration_are_used_always_or_where_there_is_no_metadata_and_then_the_log_says_so() {
    use EndpointsSource::{Fallback, Metadata, Registration};
    use EndpointsUse::{Always, WithoutMetadata};
    for (used, is_there, source) in [
        (Always, true, Registration),
        (Always, false, Registration),
        (WithoutMetadata, true, Metadata),
        (WithoutMetadata, false, Fallback),
    ] {
        let config = config(is_there.then(|| metadata(&json!({}))), with_own_endpoints(used));
        let (runtime, ehr) = (config.runtime(), &config.ehrs()[0]);
        let mut found = None;
        let logged = capture_logs(tracing::Level::WARN, || found = Some(block_on(both(runtime, ehr))));
        let (begun, (refreshed, from)) = found.unwrap();
        let is_logged = logged.contains("the endpoints of the registration are used");
        assert_eq!(is_logged, source == Fallback, "{logged}");
        assert_eq!(begun.pinned, refreshed);
        assert_eq!(begun.pinned.source, source, "{used:?} {is_there}");
        let is_discovered = source == Metadata;
        assert_eq!(
            (begun.metadata.is_some(), from.is_some()),
            (is_discovered, is_discovered)
        );
        let host = if is_discovered { "ehr.example" } else { "own.example" };
        for endpoint in [&begun.authorization, &begun.pinned.token] {
            assert_eq!(endpoint.url().host_str(), Some(host), "{used:?} {is_there}");
        }
        let revocation = begun.pinned.revocation.as_ref().map(EndpointUrl::as_str);
        let own = (Some("https://own.example/revoke"), Some("https://own.example"));
        let expected = if is_discovered { (None, None) } else { own };
        assert_eq!((revocation, begun.pinned.issuer.as_deref()), expected);
    }
}

#[tokio::test]
async fn what_the_metadata_promises_is_what_a_launch_begins_with() {
    for (more, iss_parameter, post) in [
        (json!({}), IssParameter::NotPromised, AuthorizePost::NotListed),
        (
            json!({"authorization_response_iss_parameter_supported": true, "capabilities": ["authorize-post"]}),
            IssParameter::Promised,
            AuthorizePost::Listed,
        ),
    ] {
        let config = config(Some(metadata(&more)), |ehr| ehr);
        let begun = announced(config.runtime(), &config.ehrs()[0]).await.unwrap();
        assert_eq!(
            (begun.pinned.iss_parameter, begun.post()),
            (iss_parameter, post),
            "{more}"
        );
    }
    let config = config(None, with_own_endpoints(EndpointsUse::Always));
    let begun = announced(config.runtime(), &config.ehrs()[0]).await.unwrap();
    assert_eq!(begun.post(), AuthorizePost::NotListed);
}
