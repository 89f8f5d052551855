//! The options of the application's word before a launch opens.

use std::{future::Future, time::Duration};

use super::builder::SmartConfigBuilder;
use crate::hook::{LandAt, LaunchHook, Launched, Refuse};

/// The application's word before a launch opens.
impl SmartConfigBuilder {
    /// The application's word before a launch opens: map the person to a local user, choose where the launch lands, or
    /// refuse it. Default: every launch opens.
    ///
    /// It runs before anything is stored, once per launch, on a thread of its own inside a tokio runtime of the crate: it
    /// may wait, and where it blocks it delays nobody else. At most 64 run at once. It has to end in time
    /// ([`on_launch_timeout`](Self::on_launch_timeout)).
    ///
    /// That holds for the hook itself, and not for tasks that it gives to `tokio::spawn`: those of all hooks share one thread
    /// with their timers and sockets. A task that blocks there stops all of them, and `tokio::task::block_in_place` panics
    /// there. Block in the hook, or in `tokio::task::spawn_blocking`.
    ///
    /// The tokens of a refused launch are dropped, and revoked in the background where the EHR has an endpoint for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_smart_auth::{LandAt, Launched, Refuse, SmartConfig};
    ///
    /// let builder = SmartConfig::builder().on_launch(|launched: Launched| async move {
    ///     match launched.launch_context().patient() {
    ///         Some(_) => Ok(LandAt::Default),
    ///         None => Err(Refuse::because("Please open this application from a patient's chart.")),
    ///     }
    /// });
    /// # let _ = builder;
    /// ```
    pub fn on_launch<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Launched) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<LandAt, Refuse>> + Send + 'static,
    {
        self.hook = Some(LaunchHook::new(hook));
        self
    }

    /// The time for one call of [`on_launch`](Self::on_launch), waiting for a free thread included. Default: 10 s.
    ///
    /// When it is over the launch does not open: the person gets a page with *Start again*, and the tokens are dropped, and
    /// revoked in the background where the EHR has an endpoint for it. The hook's future is dropped as soon as it waits; a hook
    /// that blocks keeps its thread until it does not block any more.
    pub const fn on_launch_timeout(mut self, timeout: Duration) -> Self {
        self.on_launch_timeout = timeout;
        self
    }
}
