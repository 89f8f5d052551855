//! What a person can choose from: [`Choices`].

use crate::config::resolver::EhrChoice;

/// An answer to "which EHR?".
#[derive(Debug)]
pub(crate) struct Choices {
    pub(crate) found: Vec<EhrChoice>,
    /// Whether there are more than were asked for.
    pub(crate) more: bool,
}
