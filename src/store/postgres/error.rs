//! Why there is no store: [`PostgresStoreError`].

/// Why there is no [`PostgresStore`](super::PostgresStore). Nothing of the address or a key is in it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresStoreError {
    /// The address cannot be read.
    #[error(
        "the address of PostgreSQL is not of the form postgres://[user[:password]@]host[:port][,host[:port]…][/database][?option=value&…]; the \
         options are sslmode, application_name, options, connect_timeout, tcp_user_timeout and keepalives…; leave out others, such as \
         sslrootcert (give `root_certificates`) and channel_binding=require; the store needs servers that take writes, so \
         target_session_attrs can only be read-write, primary or any"
    )]
    Address,
    /// The address asks for a mode of TLS that falls back to an unencrypted connection, or for an unknown one.
    #[error(
        "`sslmode` in the address of PostgreSQL has to be verify-full (TLS with a certificate that is checked) or disable; prefer and allow may \
         send everything in clear"
    )]
    SslMode,
    /// There are no sealing keys.
    #[error(
        "a PostgreSQL store needs sealing keys (`sealing_keys`); make one with `openssl rand -base64 32` and give the same to \
         all processes"
    )]
    NoSealingKeys,
    /// The name of the schema has other characters than lower-case letters, digits and underscores, or is too long.
    #[error(
        "the schema of the PostgreSQL store has to be a name of at most 63 lower-case letters, digits and underscores, and not of pg_…"
    )]
    Schema,
    /// A time-out is zero, or longer than an hour.
    #[error("the time-outs of the PostgreSQL store must be longer than zero, and an hour at most")]
    Timeout,
    /// The root certificates cannot be read, or the system has none.
    #[error(
        "the root certificates for PostgreSQL are not PEM text with certificates, or none were given and the system has none"
    )]
    RootCertificates,
}

debug_is_its_text!(PostgresStoreError);
