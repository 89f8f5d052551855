//! What authentication adds to a request: [`AppliedAuth`].

use std::fmt;

/// What authentication adds to a token request. Holds credentials.
pub(crate) struct AppliedAuth {
    pub(crate) form: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl fmt::Debug for AppliedAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.form.iter().chain(&self.headers).map(|(name, _)| name).collect();
        f.debug_tuple("AppliedAuth").field(&names).finish()
    }
}
