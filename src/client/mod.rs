//! [`SmartClient`]: the protocol without the middleware, for jobs, command lines and other frameworks.

mod error;
mod finishing;
mod keeping;
mod refreshing;
mod sealed;
mod values;

use std::{fmt, future::Future, sync::Arc};

pub use self::{
    error::{FinishError, RefreshError, Unfinished},
    keeping::{LaunchNotOpened, OpenLaunchError},
    refreshing::RefreshOptions,
    values::{Authorized, PendingAuthorization, StartOptions},
};

use crate::{
    config::{ConfigError, Ehr, scopes_to_ask},
    launch::{
        begin::{self, Start, StartError},
        error::LaunchError,
        handle::LaunchHandle,
        introspect::{IntrospectError, IntrospectionAuth, introspect},
        revoke::{RevocableTokens, RevokeError, revoke_now},
        session::SmartSession,
    },
    protocol::{
        authorization::AuthorizationRedirect, client_auth::ClientAuth, endpoint_error::EndpointError,
        findings::TokenResponseReport, introspection::Introspection, metadata::ServerMetadata, people::People,
        token_error::TokenError, token_response::Grant, transport_error::TransportError,
    },
    runtime::{
        discovery::DiscoveryError,
        handed_over::run_or_undo,
        registrations::{ClientNow, EhrLookupError},
        token_endpoint::check_response,
    },
    smart_config::SmartConfig,
    store::{LaunchKind, PinnedClient, ReturnFor},
};

/// The client side of SMART App Launch for one EHR registration, call by call.
///
/// Order is enforced by values: [`start`](Self::start) gives a [`PendingAuthorization`], and
/// [`finish`](Self::finish) consumes it. Cheap to clone; its futures are `Send` and need no Actix.
///
/// # Examples
///
/// ```no_run
/// use actix_smart_auth::{AuthorizationRedirect, SmartClient, SmartConfig, StartOptions};
///
/// # async fn run(config: SmartConfig, callback_query: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let client = SmartClient::new(&config)?;
/// let (redirect, pending) = client.start(StartOptions::standalone()).await?;
/// if let AuthorizationRedirect::Get(url) = redirect {
///     println!("Open {url}");
/// }
/// // … the person signs in, and the redirect URI is opened with a query:
/// let authorized = client.finish(pending, callback_query).await?;
/// println!("patient: {:?}", authorized.tokens().context().patient());
/// let authorized = client.refresh(&authorized).await?;
/// # let _ = authorized;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SmartClient {
    config: SmartConfig,
    ehr: Arc<Ehr>,
}

impl SmartClient {
    /// The client for the EHR of the configuration; for the first one where people launch, if there are several.
    ///
    /// # Errors
    ///
    /// [`EhrLookupError::NotRegistered`] when the configuration has none: all come from a resolver, or were removed.
    pub fn new(config: &SmartConfig) -> Result<Self, EhrLookupError> {
        let ehrs = config.ehrs();
        let first = ehrs.iter().find(|ehr| ehr.takes_launches());
        let first = first.ok_or(EhrLookupError::NotRegistered)?;
        Ok(Self::of(config, Arc::clone(first)))
    }

    /// The client for the EHR with this FHIR base URL, from the configuration or from the resolver.
    ///
    /// # Errors
    ///
    /// [`EhrLookupError`] when it is not registered, or the resolver cannot say.
    pub async fn for_ehr(config: &SmartConfig, fhir_base_url: &str) -> Result<Self, EhrLookupError> {
        Ok(Self::of(config, config.runtime().ehr(fhir_base_url).await?))
    }

    /// The client for a registration that is at hand.
    fn of(config: &SmartConfig, ehr: Arc<Ehr>) -> Self {
        Self {
            config: config.clone(),
            ehr,
        }
    }

    /// The same client with other credentials, for a call or two during a rotation.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when the credentials are not usable.
    pub fn with_client_auth(&self, auth: ClientAuth) -> Result<Self, ConfigError> {
        Ok(Self {
            config: self.config.clone(),
            ehr: Arc::new(self.ehr.with_client_auth(&auth)?),
        })
    }

    /// What the EHR says about itself. Fetched when first needed, then cached.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError`] when the document cannot be fetched or used.
    pub async fn server_metadata(&self) -> Result<Arc<ServerMetadata>, DiscoveryError> {
        self.config.runtime().metadata_of(&self.ehr).await
    }

    /// Begins an authorization: where to send the browser, and what to keep until it comes back.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the metadata is unavailable or names no usable endpoint, when `iss` is another EHR's, and when the list
    /// of scopes is empty. Also when a new sign-in is demanded, and
    /// this registration could not find out whether it happened, and when the token store has not answered since this process
    /// started.
    pub async fn start(
        &self,
        options: StartOptions,
    ) -> Result<(AuthorizationRedirect, PendingAuthorization), StartError> {
        let StartOptions {
            from_ehr,
            scopes,
            sign_in,
        } = options;
        let start = Start {
            from_ehr,
            scopes,
            return_to: None,
            return_for: ReturnFor::default(),
            sign_in,
        };
        let (redirect, state, record) = begin::begin(self.config.runtime(), &self.ehr, start).await?;
        Ok((redirect, PendingAuthorization { state, record }))
    }

