//! The launch cookie: the proof that this browser holds that launch.
//!
//! Set once by the callback, on the path of its launch, so that each tab's requests carry that tab's cookie and no
//! other. Written by hand, as the cookie library at hand does not know `Partitioned`.

use actix_web::HttpRequest;

use crate::{
    config::{Partitioned, SameSite, Secure, Settings},
    protocol::secret::LaunchSecret,
    store::LaunchId,
};

/// What a launch cookie says.
pub(super) struct LaunchCookie {
    pub(super) id: LaunchId,
    pub(super) secret: LaunchSecret,
}

impl LaunchCookie {
    /// The launch cookies of a request. Normally at most one.
    pub(super) fn all(request: &HttpRequest, settings: &Settings) -> Vec<Self> {
        let Ok(cookies) = request.cookies() else {
            return Vec::new();
        };
        cookies
            .iter()
            .filter(|cookie| cookie.name() == name(settings))
            .filter_map(|cookie| {
                let (id, secret) = cookie.value().split_once('.')?;
                Some(Self {
                    id: LaunchId::parse(id)?,
                    secret: LaunchSecret::new(secret),
                })
            })
            .collect()
    }

    /// The `Set-Cookie` value that gives the browser its proof. It goes with the browser's session.
    pub(super) fn set(&self, settings: &Settings) -> String {
        format!(
            "{}={}.{}; Path={}; HttpOnly{}",
            name(settings),
            self.id.as_str(),
            self.secret.expose_secret(),
            settings.paths.cookie_path(&self.id),
            attributes(settings),
        )
    }
}

fn name(settings: &Settings) -> &str {
    &settings.cookies.name_prefix
}

fn attributes(settings: &Settings) -> String {
    let cookies = &settings.cookies;
    let mut attributes = String::from(match cookies.same_site {
        SameSite::None => "; SameSite=None",
        _ => "; SameSite=Lax",
    });
    if cookies.secure == Secure::Yes {
        attributes.push_str("; Secure");
    }
    if cookies.partitioned == Partitioned::Yes {
        attributes.push_str("; Partitioned");
    }
    attributes
}
