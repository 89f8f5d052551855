//! [`SmartSessionErrorKind`]: why a request has no launch for its handler.

use std::{fmt, time::Duration};

use crate::{
    launch::error::{LaunchError, what_is_missing},
    store::{EndReason, RefreshFailure},
};

/// The reasons of a [`SmartSessionError`](crate::SmartSessionError).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmartSessionErrorKind {
    /// `SmartAuth` is not wrapped around the App.
    #[error("SmartAuth is not wrapped around the App; add `.wrap(SmartAuth::new(config))`")]
    NotInstalled,
    /// `SmartAuth` is wrapped around a Scope, where its routes are out of reach.
    #[error("SmartAuth is wrapped around a Scope; wrap the App: `App::new().service(…).wrap(SmartAuth::new(config))`")]
    WrappedOnScope,
    /// The request has no launch.
    #[error("the request has no launch: {0}")]
    NoLaunch(NoLaunch),
    /// The launch has ended.
    #[error("the launch has ended ({0:?})")]
    Ended(EndReason),
    /// A request that changes something, or that opens a WebSocket, came from another site.
    #[error("a request that changes something, or that opens a WebSocket, came from another site")]
    CrossSite,
    /// There is no access token to use now. The launch is kept.
    ///
    /// With [`RefreshFailure::StoreUnavailable`] the token store is unavailable: the launch could not be loaded, and its token may be good;
    /// or its token has run out, and a refresh could not be noted or saved. With any other cause the token has run out and cannot be refreshed now, because the EHR or its registration is
    /// unavailable, or the EHR's answer cannot be used.
    #[error("{}; try again in {} s", what_is_missing(*cause), retry_after.as_secs())]
    Unavailable {
        /// What is away.
        cause: RefreshFailure,
        /// When it is worth trying again.
        retry_after: Duration,
        /// How many attempts in a row have failed, as far as that is known.
        failures: u32,
    },
    /// The access token has run out and the EHR refuses this application's credentials. The launch is kept.
    #[error("the EHR refuses this application's credentials; an earlier line of the log says what to try")]
    ClientRefused,
    /// The launch has no such context.
    #[error("the launch has no {0} in context")]
    MissingContext(ContextMember),
    /// The EHR did not grant what [`RequireScope`](crate::RequireScope) asks for;
    /// [`missing_scopes`](crate::SmartSessionError::missing_scopes) says what is missing.
    #[error("the EHR did not grant the scopes that this route needs")]
    InsufficientScope,
}

/// Why a request has no launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoLaunch {
    /// The route is not below the launch scope.
    #[error("the route is not below `launch_scope()`")]
    OutsideLaunchScope,
    /// The path names no launch id.
    #[error("the path does not name a launch")]
    NotALaunchId,
    /// The browser sent no cookie for the launch that the path names.
    #[error("the browser has no cookie for this launch")]
    NoCookie,
    /// The store does not know the launch, or the cookie does not prove it.
    #[error("there is no such launch for this browser")]
    Unknown,
}

/// A member of the launch context that a handler can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextMember {
    /// `patient`.
    Patient,
    /// `encounter`.
    Encounter,
    /// The user as a FHIR resource (`fhirUser`).
    FhirUser,
    /// A verified id token.
    IdToken,
}

impl fmt::Display for ContextMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patient => "patient",
            Self::Encounter => "encounter",
            Self::FhirUser => "fhirUser",
            Self::IdToken => "id token",
        })
    }
}

impl From<LaunchError> for SmartSessionErrorKind {
    fn from(error: LaunchError) -> Self {
        match error {
            LaunchError::Ended(reason) => Self::Ended(reason),
            LaunchError::NotFound => Self::NoLaunch(NoLaunch::Unknown),
            LaunchError::Unavailable {
                cause,
                retry_after,
                failures,
            } => Self::Unavailable {
                cause,
                retry_after,
                failures,
            },
            LaunchError::ClientRefused => Self::ClientRefused,
        }
    }
}
