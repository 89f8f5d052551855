//! Whether a launch can work, before anybody tries: [`SmartConfig::preflight`].
//!
//! Registrations fail for dull reasons: an address with a path too many, a certificate of the hospital's own authority, a clock
//! that is off, a key that the EHR does not have. A preflight looks at all of them at once, by the same code with which launches
//! are made, and says for each what to do. See [`guide::preflight`](crate::guide::preflight).

mod announced;
mod application;
mod backend_token;
mod callers;
mod check;
mod configuration;
mod ehr;
mod finding;
mod id_token_keys;
mod options;
mod own_keys;
mod reach;
mod redirect_uri;
mod registering;
mod report;
mod scopes;
mod sign_in_page;
mod subject;
mod table;
mod tls;
mod token_endpoint;
mod trouble;

use std::{fmt::Display, sync::Arc};

pub use self::{
    check::Check,
    finding::{Finding, Status},
    options::{PreflightOptions, Trial},
    report::{Preflight, Registration},
    table::Colours,
};
use self::{finding::Findings, subject::Subject};
use crate::{
    config::Ehr,
    protocol::urls::FhirBaseUrl,
    registration::Unregistered,
    runtime::{
        engine::Running,
        registrations::{Asker, EhrLookupError},
    },
    smart_config::SmartConfig,
};

/// How many EHRs are looked at at once.
const AT_ONCE: usize = 8;

impl SmartConfig {
    /// Looks whether a launch can work at each EHR of the configuration, and says what to do where it cannot.
    ///
    /// Each EHR is asked for its metadata, for the keys of its id tokens and for its sign-in page, and its token endpoint for a code
    /// that cannot exist; this application is asked for its public keys, at the address where EHRs find them; the token store is
    /// asked what time it is and how it is set up. Where something is missing a little more is asked: see
    /// [what it sends](crate::guide::preflight#what-it-sends). Nothing is changed.
    ///
    /// Eight EHRs are looked at at once, and the next eight after the slowest of them. An EHR takes at most a few times
    /// [`request_timeout`](crate::SmartConfigBuilder::request_timeout). EHRs of a resolver are not looked at: see
    /// [`preflight_of`](Self::preflight_of).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(config: actix_smart_auth::SmartConfig) {
    /// let report = config.preflight().await;
    /// if !report.can_launch() {
    ///     eprintln!("{report}");
    /// }
    /// # }
    /// ```
    pub async fn preflight(&self) -> Preflight {
        self.preflight_with(PreflightOptions::default()).await
    }

    /// As [`preflight`](Self::preflight), with options.
    pub async fn preflight_with(&self, options: PreflightOptions) -> Preflight {
        self.look_at(&self.ehrs(), options).await
    }

    /// The same for one EHR, which may be one that a resolver knows. Where the application registers itself at first use and has not done so
    /// yet, it is looked whether it could, with a request that is no registration.
    ///
    /// # Errors
    ///
    /// [`EhrLookupError`] when no such EHR is registered, or its registration cannot be looked up or used. Nothing was fetched.
    pub async fn preflight_of(
        &self,
        fhir_base_url: &str,
        options: PreflightOptions,
    ) -> Result<Preflight, EhrLookupError> {
        if let Some(unregistered) = self.unregistered(fhir_base_url).await? {
            return Ok(self.look_before_registration(unregistered, options).await);
        }
        let ehr = self.runtime().registrations.find(fhir_base_url, Asker::Anybody).await?;
        Ok(self.look_at(&[ehr], options).await)
    }

    /// What would be registered when this EHR is first needed; `None` where there is nothing to register.
    async fn unregistered(&self, fhir_base_url: &str) -> Result<Option<Unregistered>, EhrLookupError> {
        let is_listed = self.ehrs().iter().any(|ehr| ehr.fhir_base_url().matches(fhir_base_url));
        match (self.first_uses(), FhirBaseUrl::parse(fhir_base_url)) {
            (Some(first_uses), Ok(asked)) if !is_listed => {
                let runtime = self.runtime();
                first_uses.unregistered(runtime, &asked).await
            }
            _ => Ok(None),
        }
    }

    async fn look_before_registration(&self, unregistered: Unregistered, options: PreflightOptions) -> Preflight {
        let ehr = Arc::clone(&unregistered.ehr);
        let subject = self.subject(&ehr, options);
        let looking = subject.look_before_registration(unregistered);
        let looking = self.runtime().engine.spawn("preflight", looking);
        let mut report = Preflight::default();
        report.registrations.push(Registration::at(self.runtime(), &ehr));
        report.findings.extend(found(&ehr, looking).await);
        report.findings.extend(self.look_at_application().await);
        report
    }

    async fn look_at(&self, ehrs: &[Arc<Ehr>], options: PreflightOptions) -> Preflight {
        let mut report = Preflight::default();
        if ehrs.is_empty() {
            report.findings.extend(no_ehr());
        }
        for some in ehrs.chunks(AT_ONCE) {
            // On the engine: it has timers, wherever this is awaited.
            let looking: Vec<_> = some.iter().map(|ehr| self.spawn(ehr, options)).collect();
            for (ehr, looking) in some.iter().zip(looking) {
                report.registrations.push(Registration::at(self.runtime(), ehr));
                report.findings.extend(found(ehr, looking).await);
            }
        }
        report.findings.extend(self.look_at_application().await);
        report
    }

    fn spawn(&self, ehr: &Arc<Ehr>, options: PreflightOptions) -> Running<Vec<Finding>> {
        let subject = self.subject(ehr, options);
        self.runtime().engine.spawn("preflight", subject.look())
    }

    fn subject(&self, ehr: &Arc<Ehr>, options: PreflightOptions) -> Subject {
        Subject {
            runtime: Arc::clone(self.runtime()),
            verifier: self.verifier().clone(),
            ehr: Arc::clone(ehr),
            options,
        }
    }

    async fn look_at_application(&self) -> Vec<Finding> {
        let runtime = Arc::clone(self.runtime());
        let looking = self
            .runtime()
            .engine
            .spawn("preflight", async move { application::look(&runtime).await });
        looking.await.unwrap_or_else(|error| {
            let mut findings = Findings::about_application();
            not_asked(&mut findings, Check::Store, &error);
            findings.into_list()
        })
    }
}

async fn found(ehr: &Ehr, looking: Running<Vec<Finding>>) -> Vec<Finding> {
    looking.await.unwrap_or_else(|error| {
        let mut findings = Findings::about(ehr.key());
        not_asked(&mut findings, Check::FhirBaseUrl, &error);
        findings.into_list()
    })
}

/// Where a configuration has only a resolver.
fn no_ehr() -> Vec<Finding> {
    let mut findings = Findings::about_application();
    findings.not_checked(
        Check::FhirBaseUrl,
        "The configuration names no EHR. Those that a resolver knows, or where the application registers itself, are looked at one by one, \
         with `SmartConfig::preflight_of`.",
    );
    findings.into_list()
}

fn not_asked(findings: &mut Findings, check: Check, error: &impl Display) {
    findings.failure(
        check,
        format!("Nothing could be asked: {error}."),
        "Run the preflight before `SmartConfig::shutdown`, or see the log.",
    );
}
