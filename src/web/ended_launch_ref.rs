//! [`EndedLaunchRef`]: a launch that was asked for and is not open.

use crate::{protocol::launch_id::LaunchId, store::EndedLaunch};

/// The launch that a request named, with a cookie of it, and that is not open.
pub(crate) struct EndedLaunchRef {
    pub(crate) id: LaunchId,
    /// `None` when the store does not know it any more.
    pub(crate) ended: Option<EndedLaunch>,
}
