//! How far a request came that brought nothing: [`Reach`]. "Does not answer" is said only of what did not answer.

use crate::protocol::transport_error::TransportError;

/// How far a request came that brought nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// There was no answer.
    Silent,
    /// The answer was that the other side is in trouble, or has too much to do: it is soon over.
    Troubled,
    /// There was an answer that cannot be used. It will be the same next time.
    Unusable,
}

impl Reach {
    /// By the status of an answer that is no success, or not the one that was wanted.
    pub(crate) const fn of_status(status: u16) -> Self {
        match status {
            408 | 425 | 429 | 500..=599 => Self::Troubled,
            _ => Self::Unusable,
        }
    }

    /// By the reason why there is no complete answer.
    pub(crate) const fn of_transport(error: TransportError) -> Self {
        match error {
            TransportError::BodyTooLarge | TransportError::NoLength | TransportError::ContentCoding => Self::Unusable,
            TransportError::DamagedBody => Self::Troubled,
            TransportError::Dns
            | TransportError::Refused
            | TransportError::ConnectTimeout
            | TransportError::ProxyRefused
            | TransportError::Tls
            | TransportError::Timeout
            | TransportError::Disconnected
            | TransportError::Unsendable
            | TransportError::AddressRefused
            | TransportError::ShutDown => Self::Silent,
        }
    }
}

#[cfg(test)]
mod tests;
