//! What follows from the redirect URI: the paths, the cookies, and where the redirect URIs of the EHRs may lead.

use url::Url;

use super::ehrs::CheckedEhr;
use crate::{
    config::{
        builder::SmartConfigBuilder,
        cookies::{CookieSettings, Secure},
        paths::{LaunchNaming, Paths},
        problems::Problems,
        redirect_uris::RedirectRules,
    },
    protocol::urls::EndpointUrl,
};

/// Where the application is for a browser.
pub(super) struct Located {
    pub(super) paths: Paths,
    pub(super) cookies: CookieSettings,
    pub(super) redirect_rules: RedirectRules,
}

impl SmartConfigBuilder {
    /// Checks the redirect URI of the configuration, and what depends on it or on that of its first EHR.
    pub(super) fn check_redirects(
        &self,
        default_redirect: Option<String>,
        ehrs: &[CheckedEhr],
        problems: &mut Problems,
    ) -> Option<Located> {
        let lead = match &default_redirect {
            Some(uri) => problems.url("redirect_uri", uri, EndpointUrl::parse),
            None => ehrs.iter().find_map(|checked| checked.redirect_uri.clone()),
        };
        let lead = lead.as_ref().map(EndpointUrl::url);
        let paths = self.check_paths(lead, problems);
        let some_are_meant = !ehrs.is_empty() || self.ehrs_come_later;
        let nobody_launches = some_are_meant && ehrs.iter().all(|checked| checked.is_without_launches);
        let redirect_rules = match (lead, &paths) {
            (None, Some(_)) if !nobody_launches => None,
            (lead, Some(paths)) => Some(RedirectRules::new(lead, paths.clone(), default_redirect)),
            _ => None,
        };
        if let Some(rules) = &redirect_rules {
            check_each(ehrs, rules, problems);
        }
        let cookies = self.check_cookies(lead, paths.as_ref(), problems);
        Some(Located {
            paths: paths?,
            cookies: cookies?,
            redirect_rules: redirect_rules?,
        })
    }

    fn check_paths(&self, redirect: Option<&Url>, problems: &mut Problems) -> Option<Paths> {
        match self.paths.check(redirect.map(Url::path)) {
            Ok(paths) => Some(paths),
            Err(found) => {
                for (field, error) in found {
                    problems.invalid(field, error);
                }
                None
            }
        }
    }

    fn check_cookies(
        &self,
        redirect: Option<&Url>,
        paths: Option<&Paths>,
        problems: &mut Problems,
    ) -> Option<CookieSettings> {
        let secure = match redirect.map(Url::scheme) {
            Some("http") => Secure::No,
            _ => Secure::Yes,
        };
        let cookies = match self.cookies.clone().check(secure) {
            Ok(cookies) => cookies,
            Err(found) => {
                for error in found {
                    problems.invalid("cookie", error);
                }
                return None;
            }
        };
        let paths = paths?;
        let cookies = cookies.of_public_path(paths.public());
        Some(match paths.naming() {
            LaunchNaming::DangerOnePerBrowser if paths.are_at_root() => cookies.with_launch_on_host(),
            LaunchNaming::DangerOnePerBrowser | LaunchNaming::ByPath => cookies,
        })
    }
}

fn check_each(ehrs: &[CheckedEhr], rules: &RedirectRules, problems: &mut Problems) {
    for ehr in ehrs {
        if let Some(uri) = &ehr.redirect_uri {
            let mut own = Problems::default();
            own.other_callback(uri.url(), rules);
            ehr.report(own, problems);
        }
    }
}
