//! What is allowed, and how it looks.

use std::sync::Arc;

use super::SmartConfigBuilder;
use crate::{
    config::{
        cookies::CookiePolicy,
        policies::{CrossSite, EhrTexts, IssAlone, KeepPatientFacts, OtherUser, Relaunch, StandaloneLaunch},
    },
    pages::{Brand, LanguageChoice, Pages},
};

/// Policies.
impl SmartConfigBuilder {
    /// How launch cookies are set. Default: [`CookiePolicy::default`].
    pub fn cookie(mut self, policy: CookiePolicy) -> Self {
        self.cookies = policy;
        self
    }

    /// Whether a person may start at the application. Default: [`StandaloneLaunch::Offered`].
    pub const fn standalone(mut self, policy: StandaloneLaunch) -> Self {
        self.policies.standalone = policy;
        self
    }

    /// What a launch address with `iss` and without `launch` does. Default: [`IssAlone::Ask`].
    pub const fn iss_alone(mut self, policy: IssAlone) -> Self {
        self.policies.iss_alone = policy;
        self
    }

    /// How an ended launch is started again. Default: [`Relaunch::SameKind`].
    pub const fn relaunch(mut self, policy: Relaunch) -> Self {
        self.policies.relaunch = policy;
        self
    }

    /// What a second user in the same browser means for the first one's launches. Default: [`OtherUser::End`].
    pub const fn other_user(mut self, policy: OtherUser) -> Self {
        self.policies.other_user = policy;
        self
    }

    /// Whether the log has what an EHR wrote about a refusal. Default: [`EhrTexts::Logged`].
    pub const fn ehr_texts(mut self, policy: EhrTexts) -> Self {
        self.policies.ehr_texts = policy;
        self
    }

    /// Whether name, date of birth and the like of the patient stay with the launch
    /// ([`SmartSession::patient_facts`](crate::SmartSession::patient_facts)). Default: [`KeepPatientFacts::Never`].
    pub const fn patient_facts(mut self, policy: KeepPatientFacts) -> Self {
        self.policies.patient_facts = policy;
        self
    }

    /// Lets requests that another site has caused change things and open WebSockets. Default: refused.
    ///
    /// The danger: any page a person visits can act in the person's name where the browser sends the launch's cookie
    /// along: always with `SameSite=None`, and otherwise from another port or a sister domain. Through a WebSocket it
    /// can also read the patient's data, because CORS does not apply to those, and it can embed images and scripts that
    /// hold such data (no `Cross-Origin-Resource-Policy` is sent). Only for applications with a defence of their own.
    pub const fn danger_allow_cross_site(mut self) -> Self {
        self.policies.cross_site = CrossSite::DangerAllow;
        self
    }

    /// Root certificates to trust beside the usual ones, as PEM text: a hospital's own authority. Can be repeated.
    /// Default: none.
    pub fn extra_root_certificates(mut self, pem: impl Into<String>) -> Self {
        self.extra_roots.push(pem.into());
        self
    }

    /// Whose pages the crate's own are: a name at the top and in the title, a support contact, a colour, a logo. Default: they
    /// say nothing of that.
    pub fn brand(mut self, brand: Brand) -> Self {
        self.brand = Some(brand);
        self
    }

    /// Who decides in which language people read the crate's pages, and scripts the texts of its problem+json. Default: the
    /// browser, by `Accept-Language`, and otherwise English.
    pub const fn language(mut self, choice: LanguageChoice) -> Self {
        self.language = choice;
        self
    }

    /// Pages in the look of the application instead of the crate's own. Default: the crate's own.
    pub fn pages(mut self, pages: impl Pages) -> Self {
        self.pages = Some(Arc::new(pages));
        self
    }

    /// An origin that may show the application in a frame, for example `https://ehr.example`: an EHR that embeds it. Can
    /// be repeated. Default: none is named, which means two different things:
    ///
    /// - Answers to requests that used a launch can be framed by the application's own pages only
    ///   (`frame-ancestors 'self'`), unless the handler sent `frame-ancestors` or `X-Frame-Options` itself.
    /// - The crate's own pages, such as an error or the page after signing out, have no `frame-ancestors`: **any site may
    ///   frame them**. They show no patient's data, and browsers send no cookie to such a frame. With [`SameSite::None`] they would, so
    ///   the pages can then be framed by the application's own pages only.
    ///
    /// [`SameSite::None`]: crate::options::SameSite::None
    ///
    /// With at least one origin both may be framed by these and by the application's own pages, and by nobody else.
    pub fn frame_ancestor(mut self, origin: impl Into<String>) -> Self {
        self.frame_ancestors.push(origin.into());
        self
    }

    /// An origin, for example `https://styles.ehr.example`, that an EHR's look may come from
    /// ([`SmartSession::smart_style`](crate::SmartSession::smart_style)) beside those of its FHIR server and its token endpoint. Can be
    /// repeated, and holds for all EHRs. Default: none.
    pub fn smart_style_origin(mut self, origin: impl Into<String>) -> Self {
        self.style_origins.push(origin.into());
        self
    }

    /// How the crate introduces itself to the EHR. Default: `actix-smart-auth/` and its version.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.http.transport.user_agent = user_agent.into();
        self
    }
}
