//! User name and password that may change while the application runs: [`RedisCredentials`].

use std::{fmt, pin::Pin, sync::Arc};

use secrecy::SecretString;
use tokio::{runtime::Handle, task::AbortHandle};

/// A user name and a password, or a token in the place of one, for the next connection.
#[derive(Clone)]
pub struct RedisCredentials {
    pub(super) user: Option<String>,
    pub(super) password: SecretString,
}

/// Why there are no credentials now. The store counts as unavailable until there are some.
///
/// The reason is written to the log. It is a fixed text, so that nothing secret gets there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are no credentials for Redis: {0}")]
pub struct NoRedisCredentials(&'static str);

impl RedisCredentials {
    /// A password alone, for the user that the address names, or else Redis's `default`.
    pub fn password(password: impl Into<String>) -> Self {
        Self {
            user: None,
            password: SecretString::from(password.into()),
        }
    }

    /// A user of Redis's access control list.
    pub fn user(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            user: Some(name.into()),
            ..Self::password(password)
        }
    }
}

/// Without the password.
impl fmt::Debug for RedisCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisCredentials")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl NoRedisCredentials {
    /// The reason, for the log.
    #[must_use]
    pub const fn because(reason: &'static str) -> Self {
        Self(reason)
    }
}

type Asked = Pin<Box<dyn Future<Output = Result<RedisCredentials, NoRedisCredentials>> + Send>>;

/// Asked for credentials at each new connection.
#[derive(Clone)]
pub(super) struct CredentialProvider(Arc<dyn Fn() -> Asked + Send + Sync>);

impl CredentialProvider {
    pub(super) fn new<F, Fut>(provider: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<RedisCredentials, NoRedisCredentials>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(provider())))
    }

    /// Asks on a task of its own: one that panics fails alone, and not the thread that looks after the connections.
    pub(super) async fn ask(&self) -> Result<RedisCredentials, NoRedisCredentials> {
        let provider = Self::clone(self);
        let task = Handle::current().spawn(async move { (provider.0)().await });
        let _stops = StopOnDrop(task.abort_handle());
        task.await
            .unwrap_or(Err(NoRedisCredentials::because("the provider panicked")))
    }
}

/// A provider that takes too long is not waited for any more.
struct StopOnDrop(AbortHandle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
