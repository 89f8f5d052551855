//! What stores that keep records in another process share: sealing ([`Sealer`]), and what this process has opened already
//! ([`OpenedRecords`]).

mod opened;
mod records;
mod restored;
mod sealer;

pub(in crate::store) use self::{
    opened::{Opened, OpenedRecords},
    records::SealedLaunch,
    sealer::{Seal, Sealer},
};
