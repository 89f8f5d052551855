//! What the transports that come with the crate have in common.

pub(crate) mod connect_error;
pub(crate) mod look_up;
pub(crate) mod pieces;
#[cfg(test)]
pub(crate) mod ssrf;
pub(crate) mod start;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub(crate) mod tls;
pub(crate) mod tls_look;
