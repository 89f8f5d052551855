//! [`TestLaunch`]: an open launch without an EHR, for tests of handlers.

mod answer;
mod builder;
mod error;
#[cfg(feature = "actix")]
mod handlers;
mod made_up_ehr;
mod requested;
mod sent;

use std::{fmt, sync::Arc, time::Duration};

use serde_json::Value;

pub use self::{answer::TestAnswer, builder::TestLaunchBuilder, error::TestLaunchError, sent::SentRequest};
use self::{made_up_ehr::MadeUpEhr, requested::Requested};
use crate::{
    launch::{error::LaunchError, session::SmartSession},
    protocol::{launch_id::LaunchId, secret::LaunchSecret},
    smart_config::SmartConfig,
    store::LaunchUse,
    time::ManualClock,
};

/// An open launch with a patient, a user and scopes of your choice, and FHIR answers that you prepare. No EHR, no socket, no
/// sign-in: what a handler sends goes to this value and nowhere else.
///
/// A request that nobody prepared an answer for is answered with 501, and the test fails when this value is dropped, with a sentence
/// that names the request; [`unanswered`](Self::unanswered) takes that upon itself.
///
/// Time stands still ([`clock`](Self::clock)). The access token lives half an hour; when its time is over it is refused with 401 like
/// everywhere, and refreshing it works, unless [`refuse_refreshes`](Self::refuse_refreshes) says otherwise.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{Patient, SmartSession, fhir::FhirError, testing::TestLaunch};
/// use serde_json::{Value, json};
///
/// async fn vitals(session: SmartSession, patient: Patient) -> Result<String, FhirError> {
///     let found = session.fhir().search("Observation").param("patient", patient.id());
///     let observations: Vec<Value> = found.all(100).await?;
///     Ok(format!("{} vital signs", observations.len()))
/// }
///
/// # #[cfg(feature = "actix")]
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // In your tests: `#[actix_web::test] async fn …`.
/// let launch = TestLaunch::of_patient("p1").scopes("patient/Observation.rs").open().await?;
/// launch.answers("Observation?patient=p1", json!({"resourceType": "Bundle", "type": "searchset", "entry": [
///     {"resource": {"resourceType": "Observation", "id": "o1"}},
/// ]}));
///
/// let text = vitals(launch.extract().await?, launch.extract().await?).await?;
///
/// assert_eq!(text, "1 vital signs");
/// assert_eq!(launch.sent(), ["GET Observation?patient=p1"]);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "actix"))]
/// # fn main() {}
/// ```
pub struct TestLaunch {
    config: SmartConfig,
    ehr: Arc<MadeUpEhr>,
    clock: ManualClock,
    id: LaunchId,
    secret: LaunchSecret,
}

impl TestLaunch {
    /// Chooses what the launch is about.
    pub fn builder() -> TestLaunchBuilder {
        TestLaunchBuilder::new()
    }

    /// The same, with this patient in context (the id of the FHIR resource).
    pub fn of_patient(id: impl Into<String>) -> TestLaunchBuilder {
        Self::builder().patient(id)
    }

    /// Prepares an answer. `request` is `Patient/p1` or `Observation?patient=p1`, seen from the FHIR base URL, with a method in front
    /// that is not `GET`: `POST Observation`. The order of parameters does not matter; without any, every query is answered.
    ///
    /// JSON is answered with 200 (201 to a `POST` that creates); [`TestAnswer`] has the rest. Prepared several times, the answers come one after the other, and the last
    /// one stays.
    pub fn answers(&self, request: &str, answer: impl Into<TestAnswer>) -> &Self {
        self.ehr.prepare(Requested::parse(request), answer.into());
        self
    }

    /// Prepares the pages of a search, each with these resources and a link to the next.
    pub fn answers_in_pages<R>(&self, request: &str, pages: impl IntoIterator<Item = R>) -> &Self
    where
        R: IntoIterator<Item = Value>,
    {
        let pages: Vec<Vec<Value>> = pages.into_iter().map(|page| page.into_iter().collect()).collect();
        let last = pages.len().saturating_sub(1);
        let first = Requested::parse(request);
        for (number, resources) in pages.into_iter().enumerate() {
            let next = (number < last).then(|| self.ehr.address(&first.page(number + 1)));
            let bundle = answer::page(resources, next.as_deref());
            let of_page = if number == 0 { first.clone() } else { first.page(number) };
            self.ehr.prepare(of_page, bundle.into());
        }
        self
    }

    /// From now on the EHR refuses to refresh the token (`invalid_grant`): the launch ends when that is due.
    pub fn refuse_refreshes(&self) {
        self.ehr.refuse_refreshes();
    }

    /// Lets the time pass in which the access token works, and a moment more.
    pub fn let_token_run_out(&self) {
        self.clock.advance(self.ehr.token_lifetime() + Duration::from_secs(1));
    }

    /// The time of the launch. It stands still until a test moves it.
    #[must_use]
    pub const fn clock(&self) -> &ManualClock {
        &self.clock
    }

    /// The configuration behind it: for [`SmartAuth`](crate::SmartAuth), and for [`SmartConfig::resume`].
    #[must_use]
    pub const fn config(&self) -> &SmartConfig {
        &self.config
    }

    /// The launch as a handler gets it, loaded now: its token is refreshed first where that is due.
    ///
    /// # Errors
    ///
    /// [`LaunchError`] when it has ended, or its token cannot be made fresh.
    pub async fn session(&self) -> Result<SmartSession, LaunchError> {
        self.config.sessions().load(self.id.clone(), LaunchUse::Counts).await
    }

    /// What was asked of the FHIR server, oldest first, a line each: `GET Observation?patient=p1`.
    #[must_use]
    pub fn sent(&self) -> Vec<String> {
        self.requests().iter().map(ToString::to_string).collect()
    }

    /// The same with bodies and headers. Tokens are not among them.
    #[must_use]
    pub fn requests(&self) -> Vec<SentRequest> {
        self.ehr.requests()
    }

    /// How often the token was refreshed with success.
    #[must_use]
    pub fn refreshes(&self) -> usize {
        self.ehr.refreshes()
    }

    /// The requests that nobody prepared an answer for, a line each. The test does not fail for these any more.
    #[must_use]
    pub fn unanswered(&self) -> Vec<String> {
        self.ehr.take_unanswered()
    }

    #[cfg(feature = "actix")]
    const fn id(&self) -> &LaunchId {
        &self.id
    }
}

/// Fails the test where a request had no answer.
impl Drop for TestLaunch {
    fn drop(&mut self) {
        let unanswered = self.ehr.take_unanswered();
        let Some(first) = unanswered.first() else { return };
        let (known, count) = (self.ehr.known().join(", "), unanswered.len());
        let sentence = format!(
            "{count} FHIR requests had no answer, the first was `{first}`; prepare one with `launch.answers(\"{}\", …)`. \
             Prepared are: {}",
            first.strip_prefix("GET ").unwrap_or(first),
            if known.is_empty() { "none" } else { &known },
        );
        if std::thread::panicking() {
            // What the test fails with may well come of it.
            eprintln!("{sentence}");
            return;
        }
        #[expect(clippy::panic, reason = "a test is to fail")]
        {
            panic!("{sentence}");
        }
    }
}

impl fmt::Debug for TestLaunch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestLaunch")
            .field("sent", &self.ehr.requests().len())
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
