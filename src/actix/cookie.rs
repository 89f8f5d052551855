//! The launch cookie: the proof that this browser holds that launch.
//!
//! Set once by the callback, on the path of its launch, so that each tab's requests carry that tab's cookie and no
//! other. Written by hand, as the cookie library at hand does not know `Partitioned`.

use actix_web::HttpRequest;

use crate::{
    config::{Partitioned, SameSite, Secure, Settings},
    protocol::secret::LaunchSecret,
    store::{LaunchId, Proof},
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

    /// Whether one of these cookies, which name the same launch, proves it.
    ///
    /// Not only the first: a neighbouring subdomain, or a page with a longer path, can put a false cookie of the same name
    /// in front of the right one. That must not lock a person out, nor make a logout do nothing.
    pub(super) fn one_opens(cookies: &[Self], proof: &Proof) -> bool {
        cookies.iter().any(|cookie| proof.admits(&cookie.secret))
    }

    /// The `Set-Cookie` value that gives the browser its proof, for its session: until it closes, or over many restarts
    /// where it restores its tabs.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CookiePolicy, Ehr, SmartConfig, SmartConfigBuilder};

    const ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

    fn builder(origin: &str) -> SmartConfigBuilder {
        SmartConfig::builder().ehr(
            Ehr::builder("https://ehr.example/fhir")
                .client_id("my-app")
                .redirect_uri(format!("{origin}/auth/callback"))
                .scopes("launch/patient"),
        )
    }

    /// What is set, without the name and the value.
    fn attributes_of(builder: SmartConfigBuilder) -> String {
        let config = builder.build().unwrap();
        let cookie = LaunchCookie {
            id: LaunchId::parse(ID).unwrap(),
            secret: LaunchSecret::new("secret"),
        };
        let set = cookie.set(&config.shared().settings);
        let attributes = set.strip_prefix(&format!("smart_launch={ID}.secret; ")).unwrap();
        attributes.to_owned()
    }

    fn on_its_path(attributes: &str) -> String {
        format!("Path=/~{ID}; HttpOnly; {attributes}")
    }

    #[test]
    fn it_is_secure_but_on_a_loopback_http_address() {
        assert_eq!(
            attributes_of(builder("https://app.example")),
            on_its_path("SameSite=Lax; Secure")
        );
        assert_eq!(
            attributes_of(builder("https://127.0.0.1:8443")),
            on_its_path("SameSite=Lax; Secure")
        );
        assert_eq!(
            attributes_of(builder("http://127.0.0.1:8080")),
            on_its_path("SameSite=Lax")
        );
    }

    #[test]
    fn in_a_frame_it_is_for_other_sites_and_partitioned_if_configured() {
        let framed = CookiePolicy::default().same_site(SameSite::None);
        let secure = || builder("https://app.example");
        assert_eq!(
            attributes_of(secure().cookie(framed.clone())),
            on_its_path("SameSite=None; Secure")
        );
        assert_eq!(
            attributes_of(secure().cookie(framed.partitioned(Partitioned::Yes))),
            on_its_path("SameSite=None; Secure; Partitioned")
        );
    }
}
