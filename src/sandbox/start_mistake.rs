//! Why a sandbox cannot be started, or changed, as it was described: [`StartMistake`].

use super::{client::ClientMistake, faults::FaultPoint, header_value::HeaderMistake};

/// What is wrong with what a [`SandboxBuilder`](super::SandboxBuilder) was told. See [`check`](super::SandboxBuilder::check).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartMistake {
    /// The origin is more than scheme, host and port, or less, or has the port that its scheme has anyway.
    #[error("the origin {origin:?} is none; give scheme, host and port alone, as in {instead}")]
    Origin {
        /// What was said.
        origin: String,
        /// What may be meant, or an example.
        instead: String,
    },
    /// An application cannot be registered so.
    #[error("the client {client_id:?}: {reason}")]
    Client {
        /// Its client id.
        client_id: String,
        /// What is wrong with it, or with one of its launch URLs.
        reason: ClientMistake,
    },
    /// A fault cannot be sent so.
    #[error("the fault on {on:?}: {reason}")]
    Fault {
        /// Which requests it is for.
        on: FaultPoint,
        /// What is wrong with it.
        reason: HeaderMistake,
    },
    /// What is said of exports cannot be sent so.
    #[error("the export: {reason}")]
    Export {
        /// What is wrong with it.
        reason: HeaderMistake,
    },
    /// The automatic patient is nobody of the data.
    #[error(
        "the sandbox's automatic patient is {reference}, and its data have no patient with this reference: name one of them, or add the file \
         that has this resource"
    )]
    NoPatient {
        /// Whom it names.
        reference: String,
    },
    /// The automatic user is nobody of the data.
    #[error(
        "the sandbox's automatic user is {reference}, and its data have no patient or practitioner with this reference: name one of them, or add the file \
         that has this resource"
    )]
    NoUser {
        /// Whom it names.
        reference: String,
    },
    /// A user of the portal is nobody of the data.
    #[error(
        "the sandbox's user of the portal is {reference}, and its data have no patient with this reference: name one of them, or add the file \
         that has this resource"
    )]
    NoPortalUser {
        /// Whom it names.
        reference: String,
    },
}

impl From<StartMistake> for std::io::Error {
    fn from(mistake: StartMistake) -> Self {
        Self::new(std::io::ErrorKind::InvalidInput, mistake)
    }
}
