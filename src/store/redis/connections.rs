//! How many connections a process has to Redis: [`RedisConnections`].

/// How many connections a process has to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RedisConnections {
    /// One for each worker of Actix, and up to eight more: the one that says whether Redis is there, and one for each thread of the
    /// crate's own that needs the store. The default: a request then takes about two thirds of the processor time. Any Tokio
    /// runtime of one thread counts as a worker; those of several threads use the connection of all.
    #[default]
    PerWorker,
    /// One, for a server that allows only a few.
    OnePerProcess,
}
