//! The pages that people see when something went wrong or needs a decision, and how to replace them ([`Pages`]).
//!
//! What they say is in `texts`. Nothing here knows a web framework.

mod audience;
mod authorize_form;
mod custom;
mod document;
mod escape;
mod html;
mod page;
mod problem_json;
pub(crate) mod reference;
pub(crate) mod texts;
mod window;

#[cfg(test)]
mod tests;

pub(crate) use audience::Audience;
pub(crate) use authorize_form::authorize_form_page;
pub use custom::Pages;
pub(crate) use custom::REPLACED_PAGE_CONTENT_SECURITY_POLICY;
pub(crate) use document::CONTENT_SECURITY_POLICY;
#[cfg(feature = "sandbox")]
pub(crate) use escape::escape;
pub use page::{Page, PageAction, PageSearch, PageTarget};
pub use reference::Reference;
pub(crate) use window::Window;
