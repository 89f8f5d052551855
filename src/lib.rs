//! SMART App Launch 2.2 for Actix Web: an EHR opens your application for a patient, and your handlers start with an
//! access token that works.
//!
//! # What SMART launch is
//!
//! An EHR (a hospital's or a practice's record system) offers its data through a FHIR server. [SMART App Launch] says how
//! an application gets access: the browser is sent to the EHR, the person signs in and agrees there, the browser comes
//! back with a code, and the application exchanges the code for an access token. Together with the token comes the
//! *launch context*: which patient, which visit.
//!
//! ```text
//!  browser                    application (this crate)                    EHR
//!     │  opens it from a chart: GET /auth/launch?iss=…&launch=…            │
//!     ├──────────────────────────────►│  endpoints? (asked once, cached)   │
//!     │                               ├───────────────────────────────────►│
//!     │◄──────────────────────────────┤  303, with state and PKCE challenge│
//!     │  signs in, agrees                                                  │
//!     ├───────────────────────────────────────────────────────────────────►│
//!     │◄───────────────────────────────────────────────────────────────────┤
//!     │  GET /auth/callback?code=…&state=…                                 │
//!     ├──────────────────────────────►│  code, PKCE verifier, credentials  │
//!     │                               ├───────────────────────────────────►│
//!     │                               │◄───────────────────────────────────┤
//!     │◄──────────────────────────────┤  access token, patient             │
//!     │  303 to /~3kTz…/, and a cookie for that path                       │
//!     ├──────────────────────────────►│  your handler, with a fresh token  │
//!     │                               ├───────────────────────────────────►│
//!     │◄──────────────────────────────┤  GET Patient/…  (FHIR)             │
//! ```
//!
//! A launch may also begin at the application (*standalone launch*). The person then picks the patient at the EHR.
//!
//! | word | meaning here |
//! |---|---|
//! | FHIR base URL | the address of the EHR's FHIR server; the EHR names itself by it (`iss`), and it is sent back as `aud` |
//! | [`Ehr`] | one FHIR base URL with what belongs to the registration there: client id, credentials, redirect URI, scopes |
//! | launch | one completed authorization: tokens and context. A browser can hold several, each in its own tab |
//! | launch scope | the paths below `/~{smart_launch}`, where a launch's pages are ([`launch_scope`]) |
//! | pending authorization | what is remembered between the redirect to the EHR and the callback |
//! | token set | access token, expiry, refresh token, granted scopes, context ([`TokenSet`]) |
//! | server metadata | the EHR's `.well-known/smart-configuration` ([`ServerMetadata`](metadata::ServerMetadata)) |
//!
//! [SMART App Launch]: https://hl7.org/fhir/smart-app-launch/STU2.2/
//!
//! # Getting started
//!
//! ```no_run
#![doc = include_str!("../examples/smallest.rs")]
//! ```
//!
//! [`SmartConfig::from_env`] reads one EHR from environment variables: `FHIR_BASE_URL`, `SMART_CLIENT_ID`,
//! `SMART_REDIRECT_URI`, `SMART_SCOPES` and [more](guide::configuration#of-one-ehr). [`SmartConfig::builder`] takes one EHR or
//! several, and every option. To see it all at work, with a made-up EHR: `cargo run --example patient_app` in the source.
//!
//! # Where to go on
//!
//! | you want to | read |
//! |---|---|
//! | write handlers: [`Patient`], [`Encounter`], [`SmartSession`], [`SmartGuard`], [`RequireScope`] | [`guide::handlers`] |
//! | read, search and write FHIR: [`SmartSession::fhir`]; say whose record it is: [`Patient::banner`] | [`guide::fhir`] |
//! | fetch all records at once, without a user: [`SmartConfig::backend`], [`bulk`] | [`guide::backend`], [`guide::bulk`] |
//! | show several patients in several tabs: [`launch_scope`] | [`guide::tabs`] |
//! | set options: [`SmartConfigBuilder`], [`EhrBuilder`] | [`guide::configuration`] |
//! | choose between a private key, a secret and a public client: [`ClientAuth`] | [`guide::clients`] |
//! | connect several EHRs, EHRs from a database, of a vendor's brand bundle, or a particular vendor's: [`EhrResolver`](resolver::EhrResolver), [`BrandDirectory`](brands::BrandDirectory), [`Quirks`] | [`guide::several_ehrs`], [`guide::ehr_quirks`] |
//! | have the application register itself: [`SmartConfig::registrar`] | [`guide::registration`] |
//! | know who is signed in: [`FhirUser`], [`IdTokenClaims`]; run on shared workstations: [`SignIn`], [`LaunchUse`] | [`guide::identity`] |
//! | know what a browser or a script gets, the routes, the cookies: [`SmartSessionError`] | [`guide::answers`] |
//! | brand the pages, choose their language, replace them: [`Brand`](pages::Brand), [`LanguageChoice`](pages::LanguageChoice), [`Pages`](pages::Pages) | [`guide::pages`] |
//! | run several processes, keep launches in Redis or PostgreSQL: [`TokenStore`](store::TokenStore) | [`guide::stores`] |
//! | restart without losing launches, set limits: [`SmartConfig::shutdown`] | [`guide::deployment`] |
//! | know what to do when something is wrong now | [`guide::incidents`] |
//! | see whether a launch can work, before anybody tries: [`SmartConfig::preflight`] | [`guide::preflight`] |
//! | be called by others, with access tokens: [`resource_server`] | [`guide::resource_server`] |
//! | keep an audit trail: [`audit`]; count, time and trace; answer a load balancer: [`health`] | [`guide::observability`] |
//! | test your application: [`testing`], [`sandbox`] | [`guide::testing`] |
//! | know what is checked | [`guide::security`] |
//! | find the cause of an error or a log line | [`guide::errors`] |
//! | do without Actix: [`SmartClient`] with the feature `reqwest` | [`guide::configuration`](guide::configuration#without-actix), [`SmartClient`] |
//! | get out through a forward proxy, or show a certificate: [`transport`] | [`guide::deployment`](guide::deployment#behind-a-proxy), [`guide::configuration`](guide::configuration#certificates) |
//! | come from Safire, Spring Security or fhirclient.js | [`guide::coming_from_safire`], [`guide::coming_from`] |
//!
//! # What is not done yet
//!
//! UDAP, SMART's app state and permission management.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `actix` | yes | the middleware, the extractors, requests through awc. Without it: [`SmartClient`], with `reqwest` or an [`HttpTransport`](transport::HttpTransport) of yours |
//! | `reqwest` | no | requests through reqwest, also through a forward proxy; the default where there is no `actix`, else by choice ([`HttpClient`](transport::HttpClient)) |
//! | `redis` | no | `RedisStore`: launches in Redis or Valkey, sealed, for any number of processes |
//! | `postgres` | no | `PostgresStore`: launches in PostgreSQL, sealed, for any number of processes |
//! | `sandbox` | no | [`sandbox`]: a strict SMART server with a small FHIR server, for demos and for your own tests; `testing::TestBrowser` |
//! | `sandbox-program` | no | the program `actix-smart-sandbox`: the sandbox for tests in any language ([`guide::sandbox_program`]) |
//! | `metrics` | no | counts and times for the facade crate [`metrics`](https://docs.rs/metrics): [`guide::observability`] |
//! | `test-util` | no | `testing::TestLaunch`, `ManualClock`, and the tests for store backends and for transports |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "actix"),
    expect(
        dead_code,
        unused_imports,
        reason = "the Actix layer is the caller of much of the core; with it nothing is excused"
    )
)]

