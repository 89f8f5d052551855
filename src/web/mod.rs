//! What an answer to a browser depends on, without a web framework: who asks and from where, our cookies, the launch that
//! a request names, where a new launch would begin, and which page says why there is none.
//!
//! A framework's layer implements [`RequestHead`] for its requests and turns pages into its answers.

pub(crate) mod browser_cookie;
mod caller_token_page;
mod cookies;
mod cross_site;
pub(crate) mod ehr_sign_out;
mod fhir_error_page;
pub(crate) mod launch_cookie;
mod launch_link;
mod named_launch;
mod negotiate;
pub(crate) mod probe_cookie;
pub(crate) mod relaunch;
pub(crate) mod reload_cookie;
mod request_head;
mod session_error_kind;
mod session_error_page;
mod set_cookie;
pub(crate) mod sign_in_cookie;
#[cfg(test)]
mod test_head;
mod unusable_launch;

pub(crate) use caller_token_page::caller_token_page;
pub(crate) use cross_site::{is_cross_site, is_foreign_errand, is_unsafe};
pub(crate) use fhir_error_page::fhir_error_page;
pub(crate) use launch_link::{Origin, launch_href};
pub(crate) use named_launch::{named_launch, usable_session};
pub(crate) use negotiate::{Speculation, audience_of, language_of, window_of};
pub(crate) use reload_cookie::Reloads;
pub(crate) use request_head::RequestHead;
pub use session_error_kind::{ContextMember, NoLaunch, SmartSessionErrorKind};
pub(crate) use session_error_page::session_error_page;
pub(crate) use unusable_launch::UnusableLaunch;
