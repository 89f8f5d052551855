//! Who may refresh a launch: [`LeaseOwner`].

/// Who holds a lease: random per attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseOwner(pub [u8; 16]);
