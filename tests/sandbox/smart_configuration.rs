//! `.well-known/smart-configuration` against the tables of SMART App Launch 2.2 (Conformance), not against what the sandbox means to say.

use actix_smart_auth::sandbox::{IssParameter, SandboxServer, SelfRegistration, Strictness};
use serde_json::{Value, json};

use crate::support::*;

/// What has to be true of a member.
#[derive(Debug, Clone, Copy)]
enum Is {
    /// An absolute URL of the sandbox.
    Url,
    /// A list with this in it.
    ListWith(&'static str),
    /// A list with one of these, and with nothing else.
    ListOf(&'static [&'static str]),
    /// A list without this.
    ListWithout(&'static str),
}

/// For whom a member has to be there: for each server, or with a capability.
const DEMANDED: [(Option<&str>, &str, Is); 17] = [
    (None, "token_endpoint", Is::Url),
    (
        None,
        "grant_types_supported",
        Is::ListOf(&["authorization_code", "client_credentials"]),
    ),
    (None, "capabilities", Is::ListOf(&CAPABILITIES)),
    (None, "code_challenge_methods_supported", Is::ListWith("S256")),
    (None, "code_challenge_methods_supported", Is::ListWithout("plain")),
    (
        None,
        "token_endpoint_auth_methods_supported",
        Is::ListOf(&["client_secret_post", "client_secret_basic", "private_key_jwt"]),
    ),
    // Recommended.
    (None, "scopes_supported", Is::ListWith("openid")),
    (None, "response_types_supported", Is::ListWith("code")),
    (None, "revocation_endpoint", Is::Url),
    (None, "introspection_endpoint", Is::Url),
    (Some("sso-openid-connect"), "issuer", Is::Url),
    (Some("sso-openid-connect"), "jwks_uri", Is::Url),
    (Some("launch-ehr"), "authorization_endpoint", Is::Url),
    (Some("launch-standalone"), "authorization_endpoint", Is::Url),
    (
        Some("client-confidential-asymmetric"),
        "token_endpoint_auth_methods_supported",
        Is::ListWith("private_key_jwt"),
    ),
    (
        Some("client-confidential-asymmetric"),
        "token_endpoint_auth_signing_alg_values_supported",
        Is::ListOf(&["RS384", "ES384"]),
    ),
    (
        Some("client-confidential-symmetric"),
        "token_endpoint_auth_methods_supported",
        Is::ListWith("client_secret_basic"),
    ),
];

/// All that the specification names.
const CAPABILITIES: [&str; 20] = [
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-style",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "context-standalone-encounter",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
    "smart-app-state",
];

impl Is {
    fn holds(self, value: &Value, origin: &str) -> bool {
        let texts: Option<Vec<&str>> = value
            .as_array()
            .and_then(|list| list.iter().map(Value::as_str).collect());
        match (self, texts) {
            (Self::Url, _) => value
                .as_str()
                .is_some_and(|url| url.starts_with(origin) && url::Url::parse(url).is_ok()),
            (Self::ListWith(one), Some(texts)) => texts.contains(&one),
            (Self::ListWithout(one), Some(texts)) => !texts.contains(&one),
            (Self::ListOf(all), Some(texts)) => !texts.is_empty() && texts.iter().all(|text| all.contains(text)),
            (_, None) => false,
        }
    }
}

/// What is wrong with a document.
fn problems(document: &Value, origin: &str) -> Vec<String> {
    let has = |capability: &'static str| Is::ListWith(capability).holds(&document["capabilities"], origin);
    let demanded = DEMANDED.iter().filter(|(capability, ..)| capability.is_none_or(has));
    let broken = demanded.filter(|(_, member, is)| !is.holds(&document[*member], origin));
    broken.map(|(_, member, is)| format!("{member}: {is:?}")).collect()
}

/// As it comes up, and as a test may set it up.
fn sandboxes() -> Vec<SandboxServer> {
    let builders = [
        SandboxServer::builder(),
        SandboxServer::builder().strictness(Strictness::AsSpecified),
        SandboxServer::builder().self_registration(SelfRegistration::Open),
        SandboxServer::builder().iss_parameter(IssParameter::Sent),
    ];
    builders.into_iter().map(|builder| builder.start().unwrap()).collect()
}

async fn document(sandbox: &SandboxServer) -> Value {
    let address = format!("{}/.well-known/smart-configuration", sandbox.fhir_base_url());
    let answer = get(&address).await;
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("application/json"), "{kind}");
    answer.json()
}

#[actix_web::test]
async fn the_document_has_what_smart_2_2_demands_for_each_capability_that_it_names() {
    for sandbox in sandboxes() {
        let document = document(&sandbox).await;
        assert_eq!(problems(&document, &sandbox.origin()), Vec::<String>::new());
    }
}

#[actix_web::test]
async fn each_demand_is_noticed_where_it_is_not_met() {
    let sandbox = SandboxServer::start().unwrap();
    let (good, origin) = (document(&sandbox).await, sandbox.origin());
    for (capability, member, is) in DEMANDED {
        let mut bad = good.clone();
        match is {
            Is::ListWithout(one) => bad[member].as_array_mut().unwrap().push(json!(one)),
            _ => drop(bad.as_object_mut().unwrap().remove(member)),
        }
        assert!(!problems(&bad, &origin).is_empty(), "{member}: {is:?}");
        let Some(capability) = capability else { continue };
        // Nothing is demanded of a server that does not say that it can do it.
        let others = good["capabilities"].as_array().unwrap().iter();
        bad["capabilities"] = others.filter(|other| *other != capability).cloned().collect();
        if member == "issuer" || member == "jwks_uri" {
            assert_eq!(problems(&bad, &origin), Vec::<String>::new(), "{member}");
        }
    }
}

#[actix_web::test]
async fn every_address_of_the_document_answers() {
    for sandbox in sandboxes() {
        let document = document(&sandbox).await;
        let members = document.as_object().unwrap();
        let is_address = |name: &str| name.ends_with("_endpoint") || name.ends_with("_uri");
        let addresses: Vec<&str> = members
            .iter()
            .filter(|(name, _)| is_address(name))
            .map(|(_, address)| address.as_str().unwrap())
            .collect();
        assert!(addresses.len() >= 5, "{document}");
        for address in addresses {
            let status = get(address).await.status;
            assert_ne!(status, 404, "{address}");
        }
        let openid = format!(
            "{}/.well-known/openid-configuration",
            document["issuer"].as_str().unwrap()
        );
        assert_eq!(get(&openid).await.json()["issuer"], document["issuer"]);
    }
}
