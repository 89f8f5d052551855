//! What goes into an operation of a store, and what comes out of it.

mod browser_lists;
mod claim;
mod ended_launches;
mod launch_end;
mod launch_use;
mod launch_version;
mod lease_owner;
mod others_on_open;
mod stamped;

pub use self::{
    browser_lists::{ListedLaunch, ListedUser, Memo},
    claim::Claim,
    ended_launches::{EndedLaunches, EndedRecord},
    launch_end::{EndWhich, LaunchEnd},
    launch_use::LaunchUse,
    launch_version::{LoadedLaunch, Replaced, Version},
    lease_owner::LeaseOwner,
    others_on_open::OthersOnOpen,
    stamped::Stamped,
};
