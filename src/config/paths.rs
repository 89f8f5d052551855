//! The paths that are ours, as the application sees them and as the browser does: [`Paths`].

use crate::protocol::launch_id::LaunchId;

/// The scope under which the pages of a launch are: a route pattern of Actix.
pub(crate) const LAUNCH_SCOPE: &str = "/~{smart_launch}";

const DEFAULT_CALLBACK: &str = "/auth/callback";

/// Why a path cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// It does not begin with exactly one slash.
    #[error("must begin with one `/`, such as /auth/launch")]
    NotAbsolute,
    /// It has a segment `.` or `..`, or an empty one.
    #[error("must not contain `//`, `.` or `..`; browsers and proxies rewrite them")]
    Segments,
    /// It has a character that is not matched as it is written.
    #[error("may contain letters, digits and `-._~!$&'()*+,;=:@` only; no `%`, `?`, `#`, spaces or braces")]
    Characters,
    /// The landing path does not begin with the launch's segment.
    #[error(
        "must begin with `/~{{smart_launch}}`, which names the launch; `danger_one_launch_per_browser` does without"
    )]
    NoLaunchSegment,
    /// There is only one launch per browser, and the landing path names a launch.
    #[error("must not contain `{{smart_launch}}` together with `danger_one_launch_per_browser`")]
    LaunchSegment,
    /// The redirect URI is not below the public path.
    #[error("is not what the path of the redirect URI begins with; change one of them")]
    NotBeforeCallback,
    /// The redirect URI does not end in the callback path.
    #[error("is not what the path of the redirect URI ends in; change one of them")]
    NotOfRedirectUri,
    /// Two routes have the same path.
    #[error("is the same path as `{other}`; give each its own")]
    SameAs {
        /// The field with the same path.
        other: &'static str,
    },
    /// The callback path, which follows from the redirect URI, is that of another route.
    #[error("has the same path as `{other}`; the callback needs a path of its own, such as /auth/callback")]
    CallbackSameAs {
        /// The field with the same path.
        other: &'static str,
    },
}

/// Paths as a program gave them.
#[derive(Debug, Clone)]
pub(super) struct GivenPaths {
    pub(super) public: Option<String>,
    pub(super) callback: Option<String>,
    pub(super) launch: String,
    pub(super) logout: String,
    pub(super) jwks: String,
    pub(super) landing: Option<String>,
    pub(super) naming: LaunchNaming,
    pub(super) after_logout: Option<String>,
}

/// How a request says which launch it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LaunchNaming {
    /// By the first segment of its path.
    ByPath,
    /// Not at all: there is one per browser, its cookie is on `/`, and a new launch replaces the old.
    DangerOnePerBrowser,
}

impl Default for GivenPaths {
    fn default() -> Self {
        Self {
            public: None,
            callback: None,
            launch: "/auth/launch".to_owned(),
            logout: "/auth/logout".to_owned(),
            jwks: "/.well-known/jwks.json".to_owned(),
            landing: None,
            naming: LaunchNaming::ByPath,
            after_logout: None,
        }
    }
}

/// Paths that were checked. Those without *external* in their name are what the application's router sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths {
    /// What a proxy puts in front and takes away: empty, or `/app`.
    public: String,
    launch: String,
    callback: String,
    logout: String,
    jwks: String,
    /// With [`LaunchNaming::ByPath`], what follows the launch's segment.
    landing: String,
    naming: LaunchNaming,
    after_logout: Option<String>,
}

