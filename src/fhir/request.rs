//! One request to a FHIR server: [`FhirRequest`].

use std::{fmt, sync::Arc, time::Duration};

use serde::Serialize;
use url::Url;

use super::{
    Fhir, FhirError, FhirResponse, ScopeCheck, audited::Access, needed_scope::Needed, parameters::Parameters,
    token::Holder,
};
use crate::{
    launch::insufficient_scope::InsufficientScope,
    protocol::{
        fhir::{address::FhirAddressError, refused_token::refuses_token},
        http::{Connection, HttpRequest, HttpResponse, Method},
        token_response::retry_after,
        transport_error::TransportError,
    },
    runtime::Runtime,
};

const FHIR_JSON: &str = "application/fhir+json";

/// A request to the FHIR server of a launch, until it is sent.
#[must_use = "a request does nothing until it is sent"]
pub struct FhirRequest {
    fhir: Fhir,
    method: Method,
    address: Result<Url, FhirError>,
    needed: Option<Needed>,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
    repeat: Repeat,
    cut_off: CutOff,
}

/// What follows when the connection of a request that reads breaks before an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CutOff {
    /// It is sent once more.
    Repeated,
    /// It is an error: a GET that begins something at the server, which may have begun.
    Final,
}

/// Whether a request is sent again: once with a new token, when the server says that the token is not valid (401).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Repeat {
    /// Where a second time does no harm: it only reads, or has a condition. The default.
    #[default]
    WhereHarmless,
    /// Always: for a server that is known to have done nothing when it answers 401.
    Always,
    /// Never, for whatever reason: also one that reads is not sent again when its connection breaks or the server is busy.
    Never,
}

impl FhirRequest {
    pub(super) fn new(
        fhir: Fhir,
        method: Method,
        address: Result<Url, FhirAddressError>,
        needed: Option<Needed>,
    ) -> Self {
        Self {
            fhir,
            method,
            address: address.map_err(FhirError::from),
            needed,
            headers: Vec::new(),
            body: None,
            repeat: Repeat::default(),
            cut_off: CutOff::Repeated,
        }
    }

