//! How much a reader of scopes forgives: [`Strictness`].

/// Whether a person is to be told of a mistake, or a server to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    Strict,
    Tolerant,
}
