//! What a look at TLS showed: [`TlsLook`].

/// What a handshake showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TlsLook {
    /// TLS works.
    Works,
    /// Something listens there and does not speak TLS.
    NoTls,
    /// Something listens there and does not answer a handshake in time.
    Silent,
    /// The certificate is not believed.
    Certificate(CertificateFault, Names),
    /// The server ends the handshake; what it says, as TLS names it.
    Refused(String),
    /// There was no handshake to look at: nobody answers, or requests go another way.
    NotSeen,
}

/// Why a certificate is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CertificateFault {
    /// Nobody who is trusted here has signed it.
    UnknownAuthority,
    /// It has signed itself.
    SelfSigned,
    Expired,
    NotYetValid,
    /// It is for these hosts.
    OtherHosts(Vec<String>),
    /// Something else, as the library says it.
    Other(String),
}

/// Names of the certificates that a server shows. Data, not to be trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Whom the server's certificate is for.
    pub(crate) subject: Option<String>,
    /// Who signed the last certificate that the server shows: the authority that would have to be trusted.
    pub(crate) authority: Option<String>,
    /// Whether the server's certificate has signed itself.
    pub(crate) is_self_signed: bool,
    /// How many certificates the server shows.
    pub(crate) shown: usize,
}
