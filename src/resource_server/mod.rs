//! The application as a resource server: it is called by others, and checks their access tokens at the authorization server that gave
//! them (RFC 7662; SMART App Launch 2.2, Token Introspection): [`ResourceServer`], and [`CallerToken`] as a handler argument.
//!
//! Each check goes to one server, which the application names: a token that is tried at one server after the other is handed to
//! those that it is not of. What the server said is used again for a short time (`answers`). Tokens that it has not called good lately may
//! be invented, so that they have a memory and places of their own (`servers`). A server that does not answer in time is left alone for
//! a while (`pauses`).

mod answers;
mod ask;
mod error;
mod failed;
mod judge;
mod never_good;
mod not_checked;
mod pauses;
mod server;
mod servers;
mod token;

pub(crate) use self::servers::ResourceServers;
pub use self::{
    error::{CallerTokenError, CallerTokenErrorKind},
    not_checked::NotChecked,
    server::ResourceServer,
    token::CallerToken,
};
pub use crate::config::{CallerTokens, IntrospectWith};