/// The same text as `Display`: a `main` that ends in such an error shows `Debug`, and a person is to read it.
macro_rules! debug_is_its_text {
    ($error:ty) => {
        impl ::std::fmt::Debug for $error {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(self, f)
            }
        }
    };
}

#[cfg(feature = "actix")]
mod actix;
pub mod audit;
pub mod backend;
pub mod bulk;
mod client;
mod config;
pub mod fhir;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
// Documentation only: nothing of it is compiled.
#[cfg(any(doc, doctest))]
pub mod guide;
mod launch;
mod log_throttle;
mod meter;
pub mod pages;
pub mod preflight;
mod protocol;
pub mod registration;
pub mod resource_server;
mod runtime;
mod smart_config;
pub mod store;
#[cfg(any(feature = "sandbox", feature = "test-util"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "sandbox", feature = "test-util"))))]
pub mod testing;
pub mod time;
pub mod transport;
#[cfg(feature = "actix")]
mod web;

#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub mod sandbox;

// What an application names every day. The rest is in the modules below, each for those who need it.
#[cfg(feature = "actix")]
pub use actix::{
    Encounter, FhirUser, LAUNCH_PARAMETER, LAUNCH_USE_HEADER, Patient, RequireScope, SmartAuth, SmartGuard,
    SmartSessionError, launch_scope,
};
pub use client::{Authorized, PendingAuthorization, RefreshOptions, SmartClient, StartOptions};
pub use config::{
    CookiePolicy, Ehr, EhrBuilder, IdTokenPolicy, OtherUser, Quirks, Relaunch, SignIn, SmartConfigBuilder,
    StandaloneLaunch,
    on_launch::{LandAt, Launched, Refuse},
};
pub use launch::{
    handle::LaunchHandle,
    session::{RefreshNow, SmartSession},
};
pub use protocol::{
    authorization::{AuthorizationForm, AuthorizationRedirect},
    client_auth::{ClientAuth, ClientSecretBasic, PrivateKey, PrivateKeyJwt},
    id_token::IdTokenClaims,
    launch_context::LaunchContext,
    launch_id::LaunchId,
    return_to::ReturnTo,
    secret::AccessToken,
    token::TokenSet,
};
pub use runtime::engine::ShutdownReport;
pub use smart_config::SmartConfig;
pub use store::{
    operation::LaunchUse,
    record::{EndReason, LaunchKind},
};

