//! The crate as an application uses it, against the strict sandbox, over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    unreachable_pub,
    reason = "helpers of a test may fail the test, and all tests share them"
)]

mod answers;
mod launch;
mod misuse;
mod support;
