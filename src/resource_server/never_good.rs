//! Whether any caller was ever let in: [`NeverGood`]. Where nobody was, the usual cause is a mistake of ours.

/// After so many tokens that were refused, with none that was good, it is said.
const SEVERAL: u32 = 5;

/// What has come of the tokens that one server was asked about.
#[derive(Debug, Default)]
pub(super) struct NeverGood {
    was_good: bool,
    refused: u32,
}

impl NeverGood {
    pub(super) const fn good(&mut self) {
        self.was_good = true;
    }

    /// Another token was refused. Returns whether that is now to be said.
    pub(super) const fn refused(&mut self) -> bool {
        self.refused = self.refused.saturating_add(1);
        !self.was_good && self.refused == SEVERAL
    }
}
