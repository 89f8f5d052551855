//! The crate as an application uses it, against the strict sandbox, over real sockets.

mod answers;
mod launch;
mod misuse;
mod support;
