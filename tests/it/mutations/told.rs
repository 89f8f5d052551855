//! What the application is told in a launch.

use std::fmt::Write as _;

use actix_smart_auth::{FhirUser, IdTokenClaims, SmartSession};
use serde_json::Value;

/// Everything that a handler learns from a launch, line by line.
pub(super) async fn told(session: SmartSession, user: Option<FhirUser>, claims: IdTokenClaims) -> String {
    let (tokens, context) = (session.tokens(), session.launch_context());
    let refresh_token = tokens.refresh_token().map(|token| token.expose_secret());
    let mut page = String::new();
    let mut line = |name: &str, value: Option<&str>| {
        writeln!(page, "{name}: {}", value.unwrap_or("none")).unwrap();
    };
    line("access token", Some(session.access_token().expose_secret()));
    line("refresh token", refresh_token);
    line("lives", Some(&format!("{:?}", tokens.lifetime())));
    line("granted", Some(session.granted_scopes().as_str()));
    line("patient", session.patient());
    line("encounter", session.encounter());
    line(
        "banner",
        context
            .need_patient_banner()
            .map(|flag| if flag { "yes" } else { "no" }),
    );
    let context_items: Vec<_> = context.fhir_context().iter().filter_map(|it| it.reference()).collect();
    line("context", Some(&context_items.join(" ")));
    line("intent", context.intent());
    line("style", context.smart_style_url());
    line("tenant", context.tenant());
    line("other", Some(&Value::Object(context.other().clone()).to_string()));
    line("sub", Some(claims.subject()));
    line("aud", Some(&format!("{} in all", claims.audience().len())));
    line("azp", claims.authorized_party());
    let nonce = if claims.nonce_was_checked() {
        "checked"
    } else {
        "not checked"
    };
    line("nonce", Some(nonce));
    let ago = |moment| session.tokens().requested_at().saturating_since(moment).as_secs();
    line(
        "signed in",
        claims.auth_time().map(|it| format!("{} s ago", ago(it))).as_deref(),
    );
    line("user", user.map(|it| it.reference()).as_deref());
    line("name", claims.name());
    let others = ["at_hash", "nbf"].map(|name| u8::from(claims.claim(name).is_some()));
    line("at_hash and nbf", Some(&format!("{others:?}")));
    page
}

/// In the good launch. `N` is the number of the launch.
pub(super) const CONTROL: &str = "\
access token: access-N
refresh token: refresh-N
lives: 3600s
granted: openid fhirUser patient/*.rs
patient: p-1
encounter: e-1
banner: yes
context: ImagingStudy/1
intent: reconcile
style: https://ehr.example/style.json
tenant: north
other: {\"x_ward\":7}
sub: user-1
aud: 1 in all
azp: my app/+%ü
nonce: checked
signed in: 100 s ago
user: Practitioner/1
name: Dr. Ada Example
at_hash and nbf: [1, 1]
";

/// The lines that are not those of the good launch.
pub(super) fn differences(control: &str, told: &str) -> String {
    assert_eq!(control.lines().count(), told.lines().count(), "{told}");
    let pairs = control.lines().zip(told.lines());
    let different: Vec<_> = pairs
        .filter(|(good, here)| good != here)
        .map(|(_, here)| here)
        .collect();
    different.join("; ")
}
