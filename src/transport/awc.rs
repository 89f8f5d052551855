//! awc, which cannot leave its thread, behind a handle that can.
//!
//! [`AwcTransport`] is the handle; [`AwcActor`] owns the clients on the engine's thread and takes requests from a
//! channel. A request that was handed over is sent and read to its end even if the caller goes away.

mod actor;
mod clients;
mod connect;
mod exchange;
mod final_answers;

pub(crate) use actor::{AwcActor, AwcTransport};
