//! The crate as an application uses it, against the strict sandbox, over real sockets.

mod launch;
mod support;