impl GivenPaths {
    /// Checks everything against the path of the redirect URI, if that one is known.
    pub(super) fn check(&self, redirect_path: Option<&str>) -> Result<Paths, Vec<(&'static str, PathError)>> {
        let mut problems = Vec::new();
        let mut note = |field, checked: Result<(), PathError>| {
            if let Err(error) = checked {
                problems.push((field, error));
            }
        };
        let public = self.public.as_deref().map(|path| path.trim_end_matches('/'));
        if let Some(public) = public.filter(|path| !path.is_empty()) {
            note("public_path", check_route(public));
        }
        if let Some(callback) = &self.callback {
            note("callback_path", check_route(callback));
        }
        note("launch_path", check_route(&self.launch));
        note("logout_path", check_route(&self.logout));
        note("jwks_path", check_route(&self.jwks));
        note(
            "after_logout",
            self.after_logout.as_deref().map_or(Ok(()), check_target),
        );
        let landing = self.landing();
        note(
            "landing",
            landing
                .as_ref()
                .map_or_else(|&error| Err(error), |path| check_target(path)),
        );

        // Without a redirect URI the rest is still checked, so that everything is reported at once.
        let redirect_path = redirect_path.unwrap_or(DEFAULT_CALLBACK);
        let (public, callback) = match split(redirect_path, public, self.callback.as_deref()) {
            Ok((public, callback)) => {
                if self.callback.is_none() {
                    note("redirect_uri", check_route(callback));
                }
                (public, callback)
            }
            Err(problem) => {
                problems.push(problem);
                ("", DEFAULT_CALLBACK)
            }
        };
        let mut named = vec![
            ("launch_path", self.launch.as_str()),
            ("logout_path", self.logout.as_str()),
            ("jwks_path", self.jwks.as_str()),
            (self.callback_field(), callback),
        ];
        if let (Ok(landing), LaunchNaming::DangerOnePerBrowser) = (&landing, self.naming) {
            named.push(("landing", landing));
        }
        problems.extend(same_paths(&named));
        match landing {
            Ok(landing) if problems.is_empty() => Ok(Paths {
                public: public.to_owned(),
                launch: self.launch.clone(),
                callback: callback.to_owned(),
                logout: self.logout.clone(),
                jwks: self.jwks.clone(),
                landing: landing.to_owned(),
                naming: self.naming,
                after_logout: self.after_logout.clone(),
            }),
            _ => Err(problems),
        }
    }

    /// The field that the callback path comes from.
    const fn callback_field(&self) -> &'static str {
        match self.callback {
            Some(_) => "callback_path",
            None => "redirect_uri",
        }
    }

    /// The landing path without the launch's segment.
    fn landing(&self) -> Result<&str, PathError> {
        let given = self.landing.as_deref();
        match self.naming {
            LaunchNaming::ByPath => {
                let rest = given
                    .unwrap_or("/~{smart_launch}/")
                    .strip_prefix(LAUNCH_SCOPE)
                    .ok_or(PathError::NoLaunchSegment)?;
                // The scope itself answers at `/~…/`; without the slash its relative links would leave the launch.
                match rest {
                    "" => Ok("/"),
                    _ if rest.starts_with('/') => Ok(rest),
                    _ => Err(PathError::NoLaunchSegment),
                }
            }
            LaunchNaming::DangerOnePerBrowser => match given.unwrap_or("/") {
                path if path.contains("{smart_launch}") => Err(PathError::LaunchSegment),
                path => Ok(path),
            },
        }
    }
}

/// Divides the path of the redirect URI into what a proxy takes away and what the application sees.
fn split<'a>(
    redirect: &'a str,
    public: Option<&str>,
    callback: Option<&str>,
) -> Result<(&'a str, &'a str), (&'static str, PathError)> {
    let ends_in = callback.unwrap_or(DEFAULT_CALLBACK);
    let at = match (public, callback) {
        (Some(public), _) => {
            let rest = redirect.strip_prefix(public).filter(|rest| rest.starts_with('/'));
            rest.ok_or(("public_path", PathError::NotBeforeCallback))?;
            public.len()
        }
        (None, Some(_)) => callback_at(redirect, ends_in).ok_or(("callback_path", PathError::NotOfRedirectUri))?,
        (None, None) => callback_at(redirect, ends_in).unwrap_or(0),
    };
    let (before, after) = redirect
        .split_at_checked(at)
        .ok_or(("public_path", PathError::NotBeforeCallback))?;
    let after = without_own_segment(after, ends_in);
    if callback.is_some_and(|callback| callback != after) {
        return Err(("callback_path", PathError::NotOfRedirectUri));
    }
    Ok((before, after))
}

/// Where the callback path begins at the end of a path, with or without a segment of the EHR's own after it.
fn callback_at(redirect: &str, callback: &str) -> Option<usize> {
    let before = redirect
        .strip_suffix(callback)
        .or_else(|| redirect.rsplit_once('/')?.0.strip_suffix(callback))?;
    Some(before.len())
}

/// `/auth/callback` of `/auth/callback/north`; any other path as it is.
fn without_own_segment<'a>(path: &'a str, callback: &str) -> &'a str {
    match path.rsplit_once('/') {
        Some((before, own)) if before == callback && !own.is_empty() => before,
        _ => path,
    }
}

