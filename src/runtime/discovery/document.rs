//! What can be fetched and kept: [`Document`], and from where: [`DocumentRequest`].

use url::Url;

use super::{document_kind::DocumentKind, error::DiscoveryError};
use crate::{
    protocol::{metadata::ServerMetadata, network_guard::Addresses, urls::FhirBaseUrl},
    runtime::sign_ins::SignIn,
};

/// How many violations a line of the log names. A document may have any number.
const VIOLATIONS_NAMED: usize = 20;

/// A kind of document that an EHR publishes.
pub(crate) trait Document: Sized + Send + Sync + 'static {
    /// What has to be known to read it.
    type Context: Clone + Send + Sync + 'static;

    /// Which one it is, for messages.
    const KIND: DocumentKind;

    /// Reads the body that came from `endpoint`.
    ///
    /// # Errors
    ///
    /// A [`DiscoveryError`] that says what is there instead.
    fn read(body: &[u8], endpoint: &Url, context: &Self::Context) -> Result<Self, DiscoveryError>;

    /// The sign-in that it claims, if it is a document that does.
    fn sign_in(&self) -> Option<SignIn> {
        None
    }
}

/// Where a document is, and what has to be sent to get it.
#[derive(Debug)]
pub(crate) struct DocumentRequest<D: Document> {
    key: String,
    url: Url,
    headers: Vec<(&'static str, String)>,
    addresses: Addresses,
    context: D::Context,
}

impl<D: Document> DocumentRequest<D> {
    fn new(key: impl Into<String>, url: Url, context: D::Context) -> Self {
        Self {
            key: key.into(),
            url,
            headers: Vec::new(),
            addresses: Addresses::Any,
            context,
        }
    }

    /// A header to send with the request.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Which addresses it may come from.
    pub(crate) fn reaching(mut self, addresses: Addresses) -> Self {
        self.addresses = addresses;
        self
    }

    /// What the document is kept under. The headers belong to it: an EHR may answer differently to different clients.
    /// So does the guard: what an unguarded request brought is not for a guarded one.
    pub(super) fn cache_key(&self) -> String {
        let mut key = self.key.clone();
        for (name, value) in &self.headers {
            key.push('\n');
            key.push_str(name);
            key.push(':');
            key.push_str(value);
        }
        if matches!(self.addresses, Addresses::Guarded(_)) {
            key.push_str("\nguarded");
        }
        key
    }

    /// The address that it was made for, whatever else belongs to the request.
    pub(super) fn address(&self) -> &str {
        &self.key
    }

    pub(super) const fn url(&self) -> &Url {
        &self.url
    }

    pub(super) const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    pub(super) fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    pub(super) const fn context(&self) -> &D::Context {
        &self.context
    }
}

impl<D: Document> Clone for DocumentRequest<D> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            url: self.url.clone(),
            headers: self.headers.clone(),
            addresses: self.addresses.clone(),
            context: self.context.clone(),
        }
    }
}

impl<D: Document<Context = ()>> DocumentRequest<D> {
    /// The document at this address.
    pub(crate) fn at(url: Url) -> Self {
        Self::new(url.as_str(), url.clone(), ())
    }
}

impl DocumentRequest<ServerMetadata> {
    /// The metadata of the FHIR server at `base`, which must be the registered spelling: relative addresses in the
    /// document are resolved against it.
    pub(crate) fn metadata_of(base: &FhirBaseUrl) -> Self {
        Self::new(base.as_str(), base.metadata_url(), base.clone())
    }
}

impl Document for ServerMetadata {
    type Context = FhirBaseUrl;

    const KIND: DocumentKind = DocumentKind::ServerMetadata;

    fn read(body: &[u8], endpoint: &Url, base: &FhirBaseUrl) -> Result<Self, DiscoveryError> {
        let metadata = Self::parse(body, base).map_err(|source| DiscoveryError::Document {
            endpoint: endpoint.to_string(),
            source,
        })?;
        let found = metadata.validate();
        if !found.is_empty() {
            let named: Vec<_> = found.iter().take(VIOLATIONS_NAMED).map(ToString::to_string).collect();
            tracing::info!(
                endpoint = endpoint.as_str(),
                number = found.len(),
                violations = named.join("; "),
                "the server metadata does not follow SMART App Launch 2.2 in everything; going on with it"
            );
        }
        Ok(metadata)
    }

    fn sign_in(&self) -> Option<SignIn> {
        SignIn::announced(self)
    }
}
