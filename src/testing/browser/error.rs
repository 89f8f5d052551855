//! What keeps a test browser from going on: [`TestBrowserError`].

use super::seen::PageSeen;

/// Why the browser cannot go on. The message says what was on the page instead.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TestBrowserError {
    /// The text is no address of http.
    #[error(
        "`{address}` is no address that a test browser opens; it wants one like http://127.0.0.1:8080/path, or a path"
    )]
    NoAddress {
        /// The text.
        address: String,
    },
    /// The address is of another machine.
    #[error(
        "{origin} is not this machine (127.0.0.1, [::1], localhost), so it was not opened; if the test was to be led there, \
         this error is what to expect, else look which page or setting names it"
    )]
    OtherHost {
        /// Scheme, host and port.
        origin: String,
    },
    /// Nobody answers there, or not to the end.
    #[error("{origin} gave no answer: {reason}; does the application run, and at this port?")]
    NoAnswer {
        /// Scheme, host and port.
        origin: String,
        /// What the connection came to.
        reason: String,
    },
    /// More redirects than a browser follows.
    #[error("more than {limit} redirects; the last ones led to {}", last.join(", then "))]
    TooManyRedirects {
        /// How many are followed.
        limit: usize,
        /// The last addresses, without their queries.
        last: Vec<String>,
    },
    /// A redirect to nothing that is an address.
    #[error("{address} redirects ({status}), but not to an address")]
    RedirectToNowhere {
        /// Who redirects, without the query.
        address: String,
        /// The status.
        status: u16,
    },
    /// No link and no button says that.
    #[error("no link and no button says “{wanted}”. {page}")]
    NothingToClick {
        /// What was looked for.
        wanted: String,
        /// What was there.
        page: Box<PageSeen>,
    },
    /// No button of a form says that.
    #[error("no form has a button “{wanted}”. {page}")]
    NoButton {
        /// What was looked for.
        wanted: String,
        /// What was there.
        page: Box<PageSeen>,
    },
    /// No field of the form has that label or name, or it is of another sort.
    #[error("the form has no {sort} “{wanted}”. {page}")]
    NoField {
        /// A field to fill in, a box to check, or a list to choose from.
        sort: &'static str,
        /// What was looked for.
        wanted: String,
        /// What was there.
        page: Box<PageSeen>,
    },
    /// The list has no such choice.
    #[error("“{field}” has no choice “{wanted}”, only: {}", choices.join(", "))]
    NoChoice {
        /// The list.
        field: String,
        /// What was looked for.
        wanted: String,
        /// What can be chosen.
        choices: Vec<String>,
    },
    /// Several things say that, and none says exactly that.
    #[error("“{wanted}” could be each of: {}. Write out the one that is meant", found.join(", "))]
    Several {
        /// What was looked for.
        wanted: String,
        /// What it could be.
        found: Vec<String>,
    },
    /// The answer is no JSON.
    #[error("the answer is no JSON ({reason}). {page}")]
    NoJson {
        /// What is wrong with it.
        reason: String,
        /// What was there.
        page: Box<PageSeen>,
    },
}
