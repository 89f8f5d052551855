//! Checks a whole configuration and reports everything at once: [`SmartConfigBuilder::check`].

use std::{sync::Arc, time::Duration};

use url::Url;

use super::{
    builder::SmartConfigBuilder,
    checked::{Checked, CheckedResolver},
    cookies::{CookieSettings, Secure},
    ehr::Ehr,
    error::{ConfigError, InvalidReason},
    http::root_certificates,
    key_file::read_file,
    paths::{LaunchNaming, Paths},
    policies::{Relaunch, StandaloneLaunch},
    problems::Problems,
    redirect_uris::RedirectRules,
    settings::Settings,
};
use crate::{
    protocol::{
        client_auth::{AuthStyle, Jwks, PublicJwk, credentials::ClientCredentials},
        network_guard::AddressGuard,
        urls::{EndpointUrl, FhirBaseUrl, parse_https},
    },
    store::{MemoryStore, SealingKeys, TokenStore},
};

impl SmartConfigBuilder {
    /// Checks everything and reads the key files.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with every missing and every invalid value.
    pub(crate) fn check(mut self) -> Result<Checked, ConfigError> {
        let mut problems = Problems::default();
        let default = self.redirect_uri.take();
        let ehrs = self.check_ehrs(default.as_deref(), &mut problems);
        let extra_keys = self.check_published(&mut problems);
        check_keys(&ehrs, &extra_keys, &mut problems);
        let lead = match &default {
            Some(uri) => problems.url("redirect_uri", uri, EndpointUrl::parse),
            None => ehrs.iter().find_map(|labelled| labelled.redirect_uri.clone()),
        };
        let redirect = lead.as_ref().map(EndpointUrl::url);
        let paths = self.check_paths(redirect, &mut problems);
        let redirect_rules = match (redirect, &paths) {
            (Some(redirect), Some(paths)) => Some(RedirectRules::new(redirect, paths.clone(), default)),
            _ => None,
        };
        if let Some(rules) = &redirect_rules {
            check_redirects(&ehrs, rules, &mut problems);
        }
        let cookies = self.check_cookies(redirect, paths.as_ref(), &mut problems);
        self.check_values(&mut problems);
        let guard = AddressGuard::new(&self.allowed_hosts)
            .map_err(|error| problems.invalid("allow_hosts", error))
            .unwrap_or_default();
        let (store, sealing) = self.store_and_keys(&mut problems);

        let (Some(paths), Some(cookies), Some(redirect_rules), Some(sealing), true) =
            (paths, cookies, redirect_rules, sealing, problems.0.is_empty())
        else {
            return Err(ConfigError::new(problems.0));
        };
        let ehrs: Vec<_> = ehrs.into_iter().filter_map(|labelled| labelled.ehr).collect();
        warn_about_http(&ehrs);
        Ok(Checked {
            settings: Settings {
                paths,
                cookies,
                policies: self.policies,
                http: self.http,
                tokens: self.tokens,
                metadata_ttl: self.metadata_ttl,
                on_launch_timeout: self.on_launch_timeout,
                rules: self.rules,
                pages: self.pages,
                frame_ancestors: self.frame_ancestors,
            },
            ehrs,
            resolver: self.resolver.map(|resolver| CheckedResolver {
                resolver,
                ttl: self.resolver_ttl,
                guard,
            }),
            redirect_rules,
            extra_keys,
            store,
            sealing,
            clock: self.clock,
            on_launch: self.hook,
            transport: self.transport,
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

    fn store_and_keys(&mut self, problems: &mut Problems) -> (TokenStore, Option<SealingKeys>) {
        let clock = &self.clock;
        let store = self
            .store
            .take()
            .unwrap_or_else(|| TokenStore::new(MemoryStore::new().timed_by(Arc::clone(clock))));
        let sealing = self.sealing_keys.take().or_else(|| store.backend().sealing_keys());
        if sealing.is_none() {
            problems.missing("sealing_keys");
        }
        (store, sealing)
    }

    fn check_ehrs(&mut self, default_redirect: Option<&str>, problems: &mut Problems) -> Vec<Labelled> {
        if self.ehrs.is_empty() && self.resolver.is_none() {
            problems.missing("ehr");
        }
        if self.ehrs.is_empty() && self.resolver.is_some() && default_redirect.is_none() {
            problems.missing("redirect_uri");
        }
        let given: Vec<_> = std::mem::take(&mut self.ehrs)
            .into_iter()
            .map(|ehr| ehr.or_redirect_uri(default_redirect))
            .collect();
        let several = given.len() > 1;
        let mut checked: Vec<Labelled> = Vec::new();
        for (index, builder) in given.into_iter().enumerate() {
            let mut own = Problems::default();
            let mut labelled = Labelled {
                label: match builder.given_name() {
                    Some(name) => format!("EHR {name:?}"),
                    None => format!("EHR {}", index.saturating_add(1)),
                },
                several,
                fhir_base: builder.parsed_fhir_base(),
                redirect_uri: builder.parsed_redirect_uri(),
                ehr: None,
            };
            labelled.ehr = builder.check(&mut own).map(Arc::new);
            let same_base = checked
                .iter()
                .find(|other| match (&labelled.fhir_base, &other.fhir_base) {
                    (Some(own), Some(other)) => own.matches(other.as_str()),
                    _ => false,
                });
            if let Some(same) = same_base {
                let other = same.label.clone();
                own.invalid("fhir_base_url", InvalidReason::SameFhirBase { other });
            }
            labelled.report(own, problems);
            checked.push(labelled);
        }
        checked
    }

    /// The keys that are published whichever EHRs there are.
    fn check_published(&mut self, problems: &mut Problems) -> Vec<PublicJwk> {
        let mut keys = Vec::new();
        for auth in std::mem::take(&mut self.published) {
            // A client id plays no part in keys.
            match ClientCredentials::check(&auth, "any", AuthStyle::default(), &read_file) {
                Ok(credentials) => keys.extend(credentials.public_keys().cloned()),
                Err(found) => problems.credentials(found),
            }
        }
        keys
    }

    /// What can be judged by itself.
    fn check_values(&mut self, problems: &mut Problems) {
        let lifetimes = self.rules.lifetimes;
        let durations = [
            ("pending_lifetime", lifetimes.pending),
            ("idle_lifetime", lifetimes.launch_idle),
            ("absolute_lifetime", lifetimes.launch_absolute),
            ("connect_timeout", self.http.connect_timeout),
            ("request_timeout", self.http.request_timeout),
            ("token_deadline", self.tokens.deadline),
            ("default_token_lifetime", self.tokens.default_lifetime),
            ("on_launch_timeout", self.on_launch_timeout),
        ];
        let zero_durations = durations.iter().filter(|(_, duration)| *duration == Duration::ZERO);
        let amounts = [
            ("body_limit", self.http.body_limit),
            (
                "browser_limits",
                self.rules.limits.pending.min(self.rules.limits.launches),
            ),
        ];
        let zero_amounts = amounts.iter().filter(|(_, amount)| *amount == 0);
        for field in zero_durations
            .map(|(field, _)| *field)
            .chain(zero_amounts.map(|(field, _)| *field))
        {
            problems.invalid(field, InvalidReason::Zero);
        }
        let user_agent = &self.http.user_agent;
        if user_agent.is_empty() || !user_agent.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            problems.invalid("user_agent", InvalidReason::HeaderCharacters);
        }
        if self.policies.relaunch == Relaunch::Standalone && self.policies.standalone == StandaloneLaunch::NotOffered {
            problems.invalid("relaunch", InvalidReason::RelaunchNotOffered);
        }
        if cfg!(not(feature = "actix")) && self.transport.is_none() {
            problems.missing("transport");
        }
        // `https://*.ehr.example` is a source of a policy, though no URL.
        let is_origin = |source: &String| {
            parse_https(&source.replacen("://*.", "://", 1))
                .is_ok_and(|url| matches!(url.path(), "" | "/") && url.query().is_none())
                && !source.contains([';', ',', '\''])
        };
        if !self.frame_ancestors.iter().all(is_origin) {
            problems.invalid("frame_ancestor", InvalidReason::NotAnOrigin);
        }
        for pem in &self.extra_roots {
            match root_certificates(pem) {
                Ok(roots) => self.http.extra_roots.extend(roots),
                Err(error) => problems.invalid("extra_root_certificates", error),
            }
        }
    }
}

/// An EHR, what to call it in a message, and what others are compared with even if it is not usable.
struct Labelled {
    label: String,
    /// Whether a message has to say which EHR it is about.
    several: bool,
    fhir_base: Option<FhirBaseUrl>,
    redirect_uri: Option<EndpointUrl>,
    ehr: Option<Arc<Ehr>>,
}

impl Labelled {
    fn report(&self, own: Problems, problems: &mut Problems) {
        problems.0.extend(own.0.into_iter().map(|mut problem| {
            problem.ehr = self.several.then(|| self.label.clone());
            problem
        }));
    }
}

fn check_redirects(ehrs: &[Labelled], rules: &RedirectRules, problems: &mut Problems) {
    for ehr in ehrs {
        if ehr.redirect_uri.as_ref().is_some_and(|uri| !rules.allow(uri.url())) {
            let mut own = Problems::default();
            let callback = rules.callback();
            own.invalid("redirect_uri", InvalidReason::OtherCallback { callback });
            ehr.report(own, problems);
        }
    }
}

/// One document has the keys of all EHRs, so an id must not mean two keys.
fn check_keys(ehrs: &[Labelled], extra: &[PublicJwk], problems: &mut Problems) {
    let mut jwks = Jwks::default();
    let usable = ehrs.iter().filter_map(|labelled| labelled.ehr.as_ref());
    for key in usable.flat_map(|ehr| ehr.credentials().public_keys()).chain(extra) {
        if let Err(duplicate) = jwks.add(key) {
            problems.invalid("kid", InvalidReason::DuplicateKid { kid: duplicate.0 });
        }
    }
}

fn warn_about_http(ehrs: &[Arc<Ehr>]) {
    let plain: Vec<&str> = ehrs
        .iter()
        .flat_map(|ehr| {
            let endpoints = ehr.endpoints();
            [
                Some(ehr.fhir_base_url().url()),
                Some(ehr.redirect_url()),
                endpoints.map(|endpoints| endpoints.authorization.url()),
                endpoints.map(|endpoints| endpoints.token.url()),
                endpoints.and_then(|endpoints| Some(endpoints.revocation.as_ref()?.url())),
            ]
        })
        .flatten()
        .filter(|url| url.scheme() == "http")
        .map(Url::as_str)
        .collect();
    if !plain.is_empty() {
        tracing::warn!(urls = ?plain, "plain http on this machine's own address: for development only");
    }
}
