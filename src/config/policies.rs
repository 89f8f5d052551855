//! What to do where the specification leaves a choice.

use crate::store::LaunchKind;

/// Whether `GET /auth/launch` without `iss` starts a standalone launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum StandaloneLaunch {
    /// Yes: a person may start at the application. The default.
    #[default]
    Offered,
    /// No: every launch comes from the EHR, and a page says so.
    NotOffered,
}

/// What happens when an EHR opens the launch address with `iss` and without `launch`: it says where, not for whom.
///
/// In both cases the person signs in at that EHR and picks the patient there, as in a standalone launch. Where those are not
/// offered, a page says to start from the EHR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IssAlone {
    /// A page offers it, with a button. The default: whoever comes from a chart expects that chart.
    #[default]
    Ask,
    /// It begins at once, as `fhirclient` does.
    Begin,
}

/// How a launch that has ended, or of which nothing is known any more, is started again for a page that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Relaunch {
    /// As it began: a standalone launch by a redirect; for one that came from the EHR a page says to open it there
    /// again. The default.
    #[default]
    SameKind,
    /// Standalone, however it began. The person picks the patient again. Needs [`StandaloneLaunch::Offered`].
    Standalone,
}

/// What happens to the other launches of a browser when a different user completes one in it.
///
/// A user is the issuer and the subject of a verified id token, so one person at two EHRs is two users. An application in
/// which one person has several EHRs open, and nobody else uses the browser, wants [`Keep`](Self::Keep).
///
/// A user is known from a verified id token. A launch without one ends none and is ended by none: what is not known
/// cannot be told apart. [`IdTokenPolicy::Required`] leaves no such launches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OtherUser {
    /// They end: on a shared workstation the next person must not find them. The default.
    #[default]
    End,
    /// They stay open.
    Keep,
}

/// What a launch needs of an id token to open.
///
/// The id token says who signed in. It is verified, signature and claims, before anything in it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IdTokenPolicy {
    /// A good one. Needs the scope `openid`.
    Required,
    /// A good one, if there is one and it was asked for with the scope `openid`. The default.
    #[default]
    IfPresent,
    /// None is looked at: the launch has no user.
    Ignore,
}

/// What happens when the answer to a refresh has the id token of another user than the launch
/// ([`Quirks::subject_on_refresh`](crate::Quirks::subject_on_refresh)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SubjectOnRefresh {
    /// The launch ends ([`EndReason::UserChanged`](crate::EndReason)), as a refresh has to name the same user (OpenID
    /// Connect Core 1.0, section 12.2). The default.
    #[default]
    EndIfOther,
    /// It is not looked at, for an EHR that names the same person differently each time.
    Ignore,
}

/// Whether tokens that nobody is to use any more are revoked at the EHR
/// ([`Quirks::revocation`](crate::Quirks::revocation)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Revocation {
    /// Yes, where the EHR has an endpoint for it (RFC 7009). The default.
    #[default]
    WhereOffered,
    /// No: they are forgotten here, and work at the EHR until they expire. For an EHR that takes one user's launches for
    /// one grant, and would end all of them with the first.
    Never,
}

/// Whether the log has what an EHR wrote about a refusal (`error_description`), beside its code and address.
///
/// It often is the only place where the cause is named ("Failed to fetch JWKS from …"). It is cut to 300 characters, without
/// control characters and markup, and dropped where it repeats a secret. The launch's patient and user, and what stands where
/// a name or an id would, become `…`. An EHR may still find words that name somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EhrTexts {
    /// It has. The default.
    #[default]
    Logged,
    /// It has not: code and address (`error_uri`) alone.
    LeftOut,
}

/// Whether who the patient is ([`PatientFacts`](crate::patient::PatientFacts)) stays with the launch in the token store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeepPatientFacts {
    /// No: each page that asks for it reads it from the FHIR server. Nothing of a patient but the id is stored, and what is corrected in
    /// the record shows at once. The default.
    #[default]
    Never,
    /// Yes, sealed as the tokens are, until the launch ends or its token is refreshed: then it is read again. For pages that all have
    /// a banner.
    WithLaunch,
}

/// What happens to a POST, PUT, PATCH, DELETE or the handshake of a WebSocket that another site has caused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum CrossSite {
    #[default]
    Refuse,
    /// Named so that a search for *danger* finds it.
    DangerAllow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Policies {
    pub(crate) standalone: StandaloneLaunch,
    pub(crate) iss_alone: IssAlone,
    pub(crate) relaunch: Relaunch,
    pub(crate) other_user: OtherUser,
    pub(crate) cross_site: CrossSite,
    pub(crate) ehr_texts: EhrTexts,
    pub(crate) patient_facts: KeepPatientFacts,
}

impl Policies {
    /// Whether a launch that began so may be repeated in the application.
    ///
    /// One that began in the EHR is not, unless that is configured: the person would be asked to pick a patient, and
    /// might pick another.
    pub(crate) fn relaunches_in_application(self, began: LaunchKind) -> bool {
        self.standalone == StandaloneLaunch::Offered
            && (began == LaunchKind::Standalone || self.relaunch == Relaunch::Standalone)
    }
}
