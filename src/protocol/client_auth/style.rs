//! How one EHR wants credentials written: [`AuthStyle`].

use super::basic::BasicEncoding;

/// Whether a *confidential* client sends `client_id` in the body of token requests beside its credentials.
///
/// A public client always does: it is all that identifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ClientIdInBody {
    /// No, as SMART App Launch 2.2 says. The default.
    #[default]
    Omit,
    /// Yes, for servers that look for it there.
    Send,
}

/// How an EHR wants a client's credentials written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct AuthStyle {
    pub(crate) basic_encoding: BasicEncoding,
    pub(crate) client_id_in_body: ClientIdInBody,
}
