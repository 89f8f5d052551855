//! What is demanded of the `nonce` of an id token: [`NoncePolicy`].

/// What an id token has to do with the `nonce` of its authorization request.
///
/// `nonce` is optional in the code flow, PKCE protects the code already, and SMART servers need not support it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NoncePolicy {
    /// A nonce is sent. A token with another one is refused, a token without one is accepted. The default.
    #[default]
    IfReturned,
    /// A nonce is sent, and has to come back (OpenID Connect Core 1.0, section 3.1.3.7).
    Required,
    /// No nonce is sent, for EHRs that refuse a request with one. A token that has one all the same is refused: it
    /// belongs to another request.
    NotSent,
}
