//! A client that the EHR has made for one launch: [`Installation`].

/// A client that is good for one launch alone ([`InstallationClient`](crate::options::InstallationClient)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installation {
    pub(crate) client_id: String,
    /// Of the key that it was registered with.
    pub(crate) kid: String,
}
