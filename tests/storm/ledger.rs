//! The refreshes that the sandbox saw, per grant.

use std::collections::{BTreeMap, HashSet};

use actix_smart_auth::sandbox::{ReceivedRequest, SandboxServer};

/// One refresh request.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// When it arrived, in milliseconds since the epoch.
    pub(crate) at: u64,
    pub(crate) refresh_token: String,
    /// Which process sent it.
    pub(crate) agent: String,
    pub(crate) status: Option<u16>,
}

/// All refresh requests by grant, in the order of their arrival.
pub(crate) fn refreshes(sandbox: &SandboxServer) -> BTreeMap<usize, Vec<Sent>> {
    let mut by_grant = BTreeMap::<_, Vec<_>>::new();
    for one in sent(sandbox) {
        let grant = sandbox.grant_of_token(&one.refresh_token).unwrap();
        by_grant.entry(grant).or_default().push(one);
    }
    by_grant
}

/// All refresh requests, in the order of their arrival.
pub(crate) fn sent(sandbox: &SandboxServer) -> Vec<Sent> {
    let sent = |request: ReceivedRequest| Sent {
        at: request.at.as_millis(),
        refresh_token: request.parameter("refresh_token").unwrap(),
        agent: request.header("user-agent").unwrap().to_owned(),
        status: request.status,
    };
    sandbox
        .token_requests_of("refresh_token")
        .into_iter()
        .map(sent)
        .collect()
}

/// Checks that a launch was refreshed exactly once per period, while `lasted` milliseconds of requests came without a
/// pause. A refresh is due at the half of a token's life.
///
/// A refresh token is known only from the answer to the request before it. So as long as none is sent twice, no two
/// requests of a launch were under way at once.
pub(crate) fn assert_once_per_period(sent: &[Sent], life: u64, lasted: u64) {
    let tokens: HashSet<_> = sent.iter().map(|sent| &sent.refresh_token).collect();
    assert_eq!(tokens.len(), sent.len(), "a refresh token was sent twice: {sent:#?}");
    for sent in sent {
        assert_eq!(sent.status, Some(200), "{sent:?}");
    }
    for two in sent.windows(2) {
        let apart = two[1].at - two[0].at;
        assert!(apart >= life / 2, "two refreshes within {apart} ms: {two:#?}");
    }
    // No token is used past its life.
    let least = usize::try_from(lasted / life).unwrap().saturating_sub(1);
    assert!(sent.len() >= least, "only {} refreshes in {lasted} ms", sent.len());
}
