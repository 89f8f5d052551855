//! [`SmartClient`]: the protocol without the middleware, for jobs, command lines and other frameworks.

mod error;
mod values;

use std::{fmt, sync::Arc};

pub use self::{
    error::{FinishError, RefreshError},
    values::{Authorized, PendingAuthorization, StartOptions},
};

use crate::{
    config::{ConfigError, Ehr, SmartConfig},
    launch::{
        begin::{self, Start, StartError},
        id_token::same_user,
        introspect::{IntrospectError, IntrospectionAuth, introspect},
        revoke::{Orphans, RevokeError, Revoker, revoke_now},
        session::{LaunchError, LaunchHandle, SmartSession},
    },
    protocol::{
        authorization::AuthorizationRedirect,
        callback::{CallbackAnswer, CallbackQuery, check_iss},
        client_auth::ClientAuth,
        endpoint_error::EndpointError,
        introspection::Introspection,
        metadata::ServerMetadata,
        scope::Scopes,
        secret::same_secret,
        token_error::TokenError,
        token_request::TokenForm,
        urls::EndpointUrl,
    },
    runtime::{
        discovery::DiscoveryError,
        places::PlaceKind,
        registrations::{ClientNow, EhrLookupError},
        token_client::{TokenCall, TokenCallError, call_token_endpoint},
    },
    store::{PinnedClient, ReturnFor},
    transport::TransportError,
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
    /// The client for the EHR of the configuration; for the first one, if there are several.
    ///
    /// # Errors
    ///
    /// [`EhrLookupError::NotRegistered`] when the configuration has none: all come from a resolver, or were removed.
    pub fn new(config: &SmartConfig) -> Result<Self, EhrLookupError> {
        let ehrs = config.ehrs();
        let first = ehrs.first().ok_or(EhrLookupError::NotRegistered)?;
        Ok(Self::of(config, Arc::clone(first)))
    }

    /// The client for the EHR with this FHIR base URL, from the configuration or from the resolver.
    ///
    /// # Errors
    ///
    /// [`EhrLookupError`] when it is not registered, or the resolver cannot say.
    pub async fn for_ehr(config: &SmartConfig, fhir_base_url: &str) -> Result<Self, EhrLookupError> {
        Ok(Self::of(config, config.shared().ehr(fhir_base_url).await?))
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
        self.config.metadata_of(&self.ehr).await
    }

    /// Begins an authorization: where to send the browser, and what to keep until it comes back.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the metadata is unavailable or names no usable endpoint. Also when a new sign-in is demanded, and
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
        let (redirect, state, record) = begin::begin(&self.config, &self.ehr, start).await?;
        Ok((redirect, PendingAuthorization { state, record }))
    }

    /// Finishes an authorization with the query string that the redirect URI was opened with.
    ///
    /// The code is sent once, and to the end even if this future is dropped.
    ///
    /// # Errors
    ///
    /// [`FinishError`]; `state` is checked before anything else.
    pub async fn finish(&self, pending: PendingAuthorization, query: &str) -> Result<Authorized, FinishError> {
        let query = CallbackQuery::parse(query)?;
        let PendingAuthorization { state, record } = pending;
        if !same_secret(query.state.expose_secret(), state.expose_secret()) {
            return Err(FinishError::StateMismatch);
        }
        let shared = self.config.shared();
        let requested_at = shared.now();
        if requested_at >= record.started_at.saturating_add(shared.rules().lifetimes.pending) {
            return Err(FinishError::Expired);
        }
        check_iss(
            &query,
            record.endpoints.issuer.as_deref(),
            record.endpoints.iss_parameter,
            shared.known_ehrs(),
        )?;
        let code = match query.answer {
            CallbackAnswer::Code(code) => code,
            CallbackAnswer::Error(error) => return Err(FinishError::Refused(error)),
            CallbackAnswer::Neither => return Err(FinishError::NoCode),
        };
        self.check_client(record.client.as_ref())?;
        let form = TokenForm::exchange(&code, &record.redirect_uri, &record.code_verifier);
        let response = self
            .call(PlaceKind::Exchange, &record.endpoints.token, form, &record.requested)
            .await?;
        let default_lifetime = shared.settings.tokens.default_lifetime;
        let tokens = response.into_token_set(&record.requested, requested_at, default_lifetime);
        let missing = tokens.granted_scopes().uncovered(self.ehr.required_scopes());
        if !missing.is_empty() {
            Revoker::new(&self.config).revoke(
                self.ehr.key(),
                &record.endpoints,
                Orphans::of(&tokens, self.ehr.client()),
            );
            return Err(FinishError::ScopesNotGranted { missing });
        }
        let identifier = self.config.identifier();
        let identity = match identifier.identify(&self.ehr, &record, &tokens).await {
            Ok(identity) => identity,
            Err(error) => {
                let revoker = Revoker::new(&self.config);
                revoker.revoke(
                    self.ehr.key(),
                    &record.endpoints,
                    Orphans::of(&tokens, self.ehr.client()),
                );
                return Err(error.into());
            }
        };
        Ok(Authorized {
            tokens,
            requested: record.requested,
            identity,
            aud: record.aud,
            endpoints: record.endpoints,
            client: self.ehr.client(),
        })
    }

    /// Exchanges the refresh token for new tokens. What the EHR does not repeat stays as it was.
    ///
    /// Nothing is stored and nothing waits for anybody: of two calls with the same tokens a careful EHR refuses one
    /// *and* revokes the other. [`SmartSession`] does all of that for you.
    ///
    /// # Errors
    ///
    /// [`RefreshError`]; the old tokens stay as they are. Tokens that came for another patient or user are dropped, and revoked
    /// in the background where the EHR has an endpoint for it.
    pub async fn refresh(&self, authorized: &Authorized) -> Result<Authorized, RefreshError> {
        let shared = self.config.shared();
        let refresh_token = authorized.tokens.refresh_token().ok_or(RefreshError::NoRefreshToken)?;
        self.check_client(Some(&authorized.client))?;
        let requested_at = shared.now();
        let requested = &authorized.requested;
        let quirks = self.ehr.quirks();
        let scopes = quirks.scopes_of_refresh(authorized.tokens.granted_scopes(), requested);
        let form = TokenForm::refresh(refresh_token, scopes);
        let response = self
            .call(PlaceKind::Refresh, &authorized.endpoints.token, form, requested)
            .await?;
        let default_lifetime = shared.settings.tokens.default_lifetime;
        let orphans = Orphans::of_response(&response, self.ehr.client());
        let policy = self.ehr.quirks().subject_on_refresh;
        let tokens = same_user(authorized.identity.as_ref(), response.id_token.as_ref(), policy)
            .and_then(|()| authorized.tokens.refreshed(response, requested_at, default_lifetime));
        let tokens = match tokens {
            Ok(tokens) => tokens,
            Err(mismatch) => {
                let revoker = Revoker::new(&self.config);
                revoker.revoke(self.ehr.key(), &authorized.endpoints, orphans);
                return Err(mismatch.into());
            }
        };
        Ok(Authorized {
            tokens,
            ..authorized.clone()
        })
    }

    /// Revokes both tokens (RFC 7009), the refresh token first, where the EHR has an endpoint for it. For tokens of
    /// [`finish`](Self::finish) and [`refresh`](Self::refresh): those of a [`SmartSession`] are revoked when it ends.
    ///
    /// An EHR that revokes refresh tokens only (`unsupported_token_type`) has done it; its access token works until it
    /// expires. Both are tried, each once, and to the end even if this future is dropped.
    ///
    /// # Errors
    ///
    /// [`RevokeError::NoEndpoint`] and [`RevokeError::RegistrationChanged`], and [`RevokeError::Endpoint`] when a token was not
    /// revoked. Drop them all the same.
    pub async fn revoke(&self, authorized: &Authorized) -> Result<(), RevokeError> {
        let (shared, ehr) = (Arc::clone(self.config.shared()), Arc::clone(&self.ehr));
        let transport = self.config.transport();
        let tokens = Orphans::of(&authorized.tokens, authorized.client.clone());
        let endpoints = authorized.endpoints.clone();
        let call = async move { revoke_now(&shared, &*transport, &ehr, &endpoints, &tokens).await };
        match self.config.engine().spawn("revocation", call).await {
            Ok(result) => result,
            Err(_) => Err(EndpointError::from(TransportError::ShutDown).into()),
        }
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
        let (shared, ehr) = (Arc::clone(self.config.shared()), Arc::clone(&self.ehr));
        let transport = self.config.transport();
        let (endpoints, token) = (authorized.endpoints.clone(), authorized.tokens.access_token().clone());
        let call = async move { introspect(&shared, &*transport, &ehr, &endpoints, &token, auth).await };
        match self.config.engine().spawn("introspection", call).await {
            Ok(result) => result,
            Err(_) => Err(EndpointError::from(TransportError::ShutDown).into()),
        }
    }

    /// The same as [`SmartConfig::resume`]: the handle names its EHR itself.
    ///
    /// # Errors
    ///
    /// As [`SmartConfig::resume`].
    pub async fn resume(&self, handle: &LaunchHandle) -> Result<SmartSession, LaunchError> {
        self.config.resume(handle).await
    }

    /// Codes and refresh tokens are good for the client that they were given to, and are sent by no other.
    fn check_client(&self, began_with: Option<&PinnedClient>) -> Result<(), TokenCallError> {
        match ClientNow::of(&self.ehr, began_with) {
            ClientNow::Other => Err(TokenCallError::RegistrationChanged),
            ClientNow::Same | ClientNow::OtherCredentials => Ok(()),
        }
    }

    async fn call(
        &self,
        kind: PlaceKind,
        endpoint: &EndpointUrl,
        form: TokenForm,
        requested: &Scopes,
    ) -> Result<crate::protocol::token_response::TokenResponse, TokenCallError> {
        let (shared, ehr, endpoint, requested) = (
            Arc::clone(self.config.shared()),
            Arc::clone(&self.ehr),
            endpoint.clone(),
            requested.clone(),
        );
        let transport = self.config.transport();
        let call = async move {
            let place = shared.places.take(ehr.key(), kind).await?;
            let call = TokenCall {
                endpoint: &endpoint,
                form,
                requested: &requested,
                not_after: None,
            };
            call_token_endpoint(&shared, &*transport, &ehr, call, &place).await
        };
        match self.config.engine().spawn(kind.name(), call).await {
            Ok(result) => result,
            Err(_) => Err(TokenError::Transport(TransportError::ShutDown).into()),
        }
    }
}

impl fmt::Debug for SmartClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmartClient")
            .field("ehr", &self.ehr)
            .finish_non_exhaustive()
    }
}
