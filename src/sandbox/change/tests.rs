//! Every setter can be said in files and JSON, with the same effect, and the description of the control interface knows it.

mod said;
mod schema;

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;

use serde_json::json;

use super::{
    super::{
        ExportFiles, ExportFilesToken, Fault, FaultPoint, KeyRotation, SandboxBuilder, SandboxFault, SandboxServer,
        When,
    },
    *,
};

fn read(settings: Value) -> SandboxSettings {
    serde_json::from_value(settings).unwrap()
}

type Chosen = (&'static str, fn(SandboxBuilder) -> SandboxBuilder, Value);

/// Each setter of the builder that is a setting, and the same as JSON.
fn of_the_builder() -> Vec<Chosen> {
    vec![
        ("mode", |b| b.mode(Mode::Interactive), json!({"mode": "interactive"})),
        (
            "automatic_answer",
            |b| b.automatic_answer(AutomaticAnswer::Deny),
            json!({"automatic-answer": "deny"}),
        ),
        (
            "automatic_patient",
            |b| b.automatic_patient("p"),
            json!({"automatic-patient": "p"}),
        ),
        (
            "automatic_user",
            |b| b.automatic_user("Practitioner/p"),
            json!({"automatic-user": "Practitioner/p"}),
        ),
        (
            "token_lifetime",
            |b| b.token_lifetime(Duration::from_millis(2500)),
            json!({"token-lifetime": 2.5}),
        ),
        (
            "code_lifetime",
            |b| b.code_lifetime(Duration::from_secs(5)),
            json!({"code-lifetime": 5}),
        ),
        (
            "refresh_token_lifetime",
            |b| b.refresh_token_lifetime(Duration::ZERO),
            json!({"refresh-token-lifetime": 0}),
        ),
        (
            "refresh_tokens",
            |b| b.refresh_tokens(RefreshTokens::Stable),
            json!({"refresh-tokens": "stable"}),
        ),
        (
            "expires_in",
            |b| b.expires_in(ExpiresIn::Text),
            json!({"expires-in": "text"}),
        ),
        (
            "refresh_context",
            |b| b.refresh_context(RefreshContext::Repeated),
            json!({"refresh-context": "repeated"}),
        ),
        (
            "id_tokens",
            |b| b.id_tokens(IdTokens::Withheld),
            json!({"id-tokens": "withheld"}),
        ),
        (
            "strictness",
            |b| b.strictness(Strictness::AsSpecified),
            json!({"strictness": "as-specified"}),
        ),
        (
            "strict_check",
            |b| b.strict_check(StrictCheck::Nonce),
            json!({"strict-checks": ["nonce"]}),
        ),
        (
            "without_strict_check",
            |b| {
                b.strictness(Strictness::AsSpecified)
                    .without_strict_check(StrictCheck::Nonce)
            },
            json!({"strictness": "as-specified", "without-strict-checks": ["nonce"]}),
        ),
        (
            "state_parameter",
            |b| b.state_parameter(StateParameter::Altered),
            json!({"state-parameter": "altered"}),
        ),
        (
            "iss_parameter",
            |b| b.iss_parameter(IssParameter::SentWithCodes),
            json!({"iss-parameter": "sent-with-codes"}),
        ),
        (
            "metadata_field",
            |b| b.metadata_field("a", 1).metadata_field("jwks_uri", Value::Null),
            json!({"metadata-fields": {"a": 1}, "omit-metadata-fields": ["jwks_uri"]}),
        ),
        (
            "token_response_field",
            |b| {
                b.token_response_field("a", 1)
                    .token_response_field("scope", Value::Null)
            },
            json!({"token-response-fields": {"a": 1}, "omit-token-response-fields": ["scope"]}),
        ),
        (
            "refresh_response_field",
            |b| b.refresh_response_field("scope", Value::Null),
            json!({"refresh-response-fields": {"scope": null}}),
        ),
        (
            "peculiarity",
            |b| {
                b.peculiarity(Peculiarity::OnlyScopesOfVersion1)
                    .peculiarity(Peculiarity::RefreshThrottled(Duration::from_secs(2)))
                    .peculiarity(Peculiarity::EndpointsPerClient {
                        header: "client".to_owned(),
                    })
                    .peculiarity(Peculiarity::Audience("https://aud.example".to_owned()))
            },
            json!({"peculiarities": [
                "only-scopes-of-version-1",
                {"refresh-throttled": 2},
                {"endpoints-per-client": {"header": "client"}},
                {"audience": "https://aud.example"},
            ]}),
        ),
        ("like", |b| b.like(Vendor::Epic), json!({"vendor": "epic"})),
        (
            "self_registration",
            |b| b.self_registration(SelfRegistration::WithToken("t".to_owned())),
            json!({"self-registration": {"with-token": "t"}}),
        ),
        (
            "export",
            |b| {
                b.export(
                    SandboxExport::new()
                        .looks(1)
                        .retry_after("2")
                        .files_token(ExportFilesToken::Refused)
                        .files_at(ExportFilesAt::Redirected)
                        .files(ExportFiles::Whole)
                        .lines("Observation", 5)
                        .line_bytes(300)
                        .lines_per_file(0)
                        .cut_after([7, 8])
                        .expires_after(3)
                        .broken_line(2)
                        .miscount(-1)
                        .errors(4),
                )
            },
            json!({"export": {
                "looks": 1, "retry-after": "2", "files-token": "refused", "files-at": "redirected", "files": "whole",
                "lines": {"Observation": 5}, "line-bytes": 300, "lines-per-file": 0, "cut-after": [7, 8],
                "expires-after": 3, "broken-line": 2, "miscount": -1, "errors": 4,
            }}),
        ),
        ("record_limit", |b| b.record_limit(3), json!({"record-limit": 3})),
    ]
}

/// Those of the builder that are no settings: the program's file has a key for each, or `clock-ahead` for the clock.
const OTHERS_OF_THE_BUILDER: &[&str] = &[
    "check",
    "change",
    "client",
    "clock",
    "data",
    "danger_address",
    "fault",
    "launch_url",
    "on_request",
    "origin",
    "port",
    "start",
    "tls",
];

type Told = (&'static str, fn(&SandboxServer), Value);

/// Each setter of a running sandbox that is a setting, and the same as JSON.
fn of_the_server() -> Vec<Told> {
    vec![
        (
            "set_export",
            |s| s.set_export(SandboxExport::new().looks(9)),
            json!({"export": {"looks": 9}}),
        ),
        (
            "set_automatic_patient",
            |s| s.set_automatic_patient("bruno-fixture"),
            json!({"automatic-patient": "bruno-fixture"}),
        ),
        (
            "set_automatic_user",
            |s| s.set_automatic_user("Practitioner/otto-outline"),
            json!({"automatic-user": "Practitioner/otto-outline"}),
        ),
        (
            "set_automatic_answer",
            |s| s.set_automatic_answer(AutomaticAnswer::Deny),
            json!({"automatic-answer": "deny"}),
        ),
        (
            "set_token_lifetime",
            |s| s.set_token_lifetime(Duration::from_secs(1)),
            json!({"token-lifetime": 1}),
        ),
        (
            "set_state_parameter",
            |s| s.set_state_parameter(StateParameter::Absent),
            json!({"state-parameter": "absent"}),
        ),
        (
            "set_iss_parameter",
            |s| s.set_iss_parameter(IssParameter::OfAnotherServer),
            json!({"iss-parameter": "of-another-server"}),
        ),
        (
            "set_strictness",
            |s| s.set_strictness(Strictness::AsSpecified),
            json!({"strictness": "as-specified"}),
        ),
        (
            "set_metadata_field",
            |s| s.set_metadata_field("a", true),
            json!({"metadata-fields": {"a": true}}),
        ),
        (
            "set_token_response_field",
            |s| s.set_token_response_field("a", true),
            json!({"token-response-fields": {"a": true}}),
        ),
        (
            "set_refresh_response_field",
            |s| s.set_refresh_response_field("a", true),
            json!({"refresh-response-fields": {"a": true}}),
        ),
        (
            "set_id_token_claim",
            |s| s.set_id_token_claim("aud", "x"),
            json!({"id-token-claims": {"aud": "x"}}),
        ),
        (
            "set_refresh_id_token_claim",
            |s| s.set_refresh_id_token_claim("aud", Value::Null),
            json!({"omit-refresh-id-token-claims": ["aud"]}),
        ),
        (
            "clear_id_token_claims",
            |s| {
                s.set_id_token_claim("aud", "x");
                s.clear_id_token_claims();
            },
            json!({"id-token-claims": {}, "refresh-id-token-claims": {}}),
        ),
        (
            "set_id_tokens",
            |s| s.set_id_tokens(IdTokens::Withheld),
            json!({"id-tokens": "withheld"}),
        ),
        (
            "set_refresh_id_tokens",
            |s| s.set_refresh_id_tokens(IdTokens::Issued),
            json!({"refresh-id-tokens": "issued"}),
        ),
        (
            "set_key_ids",
            |s| s.set_key_ids(KeyIds::InTokens("k".to_owned())),
            json!({"key-ids": {"in-tokens": "k"}}),
        ),
        (
            "set_more_keys",
            |s| s.set_more_keys(vec![json!({"kty": "odd"})]),
            json!({"more-keys": [{"kty": "odd"}]}),
        ),
        (
            "set_id_token_issuer",
            |s| s.set_id_token_issuer(IdTokenIssuer::Apart),
            json!({"id-token-issuer": "apart"}),
        ),
    ]
}

/// The rest of a running sandbox, and the route that does the same.
const OTHERS_OF_THE_SERVER: &[(&str, &str)] = &[
    ("change", "PATCH /ehrs/{ehr}/settings"),
    ("settings", "GET /ehrs/{ehr}/settings"),
    ("reset", "POST /ehrs/{ehr}/reset"),
    ("origin", "GET /ehrs/{ehr}"),
    ("local_address", "GET /ehrs/{ehr}"),
    ("fhir_base_url", "GET /ehrs/{ehr}"),
    ("ehr_url", "GET /ehrs/{ehr}"),
    ("authorization_endpoint", "GET /ehrs/{ehr}"),
    ("token_endpoint", "GET /ehrs/{ehr}"),
    ("revocation_endpoint", "GET /ehrs/{ehr}"),
    ("introspection_endpoint", "GET /ehrs/{ehr}"),
    ("registration_endpoint", "GET /ehrs/{ehr}"),
    ("id_token_issuer", "GET /ehrs/{ehr}"),
    ("jwks_url", "GET /ehrs/{ehr}"),
    ("trusted_certificate", "GET /ehrs/{ehr}"),
    ("client_ids", "GET /ehrs/{ehr}/clients"),
    ("register", "PUT /ehrs/{ehr}/clients/{client}"),
    ("register_launch_url", "PUT /ehrs/{ehr}/clients/{client}"),
    ("deregister", "DELETE /ehrs/{ehr}/clients/{client}"),
    ("ehr_launch", "POST /ehrs/{ehr}/launches"),
    ("ehr_launch_url", "POST /ehrs/{ehr}/launches"),
    ("patients", "GET /ehrs/{ehr}/people"),
    ("users", "GET /ehrs/{ehr}/people"),
    ("inject", "POST /ehrs/{ehr}/faults"),
    ("clear_faults", "DELETE /ehrs/{ehr}/faults"),
    ("received_requests", "GET /ehrs/{ehr}/requests"),
    ("token_requests", "GET /ehrs/{ehr}/requests"),
    ("token_requests_of", "GET /ehrs/{ehr}/requests"),
    ("clear_received_requests", "DELETE /ehrs/{ehr}/requests"),
    ("grants", "GET /ehrs/{ehr}/grants"),
    ("reuse_detections", "GET /ehrs/{ehr}/grants"),
    ("grant_of_token", "POST /ehrs/{ehr}/grants/of-token"),
    ("revoke_everything", "DELETE /ehrs/{ehr}/grants"),
    ("revoke_grant", "DELETE /ehrs/{ehr}/grants/{grant}"),
    ("expire_access_tokens", "POST /ehrs/{ehr}/access-tokens/expire"),
    ("rotate_id_token_key", "POST /ehrs/{ehr}/keys/rotate"),
];

/// The public methods of a type that take `self`, in these files.
fn methods(of: &str, files: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files {
        for item in syn::parse_file(file).unwrap().items {
            let syn::Item::Impl(block) = item else { continue };
            let syn::Type::Path(path) = &*block.self_ty else {
                continue;
            };
            if block.trait_.is_some() || !path.path.is_ident(of) {
                continue;
            }
            for item in block.items {
                if let syn::ImplItem::Fn(function) = item
                    && matches!(function.vis, syn::Visibility::Public(_))
                    && function.sig.receiver().is_some()
                {
                    found.insert(function.sig.ident.to_string());
                }
            }
        }
    }
    found
}

#[test]
fn every_setter_of_the_builder_can_be_said_in_a_file() {
    let known = of_the_builder().into_iter().map(|(name, ..)| name);
    let known: BTreeSet<String> = known
        .chain(OTHERS_OF_THE_BUILDER.iter().copied())
        .map(str::to_owned)
        .collect();
    let files = [include_str!("../builder.rs"), include_str!("../vendors.rs")];
    assert_eq!(methods("SandboxBuilder", &files), known);
    for (name, choose, settings) in of_the_builder() {
        let chosen = choose(SandboxServer::builder()).initial.settings;
        let read = SandboxServer::builder().change(read(settings)).initial.settings;
        assert_eq!(format!("{read:?}"), format!("{chosen:?}"), "{name}");
    }
}

#[test]
fn everything_that_a_running_sandbox_is_told_in_rust_can_be_told_it_in_json() {
    let known = of_the_server().into_iter().map(|(name, ..)| name);
    let others = OTHERS_OF_THE_SERVER.iter().map(|(name, _)| *name);
    let known: BTreeSet<String> = known.chain(others).map(str::to_owned).collect();
    let files = [
        include_str!("../sandbox_server.rs"),
        include_str!("../identity.rs"),
        include_str!("../launching.rs"),
    ];
    assert_eq!(methods("SandboxServer", &files), known);

    let sandbox = SandboxServer::start().unwrap();
    let now = || format!("{:?}", sandbox.shared.state().settings);
    for (name, tell, settings) in of_the_server() {
        sandbox.reset();
        tell(&sandbox);
        let told = now();
        sandbox.reset();
        sandbox.change(read(settings)).unwrap();
        assert_eq!(now(), told, "{name}");
    }
    for (name, route) in OTHERS_OF_THE_SERVER {
        assert!(super::super::control::has_route(route), "{name}: {route}");
    }
}

#[test]
fn the_settings_that_are_given_can_be_said_and_lead_to_the_same() {
    for (name, choose, _) in of_the_builder() {
        let chosen = choose(SandboxServer::builder()).initial.settings;
        let said = serde_json::to_string(&SandboxSettings::of(&chosen)).unwrap();
        let mut again = Settings::default();
        again.change(serde_json::from_str(&said).unwrap());
        assert_eq!(SandboxSettings::of(&again), SandboxSettings::of(&chosen), "{name}");
    }
}
