//! Whether the EHR tells the application about the tokens of its callers: it is asked about one that cannot exist.

use super::{backend_token, check::Check, finding::Findings, options::Trial, subject::Subject, trouble::Trouble};
use crate::{
    config::{CheckedCallerTokens, Ehr, IntrospectWith},
    launch::{
        announced::endpoints_for_refresh,
        introspect::{IntrospectError, Proof, Question, ask as introspect},
    },
    protocol::{
        endpoint_error::EndpointError, introspection::Introspection, people::People, random::random_text,
        secret::AccessToken,
    },
    resource_server::NotChecked,
    runtime::{places::PlaceKind, refusal_log::Purpose},
    store::PinnedEndpoints,
};

/// How the address of the endpoint is configured.
const SETTING: &str = "the `introspection_endpoint` of the EHR's metadata (`CallerTokens::endpoint`)";

/// Why there is no answer.
enum NotAsked {
    /// It could be asked with no token of the application's own, which another check says.
    NoToken,
    Error(IntrospectError),
}

pub(super) async fn look(subject: &Subject, findings: &mut Findings) {
    let Some(rules) = subject.ehr.caller_tokens() else {
        return;
    };
    audience(rules, findings);
    if subject.options.credentials == Trial::Skipped {
        findings.not_checked(Check::CallerTokens, "The credentials were not to be tried.");
        return;
    }
    let mut endpoints = match endpoints_for_refresh(&subject.runtime, &subject.ehr).await {
        Ok((endpoints, _)) => endpoints,
        Err(error) => {
            findings.failure(
                Check::CallerTokens,
                format!("It is not known where to ask about callers' tokens: {error}."),
                "Mend what is said of the metadata, or configure the endpoints by hand (`EhrBuilder::endpoints`).",
            );
            return;
        }
    };
    if let Some(own) = &rules.endpoint {
        endpoints.introspection = Some(own.clone());
    }
    match ask(subject, rules, &endpoints).await {
        Ok(said) => say_answered(rules, &said, findings),
        Err(NotAsked::NoToken) => findings.not_checked(
            Check::CallerTokens,
            "The application has no token of its own to ask with; see `backend-token`.",
        ),
        Err(NotAsked::Error(error)) => say_refused(&endpoints, &error, findings),
    }
}

/// Where the application is not registered yet: what needs no client.
pub(super) fn look_before_registration(ehr: &Ehr, findings: &mut Findings) {
    if let Some(rules) = ehr.caller_tokens() {
        audience(rules, findings);
        findings.not_checked(
            Check::CallerTokens,
            "The application is not registered yet, and has no client to ask with. Run the preflight again when it is.",
        );
    }
}

fn audience(rules: &CheckedCallerTokens, findings: &mut Findings) {
    match &rules.audience {
        Some(audience) => findings.ok(
            Check::CallerAudience,
            format!("Only tokens for {audience} are taken (`aud`)."),
        ),
        None => findings.warning(
            Check::CallerAudience,
            "No audience is set: every token of this EHR opens the application, whatever application it was given for.",
            "Ask the EHR's administrators what `aud` the tokens of your callers have, and set `CallerTokens::audience`. If they have \
             none, check scopes and client id of each caller in the handlers.",
        ),
    }
}

/// One question, as it is asked about a caller.
async fn ask(
    subject: &Subject,
    rules: &CheckedCallerTokens,
    endpoints: &PinnedEndpoints,
) -> Result<Introspection, NotAsked> {
    let (runtime, ehr) = (&*subject.runtime, &*subject.ehr);
    let made_up = AccessToken::new(format!("preflight-{}", random_text::<16>(&mut rand::rng())));
    let own = match (rules.introspect_with, ehr.backend_scopes()) {
        (IntrospectWith::BackendToken, Some(scopes)) => {
            let answer = backend_token::ask(subject, scopes, endpoints).await;
            Some(answer.map_err(|_| NotAsked::NoToken)?.access_token)
        }
        _ => None,
    };
    let question = Question {
        endpoints,
        token: &made_up,
        proof: match (rules.introspect_with, &own) {
            (IntrospectWith::CallersToken, _) => Proof::Bearer(&made_up),
            (_, Some(own)) => Proof::Bearer(own),
            (_, None) => Proof::Client,
        },
        timeout: rules.timeout,
        purpose: Purpose::Preflight,
        people: People::default(),
    };
    let place = runtime.places.take(ehr.desk(), PlaceKind::Introspection).await;
    let place = place.map_err(|busy| NotAsked::Error(busy.into()))?;
    match introspect(runtime, ehr, question, &place).await {
        // The made-up token was shown as the credentials too: it has said what it thinks of it.
        Err(IntrospectError::Endpoint(error))
            if rules.introspect_with == IntrospectWith::CallersToken && error.is_unauthorized() =>
        {
            Ok(Introspection::inactive())
        }
        other => other.map_err(NotAsked::Error),
    }
}

fn say_answered(rules: &CheckedCallerTokens, said: &Introspection, findings: &mut Findings) {
    if said.active() {
        findings.failure(
            Check::CallerTokens,
            "The EHR calls a token good that was made up just now.",
            "Tell the EHR's administrators, and let nobody call the application until it is mended: anybody could invent a token.",
        );
        return;
    }
    let who = match rules.introspect_with {
        IntrospectWith::ClientCredentials => "takes the credentials",
        IntrospectWith::BackendToken => "takes the application's own token",
        IntrospectWith::CallersToken => "answers",
    };
    findings.ok(
        Check::CallerTokens,
        format!(
            "The EHR {who} and says that a made-up token is not active. Whether it tells this client about the tokens of others only a \
             caller's token shows: some servers call every token inactive for a client that is not registered as a resource server. Try \
             a good one once."
        ),
    );
}

fn say_refused(endpoints: &PinnedEndpoints, error: &IntrospectError, findings: &mut Findings) {
    let endpoint = endpoints
        .introspection
        .as_ref()
        .map_or("", |endpoint| endpoint.as_str());
    if let IntrospectError::Endpoint(EndpointError::Transport(source)) = error {
        let trouble = Trouble::of_transport(*source, endpoint, SETTING);
        findings.failure(Check::CallerTokens, trouble.found, trouble.cure);
        return;
    }
    let (found, cure) = match NotChecked::of(error) {
        NotChecked::NoEndpoint => (
            "The EHR's metadata names no introspection endpoint.".to_owned(),
            "Ask the EHR's administrators for it and name it (`CallerTokens::endpoint`).",
        ),
        NotChecked::ClientRefused => (
            format!("The EHR does not let this client ask about tokens: {error}."),
            "Compare client id and credentials with the EHR's, and have the client registered there as a resource server \
             (`introspect_with` says what it asks with).",
        ),
        NotChecked::NotSigned => (
            format!("The request could not be authenticated, and nothing was sent: {error}."),
            "Mend what holds the key, and run the preflight again.",
        ),
        NotChecked::Busy => {
            findings.not_checked(Check::CallerTokens, "Too many requests to this EHR are under way.");
            return;
        }
        _ => (
            format!("{endpoint}: {error}."),
            "Ask the EHR's administrators whether this is the introspection endpoint, and what its log says.",
        ),
    };
    findings.failure(Check::CallerTokens, found, cure);
}
