use std::collections::BTreeMap;

use super::*;

struct Fixture {
    endpoint: EndpointUrl,
    scope: Scopes,
    state: State,
    launch: LaunchToken,
    nonce: Nonce,
}

impl Fixture {
    fn new(endpoint: &str) -> Self {
        Self {
            endpoint: EndpointUrl::parse(endpoint).unwrap(),
            scope: Scopes::parse("launch openid patient/Observation.rs?category=http://x|laboratory&y"),
            state: State::new("STATE-MARKER"),
            launch: LaunchToken::new("LAUNCH-MARKER+/=&"),
            nonce: Nonce::new("NONCE-MARKER"),
        }
    }

    fn params(&self) -> AuthorizationParams<'_> {
        AuthorizationParams {
            endpoint: &self.endpoint,
            client_id: "client!+ID",
            redirect_uri: "https://app.example/auth/callback",
            scope: &self.scope,
            state: &self.state,
            aud: "https://EHR.example:443/fhir/",
            launch: Some(&self.launch),
            nonce: Some(&self.nonce),
            others: &[],
            code_challenge: "CHALLENGE",
        }
    }
}

fn decoded(url: &Url) -> BTreeMap<String, String> {
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(pairs.len(), map.len(), "no parameter comes twice");
    map
}

#[test]
fn the_address_carries_every_parameter_unaltered() {
    let fixture = Fixture::new("https://ehr.example/authorize");
    let url = fixture.params().to_url().unwrap();
    let expected: BTreeMap<_, _> = [
        ("response_type", "code"),
        ("client_id", "client!+ID"),
        ("redirect_uri", "https://app.example/auth/callback"),
        ("launch", "LAUNCH-MARKER+/=&"),
        (
            "scope",
            "launch openid patient/Observation.rs?category=http://x|laboratory&y",
        ),
        ("state", "STATE-MARKER"),
        ("aud", "https://EHR.example:443/fhir/"),
        ("code_challenge", "CHALLENGE"),
        ("code_challenge_method", "S256"),
        ("nonce", "NONCE-MARKER"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    assert_eq!(decoded(&url), expected);
    assert!(url.as_str().contains("%7Claboratory%26y"), "{url}");
    assert!(url.as_str().contains("launch=LAUNCH-MARKER%2B%2F%3D%26"), "{url}");
}

#[test]
fn a_standalone_request_has_neither_launch_nor_nonce_when_there_is_none() {
    let fixture = Fixture::new("https://ehr.example/authorize");
    let params = AuthorizationParams {
        launch: None,
        nonce: None,
        ..fixture.params()
    };
    let query = decoded(&params.to_url().unwrap());
    assert!(!query.contains_key("launch") && !query.contains_key("nonce"));
    assert_eq!(query.len(), 8);
}

#[test]
fn the_query_of_the_endpoint_is_kept() {
    let fixture = Fixture::new("https://ehr.example/authorize?tenant=a%2Fb&x");
    let url = fixture.params().to_url().unwrap();
    assert!(
        url.as_str()
            .starts_with("https://ehr.example/authorize?tenant=a%2Fb&x&response_type=code&"),
        "{url}"
    );
    let form = fixture.params().to_form().unwrap();
    assert_eq!(form.action, "https://ehr.example/authorize?tenant=a%2Fb&x");
    assert!(form.fields.iter().all(|(name, _)| name != "tenant"));
    let bare = Fixture::new("https://ehr.example/authorize?");
    let url = bare.params().to_url().unwrap();
    assert!(
        url.as_str().starts_with("https://ehr.example/authorize?response_type="),
        "{url}"
    );
}

#[test]
fn an_endpoint_that_defines_one_of_our_parameters_is_refused() {
    for parameter in OUR_PARAMETERS {
        let fixture = Fixture::new(&format!("https://ehr.example/authorize?a=b&{parameter}=x"));
        let refused = AuthorizationRequestError::EndpointDefines { parameter };
        let params = AuthorizationParams {
            launch: None,
            nonce: None,
            ..fixture.params()
        };
        assert_eq!(params.to_url(), Err(refused));
        assert_eq!(params.to_form(), Err(refused));
        for method in [AuthorizeMethod::Get, AuthorizeMethod::Post, AuthorizeMethod::Auto] {
            assert_eq!(params.redirect(method, AuthorizePost::Listed), Err(refused));
        }
    }
    let encoded = Fixture::new("https://ehr.example/authorize?st%61te=x");
    assert_eq!(
        encoded.params().to_url(),
        Err(AuthorizationRequestError::EndpointDefines { parameter: "state" })
    );
}

#[test]
fn the_form_has_the_fields_of_the_address() {
    let fixture = Fixture::new("https://ehr.example/authorize");
    let params = fixture.params();
    let form = params.to_form().unwrap();
    let fields: BTreeMap<_, _> = form.fields.into_iter().collect();
    assert_eq!(fields, decoded(&params.to_url().unwrap()));
}

#[test]
fn auto_posts_only_when_the_address_is_too_long_and_the_ehr_lists_it() {
    let mut fixture = Fixture::new("https://ehr.example/authorize");
    let length = |fixture: &Fixture| fixture.params().to_url().unwrap().as_str().len();
    let missing = 2_000 - length(&fixture);
    fixture.scope.insert("s".repeat(missing - 1));
    assert_eq!(length(&fixture), 2_000);
    let is_post = |fixture: &Fixture, method, post| {
        matches!(
            fixture.params().redirect(method, post).unwrap(),
            AuthorizationRedirect::Post(_)
        )
    };
    assert!(!is_post(&fixture, AuthorizeMethod::Auto, AuthorizePost::Listed));
    assert!(is_post(&fixture, AuthorizeMethod::Post, AuthorizePost::NotListed));

    fixture.endpoint = EndpointUrl::parse("https://ehr.example/authorize2").unwrap();
    assert_eq!(length(&fixture), 2_001);
    assert!(is_post(&fixture, AuthorizeMethod::Auto, AuthorizePost::Listed));
    assert!(!is_post(&fixture, AuthorizeMethod::Auto, AuthorizePost::NotListed));
    assert!(!is_post(&fixture, AuthorizeMethod::Get, AuthorizePost::Listed));
    assert_eq!(AuthorizeMethod::default(), AuthorizeMethod::Auto);
}

#[test]
fn debug_output_shows_where_to_but_not_what_with() {
    let fixture = Fixture::new("https://ehr.example/authorize?tenant=MARKER");
    let params = fixture.params();
    for shown in [
        format!("{params:?}"),
        format!("{:?}", params.redirect(AuthorizeMethod::Get, AuthorizePost::Listed)),
        format!("{:?}", params.redirect(AuthorizeMethod::Post, AuthorizePost::Listed)),
    ] {
        assert!(!shown.contains("MARKER") && !shown.contains("CHALLENGE"), "{shown}");
        assert!(shown.contains("https://ehr.example/authorize"), "{shown}");
    }
}