    /// Revokes both tokens (RFC 7009), the refresh token first, where the EHR has an endpoint for it. For tokens of
    /// [`finish`](Self::finish) and [`refresh`](Self::refresh): those of a [`SmartSession`] are revoked when it ends.
    ///
    /// An EHR that revokes refresh tokens only (`unsupported_token_type`) has done it; its access token works until it
    /// expires. Both are tried, each once, and to the end even if this future is dropped.
    ///
    /// # Errors
    ///
    /// [`RevokeError::NoEndpoint`], [`RevokeError::OtherEhr`] and [`RevokeError::RegistrationChanged`], and [`RevokeError::Endpoint`] when a token was not
    /// revoked. Drop them all the same.
    pub async fn revoke(&self, authorized: &Authorized) -> Result<(), RevokeError> {
        if self.is_of_another_ehr(authorized) {
            return Err(RevokeError::OtherEhr);
        }
        let (runtime, ehr) = (Arc::clone(self.config.runtime()), Arc::clone(&self.ehr));
        let tokens = RevocableTokens::of(&authorized.tokens, authorized.client.clone());
        let endpoints = authorized.endpoints.clone();
        let work = async move { revoke_now(&runtime, &ehr, &endpoints, &tokens).await };
        self.on_engine("revocation", work, |error| EndpointError::from(error).into())
            .await
    }

    /// Asks the EHR what the access token is good for (RFC 7662), with this client's credentials.
    ///
    /// # Errors
    ///
    /// [`IntrospectError`].
    pub async fn introspect(&self, authorized: &Authorized) -> Result<Introspection, IntrospectError> {
        self.introspect_with(authorized, IntrospectionAuth::default()).await
    }

    /// As [`introspect`](Self::introspect), authorised in the way that the EHR takes.
    ///
    /// # Errors
    ///
    /// [`IntrospectError`].
    pub async fn introspect_with(
        &self,
        authorized: &Authorized,
        auth: IntrospectionAuth,
    ) -> Result<Introspection, IntrospectError> {
        if self.is_of_another_ehr(authorized) {
            return Err(IntrospectError::OtherEhr);
        }
        let (runtime, ehr) = (Arc::clone(self.config.runtime()), Arc::clone(&self.ehr));
        let (endpoints, token) = (authorized.endpoints.clone(), authorized.tokens.access_token().clone());
        let people = People::of_launch(&authorized.tokens, authorized.identity.as_ref());
        let work = async move { introspect(&runtime, &ehr, &endpoints, &token, auth, people).await };
        self.on_engine("introspection", work, |error| EndpointError::from(error).into())
            .await
    }

    /// Reads a token response that is at hand, from a test system or a report, as [`finish`](Self::finish) would, and says what is
    /// missing in it or unusual about it, given what a standalone launch asks for. Nothing is sent, kept or logged.
    ///
    /// # Errors
    ///
    /// [`TokenError`] for one that cannot be used.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use actix_smart_auth::{SmartClient, SmartConfig};
    /// # fn run(client: SmartClient) -> Result<(), Box<dyn std::error::Error>> {
    /// let report = client.check_token_response(br#"{"access_token":"abc","token_type":"Bearer"}"#)?;
    /// println!("{report}"); // the token response has no `scope`, which SMART requires; …
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_token_response(&self, body: &[u8]) -> Result<TokenResponseReport, TokenError> {
        let requested = scopes_to_ask(self.ehr.quirks(), LaunchKind::Standalone, self.ehr.scopes(), None);
        check_response(self.config.runtime(), &self.ehr, Grant::Code, &requested, body)
    }

    /// The same as [`SmartConfig::resume`]: the handle names its EHR itself.
    ///
    /// # Errors
    ///
    /// As [`SmartConfig::resume`].
    pub async fn resume(&self, handle: &LaunchHandle) -> Result<SmartSession, LaunchError> {
        self.config.resume(handle).await
    }

    /// Whether tokens belong to another EHR. Their endpoints are that one's, and this client's credentials are not for it.
    fn is_of_another_ehr(&self, authorized: &Authorized) -> bool {
        !self.ehr.fhir_base_url().matches(&authorized.aud)
    }

    /// Codes and refresh tokens are good for the client that they were given to, and are sent by no other.
    fn check_client(&self, began_with: Option<&PinnedClient>) -> Result<(), TokenError> {
        match ClientNow::of(&self.ehr, began_with) {
            ClientNow::Other => Err(TokenError::RegistrationChanged),
            ClientNow::Same | ClientNow::OtherCredentials => Ok(()),
        }
    }

    /// Does what has to be done to its end, even if the caller goes away. `stopped` says what it means that the engine did not
    /// begin, or did not come to the end.
    async fn on_engine<T, E>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
        stopped: impl FnOnce(TransportError) -> E,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        self.on_engine_or_undo(name, work, drop, stopped).await
    }

    /// The same; `undo` gets what nobody takes any more.
    async fn on_engine_or_undo<T, E>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
        undo: impl FnOnce(T) + Send + 'static,
        stopped: impl FnOnce(TransportError) -> E,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        run_or_undo(&self.config.runtime().engine, name, work, undo, stopped).await
    }
}

impl fmt::Debug for SmartClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartClient")
            .field("ehr", &self.ehr)
            .finish_non_exhaustive()
    }
}
