//! [`Window`]: where a page is shown.

/// Where the answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    /// In a window or tab, as far as is known.
    Own,
    /// Inside a page of somebody else.
    Frame,
}
