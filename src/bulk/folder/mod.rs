//! An export into a folder: [`BulkExport::to_folder`](crate::bulk::BulkExport::to_folder).

mod entry;
pub(super) mod error;
pub(super) mod event;
mod journal;
mod lock;
mod part;
pub(super) mod report;
mod run;