/// A path that requests are compared with, after decoding: so it has no `%`.
fn check_route(path: &str) -> Result<(), PathError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/".contains(c);
    if !path.starts_with('/') || path.starts_with("//") {
        Err(PathError::NotAbsolute)
    } else if !path.chars().all(plain) {
        Err(PathError::Characters)
    } else {
        check_segments(path)
    }
}

/// A path that a browser is sent to: it may have a query and a fragment.
fn check_target(target: &str) -> Result<(), PathError> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if !path.starts_with('/') || path.starts_with("//") {
        Err(PathError::NotAbsolute)
    } else if !target
        .chars()
        .all(|c| c.is_ascii_graphic() && !matches!(c, '\\' | '{' | '}' | '"' | '<' | '>'))
    {
        Err(PathError::Characters)
    } else {
        check_segments(path)
    }
}

fn check_segments(path: &str) -> Result<(), PathError> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if !path.is_empty() && path.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(PathError::Segments);
    }
    Ok(())
}

fn same_paths(named: &[(&'static str, &str)]) -> Vec<(&'static str, PathError)> {
    let mut problems = Vec::new();
    for (index, (field, path)) in named.iter().enumerate() {
        if let Some((other, _)) = named.iter().take(index).find(|(_, earlier)| earlier == path) {
            let problem = match *field {
                "redirect_uri" => PathError::CallbackSameAs { other },
                _ => PathError::SameAs { other },
            };
            problems.push((*field, problem));
        }
    }
    problems
}

impl Paths {
    pub(crate) fn launch(&self) -> &str {
        &self.launch
    }

    pub(crate) fn callback(&self) -> &str {
        &self.callback
    }

    /// Whether a path is the callback, or the callback with one more segment: an EHR may have a redirect URI of its own.
    pub(crate) fn is_callback(&self, path: &str) -> bool {
        match path.strip_prefix(self.callback.as_str()) {
            Some("") => true,
            Some(rest) => rest
                .strip_prefix('/')
                .is_some_and(|own| !own.is_empty() && !own.contains('/') && check_route(rest).is_ok()),
            None => false,
        }
    }

    /// Ends all launches of a browser; below a launch's segment it ends that launch.
    pub(crate) fn logout(&self) -> &str {
        &self.logout
    }

    pub(crate) fn jwks(&self) -> &str {
        &self.jwks
    }

    pub(crate) const fn naming(&self) -> LaunchNaming {
        self.naming
    }

    /// Where a browser goes after logging out, as it sees it; `None` for our own page.
    pub(crate) fn external_after_logout(&self) -> Option<String> {
        self.after_logout.as_deref().map(|path| self.external(path))
    }

    /// What a proxy puts in front and takes away: empty, or `/app`.
    pub(crate) fn public(&self) -> &str {
        &self.public
    }

    /// Whether the browser sees the paths as the application does.
    pub(crate) const fn are_at_root(&self) -> bool {
        self.public.is_empty()
    }

    /// A path of the application as the browser sees it.
    pub(crate) fn external(&self, path: &str) -> String {
        format!("{}{path}", self.public)
    }

    /// The first page of a launch, as the browser sees it.
    pub(crate) fn external_landing(&self, launch: &LaunchId) -> String {
        self.external_in_launch(launch, &self.landing)
    }

    /// The first page of a launch, within it (`/patient`) where paths name launches.
    pub(crate) fn landing(&self) -> &str {
        &self.landing
    }

    /// A path within a launch (`/patient`), as the browser sees it.
    pub(crate) fn external_in_launch(&self, launch: &LaunchId, path: &str) -> String {
        match self.naming {
            LaunchNaming::ByPath => format!("{}/~{}{path}", self.public, launch.as_str()),
            LaunchNaming::DangerOnePerBrowser => self.external(path),
        }
    }

    /// The `Path` attribute of a launch's cookie.
    pub(crate) fn cookie_path(&self, launch: &LaunchId) -> String {
        match self.naming {
            LaunchNaming::ByPath => self.external_in_launch(launch, ""),
            LaunchNaming::DangerOnePerBrowser if self.public.is_empty() => "/".to_owned(),
            LaunchNaming::DangerOnePerBrowser => self.public.clone(),
        }
    }
}
