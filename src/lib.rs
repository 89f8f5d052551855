//! SMART App Launch 2.2 for Actix Web.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod time;

#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub mod sandbox;

pub use time::{Clock, SystemClock, Timestamp};

#[cfg(any(test, feature = "test-util"))]
pub use time::ManualClock;
