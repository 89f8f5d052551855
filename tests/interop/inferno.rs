//! Inferno's assertions about what the independent server was sent, by the auditor that the sandbox's tests have.

#[expect(dead_code, unreachable_pub, reason = "it can do more than is needed here")]
#[path = "../it/inferno/audit.rs"]
mod audit;

use std::collections::{BTreeMap, BTreeSet};

use actix_smart_auth::sandbox::Endpoint;
use url::Url;

use self::audit::{Authentication, Ids, Registration, Request, audit};
use crate::{
    application::{Application, LAUNCH, Profile},
    provider::Seen,
    support::Browser,
};

/// Fails when a request since the last *forget* broke an assertion, or when one was not looked at that applies.
pub(crate) async fn holds(app: &Application, browser: &Browser, profile: Profile) {
    let sent = app.provider.control(&[]).await;
    let authentication = match profile {
        // Inferno compares id and secret as they are. Those of this server have odd characters, which RFC 6749, section
        // 2.3.1, wants encoded; what is sent for them is tested in `requests`.
        Profile::Public | Profile::Secret => Authentication::Public,
        Profile::Rs384 | Profile::Es384 | Profile::Rs384ByValue | Profile::Es384ByValue => {
            let keys = Browser::new().get(&app.url("/.well-known/jwks.json")).await.body;
            Authentication::Asymmetric(serde_json::from_str(&keys).unwrap())
        }
    };
    let registration = Registration {
        client_id: profile.client_id(),
        redirect_uris: vec![app.url("/auth/callback")],
        fhir_base_url: app.provider.fhir_base.clone(),
        token_url: format!("{}/token", app.provider.origin),
        authentication,
    };
    let refreshes = sent.iter().filter(|request| request.status_if_answered() == Some(200));
    let seen = audit::Seen {
        launches: vec![LAUNCH.to_owned()],
        codes: codes(browser),
        // The server gives them to nobody but the client; those that it took are those that it gave.
        refresh_tokens: refreshes
            .filter_map(|request| request.form("refresh_token").map(str::to_owned))
            .collect(),
    };
    let mut looked_at = BTreeSet::new();
    for (id, result) in audit(sent.iter().filter_map(request), &registration, &seen) {
        // Beside a secret there is no `client_id` in the body.
        if profile == Profile::Secret && id == "TK-4" {
            continue;
        }
        assert_eq!(result, Ok(()), "{id} for {profile:?}");
        looked_at.insert(id);
    }
    for (id, whom) in audit::IDS {
        let applies = match whom {
            Ids::Everybody => id != "AZ-5",
            Ids::Asymmetric => matches!(registration.authentication, Authentication::Asymmetric(_)),
            Ids::Public => profile == Profile::Public,
            Ids::Symmetric | Ids::BackendServices => false,
        };
        assert!(!applies || looked_at.contains(id), "{id} for {profile:?}");
    }
}

fn request(sent: &Seen) -> Option<Request> {
    let (is_for, member) = match sent.text("path") {
        "/auth" => (Endpoint::Authorize, "query"),
        "/token" => (Endpoint::Token, "form"),
        _ => return None,
    };
    Some(Request {
        is_for,
        parameters: sent.pairs(member),
        authorization: sent.text("authorization").to_owned(),
    })
}

/// Each code that the browser was sent back with, and the state beside it.
fn codes(browser: &Browser) -> BTreeMap<String, String> {
    let answers = browser.answers();
    let callbacks = answers.iter().filter_map(|answer| Url::parse(answer.location()).ok());
    callbacks
        .filter_map(|url| {
            let get = |name: &str| {
                url.query_pairs()
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value.into_owned())
            };
            Some((get("code")?, get("state")?))
        })
        .collect()
}