    /// Adds a parameter to the address.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if let Ok(address) = &mut self.address {
            address.query_pairs_mut().append_pair(name, value);
        }
        self
    }

    /// Only if the resource still has this version ([`FhirResponse::version`]); otherwise the server answers 412.
    pub fn if_match(self, version: &str) -> Self {
        self.header("If-Match", format!("W/\"{version}\""))
    }

    /// Only if a search with this query finds nothing, such as `identifier=urn:mrn|1`. For creating.
    pub fn if_none_exist(self, query: &str) -> Self {
        self.header("If-None-Exist", query.to_owned())
    }

    /// For reading: only if the resource has another version than this one. [`send_if_changed`](Self::send_if_changed) sends it.
    pub fn if_none_match(self, version: &str) -> Self {
        self.header("If-None-Match", format!("W/\"{version}\""))
    }

    /// For reading: only if the resource was changed since. `last_modified` is as the server wrote it in the header `Last-Modified`
    /// of an earlier answer. [`send_if_changed`](Self::send_if_changed) sends it.
    pub fn if_modified_since(self, last_modified: &str) -> Self {
        self.header("If-Modified-Since", last_modified.to_owned())
    }

    /// By POST, with these parameters of an operation in the body.
    pub fn parameters(mut self, parameters: &Parameters) -> Self {
        self.method = Method::Post;
        self.json(parameters)
    }

    /// What the server may leave out, or has to be strict about, such as `return=minimal` or `handling=strict`.
    pub fn prefer(self, preference: &str) -> Self {
        self.header("Prefer", preference.to_owned())
    }

    /// With a resource, or other JSON, as the body.
    pub fn json(self, body: &impl Serialize) -> Self {
        self.with_body(FHIR_JSON, serde_json::to_string(body))
    }

    /// With a JSON Patch (RFC 6902) as the body.
    pub fn json_patch(self, patch: &impl Serialize) -> Self {
        self.with_body("application/json-patch+json", serde_json::to_string(patch))
    }

    /// Whether it is sent again. Default: [`Repeat::WhereHarmless`].
    pub const fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    pub(crate) const fn cut_off(mut self, cut_off: CutOff) -> Self {
        self.cut_off = cut_off;
        self
    }

    pub(super) fn form(self, form: String) -> Self {
        self.with_body("application/x-www-form-urlencoded", Ok(form))
    }

    pub(super) const fn fhir(&self) -> &Fhir {
        &self.fhir
    }

    pub(super) const fn method(&self) -> Method {
        self.method
    }

    pub(super) const fn address(&self) -> Result<&Url, &FhirError> {
        self.address.as_ref()
    }

    /// The same search by POST, with its parameters in the body.
    pub(super) fn into_posted_search(mut self) -> Self {
        if let Ok(address) = &mut self.address {
            let query = address.query().unwrap_or_default().to_owned();
            address.set_query(None);
            if let Ok(mut path) = address.path_segments_mut() {
                path.pop_if_empty().push("_search");
            }
            self.method = Method::Post;
            return self.repeat(Repeat::Always).form(query);
        }
        self
    }

    fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn with_body(mut self, content_type: &str, body: Result<String, serde_json::Error>) -> Self {
        match body {
            Ok(body) => self.body = Some(body),
            // The first mistake is the one that is told.
            Err(_) if self.address.is_ok() => self.address = Err(FhirError::Unwritable),
            Err(_) => {}
        }
        self.header("Content-Type", content_type.to_owned())
    }

    /// Sends it.
    ///
    /// When the server says that the token is not valid (401), the token is refreshed, as far as the pace allows, and the request is
    /// sent once more where that does no harm ([`Repeat`]). A request that only reads waits once for `Retry-After`, where that is
    /// short ([`Fhir::longest_wait`]); when its connection breaks it is sent once more, on a new one. What writes always has a new one.
    /// With [`Repeat::Never`] it is sent once, whatever happens, and on a new connection.
    ///
    /// # Errors
    ///
    /// [`FhirError`], also for every status that is not 2xx.
    pub async fn send(self) -> Result<FhirResponse, FhirError> {
        let audited = Access::of(&self);
        let answer = self.send_unaudited().await;
        if let Some(audited) = audited {
            audited.note(&answer);
        }
        answer
    }

    async fn send_unaudited(self) -> Result<FhirResponse, FhirError> {
        let address = self.address.clone()?;
        let token = &self.fhir.server.token;
        let runtime = token.runtime();
        let mut holder = token.fresh().await?;
        self.check_scope(&holder)?;
        let ehr = holder.ehr().await?;
        let (mut has_new_token, mut has_waited, mut was_cut_off) = (false, false, false);
        loop {
            let mut request = self.written(&address, &holder);
            request.addresses = ehr.addresses().clone();
            if was_cut_off || !self.may_follow_a_cut() {
                request.connection = Connection::Fresh;
            }
            let response = match runtime.transport().send(request).await {
                // A server may close an idle connection at the moment at which it is used again.
                Err(TransportError::Disconnected) if !was_cut_off && self.may_follow_a_cut() => {
                    was_cut_off = true;
                    continue;
                }
                answer => answer?,
            };
            if !has_new_token && self.may_repeat() && refuses_token(response.status, &response.headers) {
                has_new_token = true;
                if let Some(other) = token.other_than(&holder).await? {
                    holder = other;
                    continue;
                }
            }
            if !has_waited && let Some(wait) = self.wait_before_again(runtime, &response) {
                has_waited = true;
                tokio::time::sleep(wait).await;
                continue;
            }
            return FhirResponse::of(response, runtime.wall_clock());
        }
    }

    /// Sends a read with a condition. `None`: what is known already is what is there (304).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub async fn send_if_changed(self) -> Result<Option<FhirResponse>, FhirError> {
        match self.send().await {
            Ok(response) => Ok(Some(response)),
            Err(error) if error.status() == Some(304) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn check_scope(&self, holder: &Holder) -> Result<(), FhirError> {
        let Some(needed) = &self.needed else { return Ok(()) };
        let granted = holder.granted_scopes();
        if self.fhir.scope_check == ScopeCheck::LeftToServer || needed.may_be_allowed_by(granted) {
            return Ok(());
        }
        Ok(InsufficientScope::check(granted, &needed.as_scope(holder.context()))?)
    }

    fn written(&self, address: &Url, holder: &Holder) -> HttpRequest {
        let mut request = HttpRequest::get(address.clone(), self.fhir.timeout);
        request.method = self.method;
        request.body.clone_from(&self.body);
        request.body_limit = Some(self.fhir.body_limit);
        request.logged_path = Some(self.fhir.loggable(address));
        let authorization = format!("Bearer {}", holder.access_token().expose_secret());
        request.headers = vec![
            ("Accept", format!("{FHIR_JSON}, application/json;q=0.9")),
            ("Accept-Encoding", "gzip".to_owned()),
            ("Authorization", authorization),
        ];
        request.headers.extend(self.headers.iter().cloned());
        request
    }

    /// Whether it is sent once more when its connection breaks. What is not has a new connection, which no server closes for being idle.
    fn may_follow_a_cut(&self) -> bool {
        self.method == Method::Get && self.cut_off == CutOff::Repeated && self.repeat != Repeat::Never
    }

    fn may_repeat(&self) -> bool {
        let has_condition = self
            .headers
            .iter()
            .any(|(name, _)| matches!(*name, "If-Match" | "If-None-Exist"));
        match self.repeat {
            Repeat::WhereHarmless => self.method == Method::Get || has_condition,
            Repeat::Always => true,
            Repeat::Never => false,
        }
    }

    /// How long to wait before the same is asked again, where the server says that it is busy and the request only reads.
    fn wait_before_again(&self, runtime: &Arc<Runtime>, response: &HttpResponse) -> Option<Duration> {
        let only_reads = self.method == Method::Get && self.repeat != Repeat::Never;
        let is_busy = matches!(response.status, 429 | 503);
        let wait = retry_after(response, runtime.wall_clock())?;
        (only_reads && is_busy && wait <= self.fhir.longest_wait && !self.fhir.longest_wait.is_zero()).then_some(wait)
    }
}

impl fmt::Debug for FhirRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FhirRequest")
            .field("method", &self.method)
            .field(
                "address",
                &self.address.as_ref().map(|address| self.fhir.loggable(address)),
            )
            .finish_non_exhaustive()
    }
}
