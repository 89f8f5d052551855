//! Where a browser is sent once somebody has signed out here, so that the EHR signs the person out too.

use url::Url;

use crate::{
    config::IdTokenHint,
    protocol::secret::RawIdToken,
    runtime::Runtime,
    store::{EndReason, EndedLaunch, EndedLaunches},
};

/// The EHR's address for it. `None`: nothing ended, the launches were at several EHRs, or their registration does not ask for
/// it.
pub(crate) fn at_ehr(runtime: &Runtime, ended: &EndedLaunches) -> Option<Url> {
    let newest = ended.records.iter().max_by_key(|record| record.opened_at)?;
    if ended
        .records
        .iter()
        .any(|record| record.origin.ehr != newest.origin.ehr)
    {
        return None;
    }
    let client_id = newest.origin.client.as_ref().map(|client| client.client_id.as_str());
    address(runtime, &newest.origin.ehr, client_id, newest.tokens.raw_id_token())
}

/// The same for a launch that has ended already, of which no more is known: somebody presses the button twice.
pub(crate) fn at_ehr_of_ended(runtime: &Runtime, ended: &EndedLaunch) -> Option<Url> {
    if ended.reason != EndReason::LoggedOut {
        return None;
    }
    address(runtime, &ended.ehr, None, None)
}

fn address(runtime: &Runtime, ehr: &str, client_id: Option<&str>, id_token: Option<&RawIdToken>) -> Option<Url> {
    let known = runtime.registrations.all_known();
    let ehr = known.into_iter().find(|known| known.key() == ehr)?;
    let at = ehr.end_session()?;
    if client_id.is_some_and(|client_id| client_id != ehr.client_id()) {
        return None;
    }
    let mut url = at.endpoint.url().clone();
    let mut query = url.query_pairs_mut();
    query.append_pair("client_id", ehr.client_id());
    if let Some(return_to) = &at.return_to {
        query.append_pair("post_logout_redirect_uri", return_to.as_str());
    }
    if let (IdTokenHint::Send, Some(id_token)) = (at.hint, id_token) {
        query.append_pair("id_token_hint", id_token.expose_secret());
    }
    drop(query);
    Some(url)
}
