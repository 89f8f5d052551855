//! Why there is no store: [`RedisStoreError`].

/// Why there is no [`RedisStore`](crate::store::RedisStore). Nothing of the address or a key is in it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisStoreError {
    /// The address cannot be read.
    #[error(
        "the address of Redis is not of the form redis://[user:password@]host[:port][/database]; with TLS rediss://…, \
         for a socket redis+unix:///path"
    )]
    Address,
    /// The address asks for TLS without checking the server's certificate.
    #[error("the address of Redis ends in #insecure; give the server's authority with `root_certificates` instead")]
    InsecureTls,
    /// There are no sealing keys.
    #[error(
        "a Redis store needs sealing keys (`sealing_keys`); make one with `openssl rand -base64 32` and give the same to \
         all processes"
    )]
    NoSealingKeys,
    /// The prefix has braces, which Redis Cluster would take for a hash tag.
    #[error("the prefix of the names in Redis must not contain braces")]
    Prefix,
    /// A time-out is zero, or longer than an hour.
    #[error("the time-outs of the Redis store must be longer than zero, and an hour at most")]
    Timeout,
    /// The root certificates cannot be read.
    #[error("the root certificates for Redis are not PEM text with certificates")]
    RootCertificates,
    /// The client certificate or its key cannot be read, or they do not belong together.
    #[error("the client certificate for Redis and its key are not PEM text, or do not belong together")]
    ClientCertificate,
    /// There is a client certificate, and the address does not ask for TLS.
    #[error(
        "there is a client certificate for Redis, and the address is without TLS; use rediss://… (for sentinels `tls` too)"
    )]
    ClientCertificateWithoutTls,
    /// There is no sentinel, or the primary has no name.
    #[error(
        "Redis Sentinel needs the name of the primary and the address of at least one sentinel, redis[s]://host[:port]"
    )]
    Sentinels,
    /// There is no node, or they differ in user name, password or TLS.
    #[error("a Redis Cluster needs the address of at least one node, all with the same user name, password and TLS")]
    ClusterNodes,
    /// An address of a cluster's node has a database.
    #[error("a Redis Cluster has no numbered databases; leave /database out of the addresses")]
    ClusterDatabase,
}

debug_is_its_text!(RedisStoreError);
