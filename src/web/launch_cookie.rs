//! The launch cookie: the proof that this browser holds that launch.
//!
//! Set once by the callback, on the path of its launch, so that each tab's requests carry that tab's cookie and no
//! other.

use super::{
    cookies::values,
    request_head::RequestHead,
    set_cookie::{Life, SetCookie},
};
use crate::{
    config::Settings,
    protocol::{launch_id::LaunchId, secret::LaunchSecret},
    runtime::Runtime,
    store::{BrowserKey, LaunchUse, LoadedLaunch, Proof, StoreError},
};

/// What a launch cookie says.
pub(crate) struct LaunchCookie {
    pub(crate) id: LaunchId,
    pub(crate) secret: LaunchSecret,
}

impl LaunchCookie {
    /// The launch cookies of a request. Normally at most one.
    pub(crate) fn all(request: &impl RequestHead, settings: &Settings) -> Vec<Self> {
        values(request, &settings.cookies.launch)
            .filter_map(|value| {
                let (id, secret) = value.split_once('.')?;
                Some(Self {
                    id: LaunchId::parse(id)?,
                    secret: LaunchSecret::new(secret),
                })
            })
            .collect()
    }

    /// Those of one launch.
    pub(crate) fn all_of(request: &impl RequestHead, settings: &Settings, launch: &LaunchId) -> Vec<Self> {
        values(request, &settings.cookies.launch)
            .filter_map(|value| value.strip_prefix(launch.as_str())?.strip_prefix('.'))
            .map(|secret| Self {
                id: launch.clone(),
                secret: LaunchSecret::new(secret),
            })
            .collect()
    }

    /// Whether one of these cookies, which name the same launch, proves it.
    ///
    /// Not only the first: a neighbouring subdomain, or a page with a longer path, can put a false cookie of the same name
    /// in front of the right one. That must not lock a person out, nor make a logout do nothing.
    pub(crate) fn one_opens(cookies: &[Self], proof: &Proof) -> bool {
        cookies.iter().any(|cookie| proof.admits(&cookie.secret))
    }

    /// The `Set-Cookie` value that gives the browser its proof, for its session: until it closes, or over many restarts
    /// where it restores its tabs.
    pub(crate) fn set(&self, settings: &Settings) -> String {
        let value = format!("{}.{}", self.id.as_str(), self.secret.expose_secret());
        set(settings, &self.id, &value, Life::Session)
    }

    /// The `Set-Cookie` value that takes the cookie of a launch away.
    pub(crate) fn remove(settings: &Settings, launch: &LaunchId) -> String {
        set(settings, launch, "", Life::Removed)
    }
}

/// What cookies prove of the launch that they name.
pub(crate) enum Proved {
    /// It is open, in this browser.
    Open(BrowserKey),
    /// It was, and has ended.
    Ended(BrowserKey),
    /// Nothing is known of it any more, or never was.
    Forgotten,
    /// Nothing: it may be another browser's.
    Nothing,
}

/// What these cookies of one launch prove. Not a use of it.
pub(crate) async fn proved(runtime: &Runtime, id: &LaunchId, cookies: &[LaunchCookie]) -> Result<Proved, StoreError> {
    if cookies.is_empty() {
        return Ok(Proved::Nothing);
    }
    Ok(match runtime.load(id.key(), LaunchUse::DoesNotCount).await? {
        LoadedLaunch::Open { record, .. } if LaunchCookie::one_opens(cookies, &record.proof) => {
            Proved::Open(record.browser)
        }
        LoadedLaunch::Ended(ended) if LaunchCookie::one_opens(cookies, &ended.proof) => Proved::Ended(ended.browser),
        LoadedLaunch::Open { .. } | LoadedLaunch::Ended(_) => Proved::Nothing,
        LoadedLaunch::NotFound => Proved::Forgotten,
    })
}

fn set(settings: &Settings, launch: &LaunchId, value: &str, life: Life) -> String {
    SetCookie {
        name: &settings.cookies.launch,
        value,
        path: &settings.paths.cookie_path(launch),
        life,
    }
    .text(&settings.cookies)
}

#[cfg(test)]
mod tests;
