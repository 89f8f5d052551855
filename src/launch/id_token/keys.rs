//! A key set as a document that is fetched and kept.

use url::Url;

use crate::{
    protocol::id_token::KeySet,
    runtime::discovery::{DiscoveryError, Document, DocumentKind},
};

impl Document for KeySet {
    type Context = ();

    const KIND: DocumentKind = DocumentKind::KeySet;

    fn read(body: &[u8], endpoint: &Url, (): &()) -> Result<Self, DiscoveryError> {
        let keys = Self::parse(body).map_err(|source| DiscoveryError::KeySet {
            endpoint: endpoint.to_string(),
            source,
        })?;
        for (number, problem) in keys.problems() {
            tracing::info!(
                endpoint = endpoint.as_str(),
                number,
                %problem,
                "a key of an EHR's key set is left out; id tokens that are signed with it will be refused"
            );
        }
        Ok(keys)
    }
}
