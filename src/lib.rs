//! SMART App Launch 2.2 for Actix Web.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod pages;
mod protocol;
pub mod store;
mod time;
mod transport;

#[cfg(feature = "sandbox")]
#[cfg_attr(docsrs, doc(cfg(feature = "sandbox")))]
pub mod sandbox;

pub use pages::{Page, PageAction, Pages};
pub use protocol::{
    authorization::{AuthorizationForm, AuthorizationRedirect, AuthorizationRequestError, AuthorizeMethod},
    callback::{CallbackQueryError, EhrError},
    ehr_text::EhrText,
    http::{Connection, HttpRequest, HttpResponse, Method},
    launch_context::{FhirContextItem, LaunchContext},
    launch_request::LaunchRequestError,
    return_to::{ReturnTo, ReturnToError},
    scope::Scopes,
    secret::{AccessToken, AuthorizationCode, ClientSecret, LaunchToken, RawIdToken, RefreshToken, State},
    token::TokenSet,
    token_error::{BodyKind, TokenError},
    urls::{EndpointUrl, FhirBaseUrl, UrlError},
};
pub use store::{BrowserLimits, Lifetimes, MemoryStore, TokenStore};
pub use time::{Clock, SystemClock, Timestamp};
pub use transport::{HttpTransport, TransportError, TransportFuture};

#[cfg(any(test, feature = "test-util"))]
pub use time::ManualClock;
