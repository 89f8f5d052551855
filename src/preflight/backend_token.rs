//! Whether the EHR gives the application a token without a user: one is asked for, and thrown away.

use super::{check::Check, finding::Findings, options::Trial, subject::Subject, trouble::Trouble};
use crate::{
    launch::announced::endpoints_for_refresh,
    protocol::{
        people::People,
        scope::Scopes,
        token_error::TokenError,
        token_request::TokenForm,
        token_response::{Grant, TokenResponse},
    },
    runtime::{
        places::PlaceKind,
        refusal_log::{About, Purpose},
        signing::SignedAhead,
        token_endpoint::{TokenCall, call_token_endpoint},
    },
    store::PinnedEndpoints,
};

/// How the address of the endpoint is configured.
const SETTING: &str = "the `token_endpoint` of the EHR's metadata";

pub(super) async fn look(subject: &Subject, findings: &mut Findings) {
    let Some(scopes) = subject.ehr.backend_scopes() else {
        return;
    };
    if subject.options.credentials == Trial::Skipped {
        findings.not_checked(Check::BackendToken, "The credentials were not to be tried.");
        return;
    }
    let endpoints = match endpoints_for_refresh(&subject.runtime, &subject.ehr).await {
        Ok((endpoints, _)) => endpoints,
        Err(error) => {
            findings.failure(
                Check::BackendToken,
                format!("It is not known where to ask for a token: {error}."),
                "Mend what is said of the metadata, or configure the endpoints by hand (`EhrBuilder::endpoints`).",
            );
            return;
        }
    };
    match ask(subject, scopes, &endpoints).await {
        Ok(answer) => say_granted(scopes, &answer.scope.unwrap_or_else(|| scopes.clone()), findings),
        Err(error) => say_refused(&endpoints, &error, findings),
    }
}

/// A token without a user, and what the EHR grants with it.
pub(super) async fn ask(
    subject: &Subject,
    scopes: &Scopes,
    endpoints: &PinnedEndpoints,
) -> Result<TokenResponse, TokenError> {
    let Subject { runtime, ehr, .. } = subject;
    let place = runtime.places.take(ehr.desk(), PlaceKind::Refresh).await?;
    let call = TokenCall {
        endpoints,
        form: TokenForm::client_credentials(scopes),
        requested: scopes,
        grant: Grant::ClientCredentials,
        signed: SignedAhead::default(),
        not_after: None,
        about: About {
            purpose: Purpose::Preflight,
            people: People::default(),
        },
    };
    call_token_endpoint(runtime, ehr, call, &place).await
}

fn say_granted(asked: &Scopes, granted: &Scopes, findings: &mut Findings) {
    let missing = granted.uncovered(asked);
    if missing.is_empty() {
        findings.ok(
            Check::BackendToken,
            format!("The EHR gives the application a token without a user, for {granted}."),
        );
        return;
    }
    findings.warning(
        Check::BackendToken,
        format!("The EHR gives the application a token without a user, but not for {missing}."),
        "Have those scopes registered, or take them out of `backend_scopes`.",
    );
}

fn say_refused(endpoints: &PinnedEndpoints, error: &TokenError, findings: &mut Findings) {
    let (found, cure) = match (error, error.error_code()) {
        (TokenError::Transport(source), _) => {
            let trouble = Trouble::of_transport(*source, endpoints.token.as_str(), SETTING);
            findings.failure(Check::BackendToken, trouble.found, trouble.cure);
            return;
        }
        (TokenError::ClientAuth(_), _) => {
            findings.failure(
                Check::BackendToken,
                format!("The request could not be authenticated, and nothing was sent: {error}."),
                "Mend what holds the key, and run the preflight again.",
            );
            return;
        }
        (_, Some("invalid_client")) => (
            "The EHR refuses the credentials (`invalid_client`).",
            "Compare client id, key and key id with the EHR's; a client for launches is often another one than that for backend \
             services.",
        ),
        (_, Some("invalid_scope")) => (
            "The EHR refuses the scopes (`invalid_scope`).",
            "Compare `backend_scopes` with what is registered. Many EHRs want each resource type by name.",
        ),
        (_, Some("unauthorized_client" | "unsupported_grant_type")) => (
            "The EHR gives this client no token without a user.",
            "Ask the EHR's administrators to register the application for backend services (`client_credentials`).",
        ),
        _ => {
            findings.failure(
                Check::BackendToken,
                format!("The EHR gives no token without a user: {error}."),
                "Ask the EHR's administrators what its log says.",
            );
            return;
        }
    };
    findings.failure(Check::BackendToken, found, cure);
}
