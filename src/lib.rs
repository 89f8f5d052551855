//! SMART App Launch 2.2 for Actix Web.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "actix"),
    expect(
        dead_code,
        unused_imports,
        reason = "the Actix layer is the caller of much of the core; with it nothing is excused"
    )
)]

#[cfg(feature = "actix")]
mod actix;
mod callback;
mod client;
mod config;
mod discovery;
mod engine;
mod flight;
mod hook;
#[cfg(feature = "actix")]
mod instances;
mod pages;
mod protocol;
mod redirects;
mod refresh;
mod session;
mod shared;
mod start;
pub mod store;
mod time;
mod token_client;
mod transport;

#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub mod sandbox;

#[cfg(feature = "actix")]
pub use actix::{
    ContextMember, Encounter, LAUNCH_PARAMETER, NoLaunch, Patient, SmartAuth, SmartAuthMiddleware, SmartGuard,
    SmartGuardMiddleware, SmartSessionError, SmartSessionErrorKind, launch_scope,
};
pub use client::{Authorized, FinishError, PendingAuthorization, RefreshError, SmartClient, StartOptions};
pub use config::{
    CertificateError, ConfigError, ConfigProblem, CookiePolicy, CookiePolicyError, Ehr, EhrBuilder, InvalidReason,
    OtherUser, Partitioned, PathError, ProblemKind, Relaunch, SameSite, SmartConfig, SmartConfigBuilder,
    StandaloneLaunch,
};
pub use discovery::{DiscoveryError, RedirectProblem};
pub use engine::ShutdownReport;
pub use hook::{LandAt, Launched, Refuse};
pub use pages::{Page, PageAction, Pages};
pub use protocol::{
    authorization::{AuthorizationForm, AuthorizationRedirect, AuthorizationRequestError, AuthorizeMethod},
    callback::{CallbackQueryError, EhrError},
    client_auth::{
        BasicEncoding, ClientAuth, ClientIdInBody, ClientSecretBasic, KeyError, PrivateKey, PrivateKeyJwt, PublicKey,
        PublishedKey, credentials::ClientAuthError,
    },
    ehr_text::EhrText,
    http::{Connection, HttpRequest, HttpResponse, Method},
    launch_context::{FhirContextItem, LaunchContext},
    launch_request::LaunchRequestError,
    metadata::{AssociatedEndpoint, BrandIdentifier, MetadataError, MetadataViolation, ServerMetadata},
    return_to::{ReturnTo, ReturnToError},
    scope::Scopes,
    secret::{AccessToken, AuthorizationCode, ClientSecret, LaunchToken, RawIdToken, RefreshToken, State},
    token::{RefreshMismatch, TokenSet},
    token_error::{BodyKind, TokenError},
    urls::{EndpointUrl, FhirBaseUrl, UrlError},
};
pub use session::{LaunchError, LaunchHandle, RefreshNow, SmartSession};
pub use start::StartError;
pub use store::{BrowserLimits, EndReason, LaunchId, LaunchKind, Lifetimes, MemoryStore, RefreshFailure, TokenStore};
pub use time::{Clock, SystemClock, Timestamp};
pub use token_client::TokenCallError;
pub use transport::{HttpTransport, TransportError, TransportFuture};

#[cfg(any(test, feature = "test-util"))]
pub use time::ManualClock;
