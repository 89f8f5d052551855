//! What is counted and timed, for the [`metrics`](https://docs.rs/metrics) facade (feature `metrics`). Without the feature all of it is
//! nothing.
//!
//! A label says which EHR, which kind and which outcome; never who, and never which launch.

mod list;
mod metric;
#[cfg(feature = "metrics")]
mod recorded;
#[cfg(not(feature = "metrics"))]
mod unrecorded;

#[cfg(all(test, feature = "metrics"))]
mod tests;

#[cfg(all(test, feature = "metrics"))]
use list::ALL;
pub(crate) use list::*;
pub(crate) use metric::{IS_ON, Labels};
#[cfg(feature = "metrics")]
pub(crate) use recorded::{Held, Stopwatch, describe};
#[cfg(not(feature = "metrics"))]
pub(crate) use unrecorded::{Held, Stopwatch, describe};
