//! Whether the token endpoint accepts the credentials: tried with a code that cannot exist.

use super::{
    check::Check,
    finding::Findings,
    options::Trial,
    subject::Subject,
    trouble::{Trouble, sentence},
};
use crate::{
    config::EhrTexts,
    protocol::{
        client_auth::credentials::CredentialSlot,
        people::People,
        random::random_text,
        secret::{AuthorizationCode, CodeVerifier},
        token_error::TokenError,
        token_request::TokenForm,
        token_response::Grant,
        visible::in_log,
    },
    runtime::{
        clocks::Clocks,
        places::PlaceKind,
        refusal_log::{About, Purpose, RefusedCredentials},
        signing::SignedAhead,
        token_endpoint::{TokenCall, call_token_endpoint},
    },
    store::{CredentialKind, PinnedEndpoints},
};

/// How the address of the endpoint is configured.
const SETTING: &str = "the `token_endpoint` of the EHR's metadata";

pub(super) async fn look(subject: &Subject, endpoints: &PinnedEndpoints, clocks: Clocks, findings: &mut Findings) {
    if subject.options.credentials == Trial::Skipped {
        findings.not_checked(Check::TokenEndpoint, "The credentials were not to be tried.");
        return;
    }
    match try_credentials(subject, endpoints).await {
        Ok(()) => findings.warning(
            Check::TokenEndpoint,
            "The EHR gave a token for a code that does not exist.",
            "Tell the EHR's administrators: anybody could have one.",
        ),
        Err(error) => judge(subject, endpoints, clocks, &error, findings),
    }
}

/// One exchange, as a launch sends it.
async fn try_credentials(subject: &Subject, endpoints: &PinnedEndpoints) -> Result<(), TokenError> {
    let Subject { runtime, ehr, .. } = subject;
    let place = runtime.places.take(ehr.desk(), PlaceKind::Exchange).await?;
    let (code, verifier) = {
        let mut rng = rand::rng();
        let code = format!("preflight-{}", random_text::<16>(&mut rng));
        (AuthorizationCode::new(code), CodeVerifier::random(&mut rng))
    };
    let call = TokenCall {
        endpoints,
        form: TokenForm::exchange(&code, ehr.redirect_uri().unwrap_or_default(), &verifier),
        requested: ehr.scopes(),
        grant: Grant::Code,
        signed: SignedAhead::default(),
        not_after: None,
        about: About {
            purpose: Purpose::Preflight,
            people: People::default(),
        },
    };
    call_token_endpoint(runtime, ehr, call, &place).await.map(drop)
}

fn judge(subject: &Subject, endpoints: &PinnedEndpoints, clocks: Clocks, error: &TokenError, findings: &mut Findings) {
    let ehr = &subject.ehr;
    let who = match ehr.client().credentials {
        CredentialKind::Public => "knows the client id",
        CredentialKind::Secret => "accepts client id and secret",
        CredentialKind::PrivateKey => "accepts the signature of the key",
    };
    let words = words_of(subject, error);
    match (error, error.error_code()) {
        (_, Some("invalid_grant")) => findings.ok(
            Check::TokenEndpoint,
            format!("The EHR {who}: of an exchange it refuses only the code, which was made up (`invalid_grant`)."),
        ),
        (_, Some("invalid_client")) => findings.failure(
            Check::TokenEndpoint,
            format!("The EHR refuses the credentials (`invalid_client`).{words}"),
            cure(
                subject,
                endpoints,
                clocks,
                error,
                "compare client id and credentials with the EHR's",
            ),
        ),
        (_, Some("unauthorized_client")) => findings.failure(
            Check::TokenEndpoint,
            format!("The EHR knows this client and does not let it exchange codes (`unauthorized_client`).{words}"),
            cure(
                subject,
                endpoints,
                clocks,
                error,
                "ask the EHR's administrators to register the application for `authorization_code`",
            ),
        ),
        (TokenError::Refused { status, error, .. }, _) => findings.warning(
            Check::TokenEndpoint,
            format!("The EHR answers a made-up code with `{error}` (status {status}), which says nothing certain about the credentials.{words}"),
            "Try a launch. If it fails with the same code, ask the EHR's administrators what it means.",
        ),
        (TokenError::Transport(source), _) => {
            let trouble = Trouble::of_transport(*source, endpoints.token.as_str(), SETTING);
            findings.failure(Check::TokenEndpoint, trouble.found, trouble.cure);
        }
        (TokenError::ClientAuth(_), _) => findings.failure(
            Check::TokenEndpoint,
            format!("The request could not be authenticated, and nothing was sent: {error}."),
            "Mend what holds the key, and run the preflight again.",
        ),
        (TokenError::Busy { .. }, _) => findings.not_checked(Check::TokenEndpoint, "Too many requests to this EHR are under way."),
        _ => findings.failure(
            Check::TokenEndpoint,
            format!("{}: {error}.", endpoints.token.as_str()),
            "Ask the EHR's administrators whether this is the token endpoint, and what its log says.",
        ),
    }
}

/// What to try, or this where nothing better is known.
fn cure(subject: &Subject, endpoints: &PinnedEndpoints, clocks: Clocks, error: &TokenError, usual: &str) -> String {
    sentence(hint(subject, endpoints, clocks, error).unwrap_or(usual))
}

/// What to try where the credentials are refused.
fn hint(subject: &Subject, endpoints: &PinnedEndpoints, clocks: Clocks, error: &TokenError) -> Option<&'static str> {
    let ehr = &subject.ehr;
    let slot = ehr
        .credential_order(&endpoints.auth_server())
        .first()
        .copied()
        .unwrap_or(CredentialSlot::Current);
    RefusedCredentials {
        credentials: ehr.credentials(),
        slot,
        has_authorization: ehr.credentials().go_into_a_header(&endpoints.auth_server()),
        status: error.status()?,
        code: error.error_code().unwrap_or("none"),
        clocks,
        origin: ehr.origin(),
    }
    .hint()
}

/// What the EHR wrote, as far as the configuration lets it into a log.
fn words_of(subject: &Subject, error: &TokenError) -> String {
    if subject.runtime.settings.policies.ehr_texts == EhrTexts::LeftOut {
        return String::new();
    }
    error
        .description()
        .map(|text| format!(" It writes: \"{}\".", in_log(text.as_str()).trim_end_matches('.')))
        .unwrap_or_default()
}
