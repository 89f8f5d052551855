//! [`TestBrowser`]: a browser for tests. It goes to addresses of this machine only, and it runs no scripts.

mod error;
mod form;
mod html;
mod jar;
mod page;
mod seen;
mod site;
mod text;
mod window;

use std::sync::Arc;

use url::Url;

pub use self::{error::TestBrowserError, form::TestForm, page::TestPage, seen::PageSeen};
use self::{
    site::Initiator,
    window::{Visit, Window},
};
use crate::sandbox::SandboxServer;

/// A browser for tests of an application: cookies, redirects, links and forms, over real sockets.
///
/// It does what a person's browser does with an application of this crate:
///
/// - It keeps cookies by path, sends `Secure` ones to this machine over http, and minds `SameSite`.
/// - It follows redirects, twenty at most, and says with each request where it comes from (`Sec-Fetch-*`, `Origin`).
/// - It submits the page that posts a person to the EHR, as that page's script would. It runs no other script.
///
/// It opens addresses of this machine alone: a test that is led anywhere else fails. Each port counts as a site of its own,
/// as an EHR and an application are in the world; a person's browser takes all ports of 127.0.0.1 for one.
///
/// Cheap to clone; clones share the cookies, like tabs. For another person make another browser. It sends with awc, so it
/// needs the system of `#[actix_web::test]` (or `#[actix_web::main]`) around it.
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::{sandbox::SandboxServer, testing::TestBrowser};
///
/// # async fn run(sandbox: &SandboxServer) -> Result<(), Box<dyn std::error::Error>> {
/// let browser = TestBrowser::new("http://127.0.0.1:8080");
/// let page = browser.launch(sandbox, "amber-testwood").await?;
/// assert!(page.text().contains("Amber Testwood"), "{page}");
///
/// let labs = page.click("Laboratory").await?;
/// let filtered = labs.form("Show")?.fill("From", "2026-01-01").check("Abnormal only").submit().await?;
/// assert_eq!(filtered.status(), 200);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct TestBrowser {
    window: Arc<Window>,
    application: String,
    launch_path: String,
}

impl TestBrowser {
    /// A browser without cookies. `application` is where paths lead: `http://127.0.0.1:8080`.
    #[must_use]
    pub fn new(application: impl Into<String>) -> Self {
        Self {
            window: Arc::default(),
            application: application.into(),
            launch_path: "/auth/launch".to_owned(),
        }
    }

    /// Where the application is launched. Default: `/auth/launch`, as in
    /// [`SmartConfigBuilder::launch_path`](crate::SmartConfigBuilder::launch_path); with a public path that stands in front.
    #[must_use]
    pub fn launch_path(self, path: impl Into<String>) -> Self {
        Self {
            launch_path: path.into(),
            ..self
        }
    }

    /// Opens an address, as somebody who types it, and follows redirects. A path is one of the application.
    ///
    /// # Errors
    ///
    /// [`TestBrowserError`] when there is no answer. A page with an error status is an answer ([`TestPage::status`]).
    pub async fn open(&self, address: &str) -> Result<TestPage, TestBrowserError> {
        self.visit(address, Initiator::nobody()).await
    }

    /// Opens the application for this patient, as an EHR does, and follows redirects: to the first page of the launch where the
    /// sandbox signs in by itself ([`Mode::Automatic`](crate::sandbox::Mode)), else to its sign-in page.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn launch(&self, sandbox: &SandboxServer, patient: &str) -> Result<TestPage, TestBrowserError> {
        self.launch_for(sandbox, patient, None).await
    }

    /// The same for a visit of the patient (an encounter's id).
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn launch_visit(
        &self,
        sandbox: &SandboxServer,
        patient: &str,
        encounter: &str,
    ) -> Result<TestPage, TestBrowserError> {
        self.launch_for(sandbox, patient, Some(encounter)).await
    }

    async fn launch_for(
        &self,
        sandbox: &SandboxServer,
        patient: &str,
        encounter: Option<&str>,
    ) -> Result<TestPage, TestBrowserError> {
        let launch_url = self.url(&self.launch_path)?;
        let address = sandbox.ehr_launch_url(launch_url.as_str(), patient, encounter);
        let from_the_ehr = Url::parse(&sandbox.ehr_url()).map_or_else(|_| Initiator::nobody(), Initiator::link_on);
        self.visit(&address, from_the_ehr).await
    }

    /// Begins at the application (*standalone launch*), as somebody who opens it by themselves. The EHR asks which patient it is;
    /// in automatic mode the sandbox answers ([`set_automatic_patient`](SandboxServer::set_automatic_patient)).
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn sign_in(&self) -> Result<TestPage, TestBrowserError> {
        self.open(&self.launch_path).await
    }

    /// Fetches an address of the application as a script of its pages does: JSON is preferred, and nothing is opened.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn fetch(&self, address: &str) -> Result<TestPage, TestBrowserError> {
        let url = self.url(address)?;
        TestPage::fetch_as_script(&self.window, url.clone(), url).await
    }

    /// The names and paths of the cookies that it has, sorted. Values are secrets of a browser and stay in it.
    #[must_use]
    pub fn cookies(&self) -> Vec<(String, String)> {
        self.window.cookies()
    }

    /// Forgets all cookies, as a browser that was closed.
    pub fn forget_cookies(&self) {
        self.window.forget_cookies();
    }

    async fn visit(&self, address: &str, initiator: Initiator) -> Result<TestPage, TestBrowserError> {
        let url = self.url(address)?;
        TestPage::open(&self.window, Visit::get(url, initiator)).await
    }

    fn url(&self, address: &str) -> Result<Url, TestBrowserError> {
        let no_address = |_| TestBrowserError::NoAddress {
            address: if address.starts_with('/') {
                self.application.clone()
            } else {
                address.to_owned()
            },
        };
        let application = Url::parse(&self.application);
        match application {
            Ok(application) => application.join(address).map_err(no_address),
            Err(_) => Url::parse(address).map_err(no_address),
        }
    }
}
