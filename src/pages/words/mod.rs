//! [`Words`]: every text that people read, in one language.
//!
//! A language is one value of [`Words`] in a file of its own. A text that is missing there does not compile. `{name}` is a
//! place that is filled in; a test holds that all languages have the same places.

mod catalogue;
mod english;
mod fill;
mod german;
mod resource_words;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    catalogue::{Said, Words},
    english::ENGLISH,
    fill::fill,
    german::GERMAN,
};
