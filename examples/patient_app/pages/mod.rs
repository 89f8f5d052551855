//! The pages, as HTML. Whatever comes from outside goes through [`escape`].

mod document;
mod drawer;
mod home;
mod line_chart;
mod notice;
mod patient;

pub(crate) use self::{document::STYLE, home::home, notice::Notice, patient::patient};