pub mod error {
    //! Every error, and the types that errors contain. One enum per operation; none of them holds a secret.

    #[cfg(any(feature = "actix", feature = "reqwest"))]
    pub use crate::transport::client_certificate::ClientCertificateError;
    #[cfg(feature = "reqwest")]
    pub use crate::transport::forward_proxy::ProxyError;
    #[cfg(feature = "actix")]
    pub use crate::web::{ContextMember, NoLaunch, SmartSessionErrorKind};
    pub use crate::{
        client::{FinishError, LaunchNotOpened, OpenLaunchError, RefreshError, Unfinished},
        config::{
            CertificateError, ConfigError, ConfigProblem, CookiePolicyError, InvalidReason, PathError, ProblemKind,
            on_launch::ContextChoiceError, resolver::ResolveError,
        },
        launch::{
            begin::StartError, error::LaunchError, id_token::IdentityError, insufficient_scope::InsufficientScope,
            introspect::IntrospectError, revoke::RevokeError, smart_style::SmartStyleError,
        },
        pages::{brand::InvalidColor, logo::LogoError, reference::InvalidReference},
        protocol::{
            authorization::AuthorizationRequestError,
            body_kind::BodyKind,
            callback::{CallbackQueryError, EhrError},
            client_auth::{KeyError, NotSigned, SignerError, credentials::ClientAuthError},
            ehr_text::EhrText,
            endpoint_error::EndpointError,
            fhir::address::FhirAddressError,
            id_token::{FhirUserError, IdTokenError, KeyProblem, KeySetError, TokenPart},
            introspection::MalformedIntrospection,
            launch_context::AppContextError,
            metadata::MetadataError,
            network_guard::{AddressError, AllowedHostError},
            return_to::ReturnToError,
            scope::{InvalidScope, ScopeError},
            sign_in::{SignInNotFresh, SignInProblem},
            token::RefreshMismatch,
            token_error::TokenError,
            transport_error::TransportError,
            urls::UrlError,
        },
        runtime::{
            discovery::{DiscoveryError, DocumentKind, OpenIdConfigurationError, RedirectProblem},
            registrations::EhrLookupError,
        },
        store::{record::RefreshFailure, unseal_error::UnsealError},
    };
}

pub mod health {
    //! Whether a process can do its work ([`SmartConfig::health`](crate::SmartConfig::health)).

