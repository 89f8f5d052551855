//! Why there is no answer, as a sentence and its cure: [`Trouble`].

use url::Url;

use crate::protocol::transport_error::TransportError;

/// What was found, and what to do.
pub(super) struct Trouble {
    pub(super) found: String,
    pub(super) cure: String,
}

impl Trouble {
    pub(super) fn new(found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            found: found.into(),
            cure: cure.into(),
        }
    }

    /// Of a request to `address`, of which `setting` says how it is configured.
    pub(super) fn of_transport(error: TransportError, address: &str, setting: &str) -> Self {
        let server = server_of(address);
        match error {
            TransportError::Dns => Self::new(
                format!("The host name of {server} is not known."),
                format!("Compare it with {setting}, and see that the DNS of this machine knows it."),
            ),
            TransportError::Refused => Self::new(
                format!("Nothing listens at {server}, or the network has no way to it."),
                format!(
                    "Compare host and port with {setting}. See that the server is up and that a firewall or a proxy lets this \
                     machine reach it."
                ),
            ),
            TransportError::ConnectTimeout => Self::new(
                format!("No connection to {server} was established in time."),
                format!(
                    "Ask whether a firewall stands between this machine and the server, or whether requests have to go through a \
                     proxy (`forward_proxy`). Compare host and port with {setting}."
                ),
            ),
            TransportError::ProxyRefused => Self::new(
                format!("The forward proxy lets nothing through to {server}."),
                "Check the proxy's credentials, and ask that it allows this host and port.",
            ),
            TransportError::Timeout => Self::new(
                format!("{server} takes the request and does not answer in time."),
                "Try again later. If it stays, ask the EHR's administrators; raise `request_timeout` if it is only slow.",
            ),
            TransportError::Disconnected => Self::new(
                format!("{server} closes the connection before it has answered, or does not speak HTTP."),
                format!(
                    "Compare host, port and `https` with {setting}. If they are right, ask the EHR's administrators."
                ),
            ),
            TransportError::Tls => Self::new(
                format!("TLS with {server} fails."),
                "Ask the EHR's administrators about the server's certificate. If it is of the hospital's own authority, add that \
                 with `extra_root_certificates`, or trust the operating system's store (`root_certificates`).",
            ),
            other => Self::new(
                format!("{server} could not be asked: {other}."),
                "Do what the sentence before says, then run the preflight again.",
            ),
        }
    }
}

/// Scheme, host and port of an address.
pub(super) fn server_of(address: &str) -> String {
    Url::parse(address).map_or_else(|_| address.to_owned(), |url| url.origin().ascii_serialization())
}

/// A text as a sentence of its own: it begins with a capital and ends with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}
