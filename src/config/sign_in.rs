//! When a person has to sign in again at the EHR: [`SignIn`].

use std::time::Duration;

use super::{error::InvalidReason, policies::IdTokenPolicy, problems::Problems, quirks::Quirks};
use crate::protocol::{
    scope::Scopes,
    sign_in::{SignInDemand, SignInProblem},
};

/// When a launch demands that the person signs in again at the EHR ([`EhrBuilder::sign_in`](crate::EhrBuilder::sign_in)).
///
/// EHRs have a single sign-on: a person who comes back to a page that was closed often gets in without being asked, and on
/// a shared workstation that may be somebody else. A demand goes along with the authorization request (`prompt=login` and
/// `max_age=0`; OpenID Connect Core 1.0, section 3.1.2.1), and the launch opens only if the id token says that it was met
/// (`auth_time`).
///
/// SMART App Launch leaves it to the EHR whether it knows these. Ask before you demand: with one that does not, no such
/// launch opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SignIn {
    /// The EHR decides whether it asks. The default.
    #[default]
    AsTheEhrDecides,
    /// It is demanded where the launch takes over from one that has ended because it was unused
    /// ([`EndReason::Idle`](crate::EndReason::Idle)) or too old ([`EndReason::TooOld`](crate::EndReason::TooOld)), or of
    /// which the store does not know any more why it ended: reasons are remembered for
    /// [`Lifetimes::ended`](crate::store::Lifetimes::ended).
    ///
    /// Such a launch comes from the page that was closed. A person who types the launch address, or opens the
    /// application from the EHR, is not asked; [`EhrBuilder::max_age`](crate::EhrBuilder::max_age) asks everybody. A link of the application
    /// may demand it too: `/auth/launch?sign_in=again`.
    AgainAfterTimeout,
}

/// What a registration says about the sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SignInRules {
    pub(crate) sign_in: SignIn,
    /// Of every launch.
    pub(crate) max_age: Option<Duration>,
}

impl SignInRules {
    /// What is demanded of a launch that takes over from one that has timed out.
    pub(crate) fn after_timeout(self) -> Option<SignInDemand> {
        match self.sign_in {
            SignIn::AsTheEhrDecides => None,
            SignIn::AgainAfterTimeout => Some(SignInDemand::Again),
        }
    }

    /// What is demanded of every launch.
    pub(crate) fn always(self) -> Option<SignInDemand> {
        self.max_age.map(SignInDemand::NotOlderThan)
    }

    pub(super) fn check(self, scopes: &Scopes, policy: IdTokenPolicy, quirks: &Quirks, problems: &mut Problems) {
        let demands = [("sign_in", self.after_timeout()), ("max_age", self.always())];
        for (field, demand) in demands {
            let Some(demand) = demand else { continue };
            if let Err(problem) = check_demand(demand, scopes, policy, quirks) {
                problems.invalid(field, InvalidReason::SignIn(problem));
            }
        }
    }
}

/// Whether the EHR can be asked for it in words that it understands, and whether its answer would be seen.
///
/// # Errors
///
/// [`SignInProblem`]: the first reason why not.
pub(crate) fn check_demand(
    demand: SignInDemand,
    scopes: &Scopes,
    policy: IdTokenPolicy,
    quirks: &Quirks,
) -> Result<(), SignInProblem> {
    if policy == IdTokenPolicy::Ignore {
        return Err(SignInProblem::IdTokensIgnored);
    }
    if !scopes.contains("openid") {
        return Err(SignInProblem::NoOpenid);
    }
    demand.check_parameters(&quirks.authorization_parameters)
}
