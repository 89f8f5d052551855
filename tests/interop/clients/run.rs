//! One launch of one kind of client at one sandbox, and what became of its steps.

use std::{fmt, sync::OnceLock};

use actix_smart_auth::sandbox::{Grant, Jwks, SandboxBuilder, SandboxClient, SandboxServer};
use jsonwebtoken::{Algorithm, EncodingKey, jwk::Jwk};
use serde_json::{Value, json};
use url::Url;

use super::program::Program;
use crate::support::free_port;

/// Beside what says whose launch it is.
const SCOPE: &str = "openid fhirUser offline_access patient/*.rs";
const BACKEND_SCOPE: &str = "system/*.rs";
const SECRET: &str = "s3cret-of-a-foreign-client";
const RSA: &str = include_str!("../../fixtures/keys/rsa2048-pkcs8.pem");
const P384: &str = include_str!("../../fixtures/keys/p384-pkcs8.pem");

/// How a client is registered, and how it shows who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Public,
    SecretInHeader,
    SecretInBody,
    Es384,
    Rs384,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [
        Self::Public,
        Self::SecretInHeader,
        Self::SecretInBody,
        Self::Es384,
        Self::Rs384,
    ];

    /// As the programs call it, and the guide.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::SecretInHeader => "secret in the header",
            Self::SecretInBody => "secret in the body",
            Self::Es384 => "ES384",
            Self::Rs384 => "RS384",
        }
    }

    const fn key(self) -> Option<&'static str> {
        match self {
            Self::Es384 => Some(P384),
            Self::Rs384 => Some(RSA),
            _ => None,
        }
    }

    fn client(self, redirect_uri: &str) -> SandboxClient {
        let client_id = self.client_id();
        match self {
            Self::Public => SandboxClient::public(client_id, redirect_uri),
            Self::SecretInHeader | Self::SecretInBody => {
                SandboxClient::secret(client_id, redirect_uri, SECRET).and_backend()
            }
            Self::Es384 | Self::Rs384 => {
                SandboxClient::private_key_jwt(client_id, redirect_uri, Jwks::Value(jwks().clone())).and_backend()
            }
        }
    }

    fn client_id(self) -> String {
        format!("foreign-{}", self.name().replace(' ', "-"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The public keys of the clients; each has its algorithm for a `kid`.
fn jwks() -> &'static Value {
    static KEYS: OnceLock<Value> = OnceLock::new();
    KEYS.get_or_init(|| {
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
        let key = |key: EncodingKey, algorithm, kid: &str| {
            let mut jwk = Jwk::from_encoding_key(&key, algorithm).unwrap();
            jwk.common.key_id = Some(kid.to_owned());
            serde_json::to_value(jwk).unwrap()
        };
        let rsa = EncodingKey::from_rsa_pem(RSA.as_bytes()).unwrap();
        let p384 = EncodingKey::from_ec_pem(P384.as_bytes()).unwrap();
        json!({"keys": [key(rsa, Algorithm::RS384, "RS384"), key(p384, Algorithm::ES384, "ES384")]})
    })
}

/// Whether a program uses what its library has for a strict EHR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    AsUsual,
    Careful,
}

/// What a program does, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Launch,
    IdToken,
    Read,
    Introspect,
    Refresh,
    LaunchAgain,
    Revoke,
    /// A launch that the application begins.
    Standalone,
    /// A token for the application itself.
    Backend,
}

impl Step {
    pub(super) const ALL: [Self; 9] = [
        Self::Launch,
        Self::IdToken,
        Self::Read,
        Self::Introspect,
        Self::Refresh,
        Self::LaunchAgain,
        Self::Revoke,
        Self::Standalone,
        Self::Backend,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Launch => "launch",
            Self::IdToken => "id token",
            Self::Read => "read",
            Self::Introspect => "introspect",
            Self::Refresh => "refresh",
            Self::LaunchAgain => "launch again",
            Self::Revoke => "revoke",
            Self::Standalone => "standalone",
            Self::Backend => "backend",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    Done(Value),
    Unsupported,
    Refused(String),
    /// The launch before it did not come to its end.
    NotReached,
}

/// A sandbox where every kind of client is registered.
pub(super) struct World {
    sandbox: SandboxServer,
    origin: String,
}

impl World {
    pub(super) fn start(set_up: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> Self {
        let sandbox = set_up(SandboxServer::builder()).start().unwrap();
        let origin = format!("http://127.0.0.1:{}", free_port());
        let world = Self { sandbox, origin };
        for kind in Kind::ALL {
            world.sandbox.register(kind.client(&world.redirect_uri()));
            let launch_url = world.launch_url(kind);
            world.sandbox.register_launch_url(kind.client_id(), launch_url);
        }
        world
    }

    fn redirect_uri(&self) -> String {
        format!("{}/callback", self.origin)
    }

    /// One for each, so that the sandbox knows for whom a launch is.
    fn launch_url(&self, kind: Kind) -> String {
        format!("{}/launch/{}", self.origin, kind.client_id())
    }

    /// Has the program launch for one patient, for another, and by itself, and ask for a token of its own.
    pub(super) fn launch(&self, program: &mut Program, kind: Kind, care: Care) -> Run {
        let patients = self.sandbox.patients();
        let launch_url = self.launch_url(kind);
        let [first, second] = [0, 1].map(|number| {
            let patient = patients[number].id.to_string();
            self.sandbox.ehr_launch_url(&launch_url, &patient, None)
        });
        let mut standalone = Url::parse(&launch_url).unwrap();
        standalone
            .query_pairs_mut()
            .append_pair("iss", &self.sandbox.fhir_base_url());
        let answer = program.answer(&json!({
            "kind": kind.name(),
            "clientId": kind.client_id(),
            "secret": SECRET,
            "key": kind.key(),
            "alg": kind.name(),
            "keyId": kind.name(),
            "fhirBase": self.sandbox.fhir_base_url(),
            "tokenEndpoint": self.sandbox.token_endpoint(),
            "launchUrls": [first, second, standalone.as_str()],
            "redirectUri": self.redirect_uri(),
            "scope": SCOPE,
            "backendScope": BACKEND_SCOPE,
            "careful": care == Care::Careful,
        }));
        Run {
            kind,
            version: answer["version"].as_str().unwrap().to_owned(),
            outcomes: Step::ALL.map(|step| outcome(&answer["steps"][step.name()])),
        }
    }

    fn grants_of(&self, kind: Kind) -> Vec<Grant> {
        let client_id = kind.client_id();
        let mut grants = self.sandbox.grants();
        grants.retain(|grant| grant.client_id == client_id);
        grants
    }
}

fn outcome(said: &Value) -> Outcome {
    if said.is_null() {
        return Outcome::NotReached;
    }
    if let Some(why) = said["refused"].as_str() {
        return Outcome::Refused(why.to_owned());
    }
    match said.get("ok") {
        Some(seen) => Outcome::Done(seen.clone()),
        None => Outcome::Unsupported,
    }
}

/// What became of a launch.
#[derive(Debug)]
pub(super) struct Run {
    kind: Kind,
    pub(super) version: String,
    outcomes: [Outcome; 9],
}

impl Run {
    pub(super) fn outcome(&self, step: Step) -> &Outcome {
        &self.outcomes[step as usize]
    }

