//! Who needs a registration: [`Asker`].

/// Who needs a registration. Strangers can ask for any address, and must not keep the others waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// A launch or a sign-in that exists.
    Launch,
    /// Anybody.
    Anybody,
}
