//! Where the routes and pages are.

use super::SmartConfigBuilder;
use crate::config::paths::LaunchNaming;

/// Paths, as the application's router sees them.
impl SmartConfigBuilder {
    /// The first page of a launch. Default: `/~{smart_launch}/`. It begins with `/~{smart_launch}`, where the launch's id
    /// goes, and may have a query and a fragment.
    pub fn landing(mut self, path: impl Into<String>) -> Self {
        self.paths.landing = Some(path.into());
        self
    }

    /// One launch per browser instead of one per tab, for an application that cannot have `/~{smart_launch}` in its
    /// paths. The landing page is then `/` unless [`landing`](Self::landing) says otherwise.
    ///
    /// The danger: a second launch replaces the first, and a tab that still shows the first patient works on the second
    /// one's record from then on, without anybody noticing.
    pub const fn danger_one_launch_per_browser(mut self) -> Self {
        self.paths.naming = LaunchNaming::DangerOnePerBrowser;
        self
    }

    /// Where launches begin. Default: `/auth/launch`. This is the *launch URL* to register with the EHR.
    pub fn launch_path(mut self, path: impl Into<String>) -> Self {
        self.paths.launch = path.into();
        self
    }

    /// Where the EHR sends the browser back, as the application sees it. Default: `/auth/callback` if the redirect URI
    /// ends in it, else the whole path of the redirect URI.
    pub fn callback_path(mut self, path: impl Into<String>) -> Self {
        self.paths.callback = Some(path.into());
        self
    }

    /// Where logging out is done, by POST. Default: `/auth/logout`; below a launch's segment it ends that launch.
    pub fn logout_path(mut self, path: impl Into<String>) -> Self {
        self.paths.logout = path.into();
        self
    }

    /// Where the public keys are. Default: `/.well-known/jwks.json`.
    pub fn jwks_path(mut self, path: impl Into<String>) -> Self {
        self.paths.jwks = path.into();
        self
    }

    /// Where the browser goes after logging out. Default: a page that says that the launch has ended.
    pub fn after_logout(mut self, path: impl Into<String>) -> Self {
        self.paths.after_logout = Some(path.into());
        self
    }

    /// What a proxy in front takes away from the path, such as `/app`. Default: what the path of the redirect URI has
    /// before the callback path. It goes before every address that the browser sees.
    pub fn public_path(mut self, path: impl Into<String>) -> Self {
        self.paths.public = Some(path.into());
        self
    }
}