    fn seen(&self, step: Step) -> Option<&Value> {
        match self.outcome(step) {
            Outcome::Done(seen) => Some(seen),
            _ => None,
        }
    }

    fn was_launched(&self) -> bool {
        self.seen(Step::Launch).is_some()
    }

    /// Whether the library can do anything as this kind of client.
    pub(super) fn did_something(&self) -> bool {
        Step::ALL.into_iter().any(|step| self.seen(step).is_some())
    }

    /// The steps that did not work, and what the library said.
    pub(super) fn refused(&self) -> Vec<(Step, &str)> {
        let refused = |step| match self.outcome(step) {
            Outcome::Refused(why) => Some((step, why.as_str())),
            _ => None,
        };
        Step::ALL.into_iter().filter_map(refused).collect()
    }

    /// What the library made of the answers is what the sandbox meant by them, and what it did has the effect that it should.
    pub(super) fn is_as_the_sandbox_says(&self, world: &World) {
        let mut grants = world.grants_of(self.kind).into_iter();
        if self.was_launched() {
            let [first, second, standalone] = [0, 1, 2].map(|_| grants.next().unwrap());
            self.is_launched_as(Step::Launch, &first, world);
            self.is_launched_as(Step::LaunchAgain, &second, world);
            self.is_launched_as(Step::Standalone, &standalone, world);
            self.is_told_of(&first, world);
            assert_eq!(second.revoked, self.seen(Step::Revoke).is_some(), "{self:?}");
        }
        if let Some(seen) = self.seen(Step::Backend) {
            assert_eq!(grants.next().unwrap().scope, BACKEND_SCOPE);
            let all = world.sandbox.patients().len();
            assert_eq!(*seen, json!({"patients": all}), "{self:?}");
        }
        assert_eq!(grants.next(), None, "{self:?}");
        assert_eq!(world.sandbox.reuse_detections(), 0);
    }

    fn is_launched_as(&self, step: Step, grant: &Grant, world: &World) {
        let patients = world.sandbox.patients();
        let patient = patients[usize::from(step == Step::LaunchAgain)].id.to_string();
        let seen = self.seen(step).unwrap();
        assert_eq!(seen["patient"], json!(patient), "{self:?}");
        assert_eq!(grant.patient, Some(patient), "{self:?}");
        let sorted = |scopes: &str| -> Vec<String> {
            let mut scopes: Vec<_> = scopes.split(' ').map(str::to_owned).collect();
            scopes.sort_unstable();
            scopes
        };
        let context = match step {
            Step::Standalone => "launch/patient",
            _ => "launch",
        };
        let asked = sorted(&format!("{context} {SCOPE}"));
        assert_eq!(sorted(&grant.scope), asked, "{self:?}");
        assert_eq!(sorted(seen["scope"].as_str().unwrap()), asked, "{self:?}");
    }

    /// What was done with the first launch.
    fn is_told_of(&self, grant: &Grant, world: &World) {
        let read = json!({"resourceType": "Patient", "id": grant.patient});
        assert_eq!(self.seen(Step::Read), Some(&read), "{self:?}");
        if let Some(claims) = self.seen(Step::IdToken) {
            let user = format!("{}/{}", world.sandbox.fhir_base_url(), grant.user);
            assert_eq!(claims["fhirUser"], user, "{self:?}");
        }
        if let Some(seen) = self.seen(Step::Introspect) {
            let about = json!({"active": true, "client_id": self.kind.client_id()});
            assert_eq!(*seen, about, "{self:?}");
        }
        let refreshes = u32::from(self.seen(Step::Refresh).is_some());
        assert_eq!(grant.refreshes, refreshes, "{self:?}");
        if let Some(seen) = self.seen(Step::Refresh) {
            assert_eq!(*seen, json!({"isNew": true}), "{self:?}");
        }
    }
}
