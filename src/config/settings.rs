//! What a checked configuration holds beside its EHRs: [`Settings`].

use std::{sync::Arc, time::Duration};

use url::Url;

use super::{
    cookies::CookieSettings,
    http::HttpSettings,
    paths::{LaunchNaming, Paths},
    policies::{OtherUser, Policies},
};
use crate::{
    pages::{Brand, LanguageChoice, Pages},
    store::{OthersOnOpen, StoreRules},
};

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) paths: Paths,
    pub(crate) cookies: CookieSettings,
    pub(crate) policies: Policies,
    pub(crate) http: HttpSettings,
    pub(crate) tokens: TokenTimes,
    /// How long server metadata is believed when its own `Cache-Control` does not say less.
    pub(crate) metadata_ttl: Duration,
    /// How long one call of `on_launch` may take.
    pub(crate) on_launch_timeout: Duration,
    /// How long a signer has for one signature.
    pub(crate) signer_timeout: Duration,
    /// What a store is told with every operation.
    pub(crate) rules: StoreRules,
    /// Whose pages ours are.
    pub(crate) brand: Option<Brand>,
    /// Who decides in which language they are.
    pub(crate) language: LanguageChoice,
    /// The application's own pages.
    pub(crate) pages: Option<Arc<dyn Pages>>,
    /// Origins that may show our pages in a frame.
    pub(crate) frame_ancestors: Vec<String>,
    /// Origins beside the EHR's own that its look may come from.
    pub(crate) style_origins: Vec<Url>,
}

impl Settings {
    /// Which other launches of a browser end when one opens in it.
    pub(crate) const fn others_on_open(&self) -> OthersOnOpen {
        match (self.paths.naming(), self.policies.other_user) {
            (LaunchNaming::DangerOnePerBrowser, _) => OthersOnOpen::EndAll,
            (LaunchNaming::ByPath, OtherUser::End) => OthersOnOpen::EndOtherUsers,
            (LaunchNaming::ByPath, OtherUser::Keep) => OthersOnOpen::Keep,
        }
    }
}

/// How long things about tokens may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenTimes {
    /// A code exchange or a refresh, whether or not anybody waits for it.
    pub(crate) deadline: Duration,
    /// The life of a token that came without `expires_in`.
    pub(crate) default_lifetime: Duration,
    /// How long the request that began a refresh in its process waits for it while its present token still works. The others do not.
    pub(crate) wait_when_due: Duration,
    /// How long it waits when that token does not work any more.
    pub(crate) wait_when_unusable: Duration,
}

impl Default for TokenTimes {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(60),
            default_lifetime: Duration::from_secs(300),
            wait_when_due: Duration::from_secs(2),
            wait_when_unusable: Duration::from_secs(10),
        }
    }
}