    #[cfg(feature = "actix")]
    pub use crate::actix::health::{HealthDetail, health_check};
    pub use crate::runtime::health::{AuditHealth, EhrHealth, EngineHealth, Health, StoreHealth};
}

pub mod signer {
    //! Keys that cannot be read: in an HSM, a PKCS#11 token or a key management service ([`Signer`]).

    pub use crate::protocol::client_auth::{SignFuture, Signature, Signer, SigningAlgorithm};
}

pub mod scope {
    //! Scopes of SMART v1 and v2, understood: what covers what ([`Scopes::covers`]).

    pub use crate::protocol::scope::{
        LaunchContextScope, Permissions, ResourceScope, Scope, ScopeContext, ScopeKind, ScopeSpelling, ScopeVersion,
        Scopes,
    };
}

pub mod context {
    //! What came with the tokens of a launch, piece by piece ([`LaunchContext`](crate::LaunchContext)).

    pub use crate::protocol::{
        findings::{TokenResponseFinding, TokenResponseReport},
        id_token::{FhirUserReference, FhirUserType},
        launch_context::{ContextSource, FhirContextItem},
        smart_style::{SmartStyle, StyleProperty},
    };
}

pub mod patient {
    //! Who the patient of a launch is, and how that is shown ([`Patient::banner`](crate::Patient::banner)).

    pub use crate::{
        config::KeepPatientFacts,
        pages::patient_banner::{BannerWords, PatientBanner},
        protocol::patient::{
            date::{Age, FhirDate},
            facts::{Deceased, Gender, PatientFacts},
            identifier::PatientIdentifier,
            name::{NameUse, PersonName},
        },
    };
}

pub mod metadata {
    //! What an EHR says about itself in `.well-known/smart-configuration`.

    pub use crate::protocol::{
        metadata::{AssociatedEndpoint, BrandIdentifier, MetadataViolation, ServerMetadata},
        urls::EndpointUrl,
    };
}

pub mod introspection {
    //! What an EHR says about an access token (RFC 7662).

    pub use crate::{launch::introspect::IntrospectionAuth, protocol::introspection::Introspection};
}

pub mod secret {
    //! Secrets: their text is read with `expose_secret` only, and no log line or message shows it.

    pub use crate::protocol::secret::{
        ClientSecret, InitialAccessToken, RawIdToken, RefreshToken, RegistrationAccessToken, RegistrationUri,
        SoftwareStatement, State,
    };
}

pub mod options {
    //! What the options of an EHR that does things differently are made of ([`Quirks`](crate::Quirks),
    //! [`EhrBuilder`](crate::EhrBuilder)), of cookies ([`CookiePolicy`](crate::CookiePolicy)) and of keys.

    pub use crate::{
        config::{
            ActivityOnRefresh, DiscoveryHeader, EhrTexts, EndSession, EndpointsUse, IdTokenHint, InstallationClient,
            IssAlone, Partitioned, PkceListing, PostedLaunches, RefreshScope, Revocation, SameSite, ScopeVersionChoice,
            SubjectOnRefresh, UnprefixedScopes, WildcardScopes,
        },
        protocol::{
            authorization::AuthorizeMethod,
            callback::IssParameter,
            client_auth::{
                AssertionAudience, BasicEncoding, ClientIdInBody, ClientSecretIn, PublicKey, PublishedKey,
                SecretPlacement,
            },
            id_token::{NoncePolicy, OtherAudiences},
            token::PatientOnRefresh,
            token_type::TokenType,
        },
    };
}

pub mod brands {
    //! EHRs that people choose from by name and place: user-access brand bundles ([`BrandDirectory`]).

    pub use crate::{
        config::{BrandDirectory, EhrNames},
        protocol::brands::{Brand, BrandLogos, BrandsReport, MalformedBrands},
        runtime::brands::BrandsError,
    };
}

pub mod resolver {
    //! Registrations that live outside of the configuration: tenants in a database ([`EhrResolver`]).

    pub use crate::{
        config::resolver::{EhrChoice, EhrResolver, ResolveFuture},
        protocol::urls::FhirBaseUrl,
    };
}

/// The README's examples, compiled and run with the others.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
