//! Where a browser is sent once somebody has signed out here, so that the EHR signs the person out too.

use url::Url;

use crate::{
    config::IdTokenHint,
    runtime::Runtime,
    store::{EndedLaunches, LaunchRecord},
};

/// The EHR's address for it. `None`: nothing ended, the launches were at several EHRs, or their registration does not ask for
/// it.
pub(crate) fn at_ehr(runtime: &Runtime, ended: &EndedLaunches) -> Option<Url> {
    let newest = ended.records.iter().max_by_key(|record| record.opened_at)?;
    if ended.records.iter().any(|record| record.ehr != newest.ehr) {
        return None;
    }
    let ehr = runtime
        .registrations
        .all_known()
        .into_iter()
        .find(|ehr| ehr.key() == newest.ehr)?;
    let at = ehr.end_session()?;
    let is_other_client = |record: &LaunchRecord| {
        let client = record.client.as_ref();
        client.is_some_and(|client| client.client_id != ehr.client_id())
    };
    if is_other_client(newest) {
        return None;
    }
    let mut url = at.endpoint.url().clone();
    let mut query = url.query_pairs_mut();
    query.append_pair("client_id", ehr.client_id());
    if let Some(return_to) = &at.return_to {
        query.append_pair("post_logout_redirect_uri", return_to.as_str());
    }
    if let (IdTokenHint::Send, Some(id_token)) = (at.hint, newest.tokens.raw_id_token()) {
        query.append_pair("id_token_hint", id_token.expose_secret());
    }
    drop(query);
    Some(url)
}
