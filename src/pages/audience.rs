//! [`Audience`]: who reads a page.

/// Who is going to read the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// A person who navigates: gets pages and redirects.
    Document,
    /// A person who sent a form: gets pages, and never a redirect that would lose the input silently.
    Form,
    /// A script: gets problem+json.
    Api,
}
