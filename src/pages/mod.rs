//! The pages that people see when something went wrong or needs a decision: whose they are ([`Brand`]), in which language
//! ([`Language`]), and how to replace them ([`Pages`]).
//!
//! What they say is in `words`, and which page says what in `texts`. Nothing here knows a web framework.

mod audience;
mod authorize_form;
pub(crate) mod brand;
mod custom;
mod document;
mod escape;
mod gallery;
mod html;
mod language;
pub(crate) mod logo;
mod page;
pub(crate) mod patient_banner;
mod problem_json;
pub(crate) mod reference;
pub(crate) mod texts;
mod utc;
mod window;
pub(crate) mod words;

#[cfg(test)]
mod tests;

pub(crate) use audience::Audience;
pub(crate) use authorize_form::authorize_form_page;
pub use brand::{Brand, BrandColor};
pub use custom::Pages;
pub(crate) use custom::REPLACED_PAGE_CONTENT_SECURITY_POLICY;
#[cfg(feature = "sandbox")]
pub(crate) use escape::escape;
pub use gallery::gallery;
pub use language::{Language, LanguageChoice};
pub use logo::Logo;
pub use page::{Page, PageAction, PageList, PageSearch, PageTarget};
pub use reference::Reference;
pub(crate) use window::Window;
