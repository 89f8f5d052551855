//! An EHR of a few lines: its token endpoint does what a script says, and it knows exactly what was under way when.
//!
//! Beside the sandbox because that has one tenant, and sees no client that goes away before it is answered.

mod tally;

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};
use url::form_urlencoded;

pub(crate) use tally::{Kind, Tally};

/// An authorization server with several tenants, each with a FHIR base URL of its own. Stopped on drop.
pub(crate) struct ScriptedEhr {
    pub(crate) origin: String,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

/// What a tenant does with token requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    /// How long each of its answers takes. The work is done at once.
    pub(crate) answers_in: Duration,
    /// Whether refreshes are never answered.
    pub(crate) hangs: bool,
    /// How long an access token lives.
    pub(crate) life: Duration,
}

impl Script {
    /// Answers at once, with tokens that live for so long.
    pub(crate) const fn prompt(life: Duration) -> Self {
        Self {
            answers_in: Duration::ZERO,
            hangs: false,
            life,
        }
    }
}

/// Somebody who has signed in at the EHR: the place among all of them.
pub(crate) type Person = usize;

/// How long a code may be redeemed.
const CODE_LIFE: Duration = Duration::from_secs(10 * 60);
/// Nobody waits for longer than this.
const FOR_EVER: Duration = Duration::from_secs(300);

struct Shared {
    scripts: Mutex<Vec<Script>>,
    people: Mutex<Vec<Known>>,
    tally: Mutex<Tally>,
}

/// What the EHR knows of a person.
struct Known {
    tenant: usize,
    signed_in: Instant,
    /// How many token sets were given out: the last one's refresh token works.
    serial: u64,
    revoked: bool,
}

impl ScriptedEhr {
    pub(crate) async fn start(scripts: Vec<Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            scripts: Mutex::new(scripts),
            people: Mutex::default(),
            tally: Mutex::default(),
        });
        let (serving, at) = (Arc::clone(&shared), origin.clone());
        let listening = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (shared, at) = (Arc::clone(&serving), at.clone());
                tokio::spawn(async move { shared.serve(stream, &at).await });
            }
        });
        Self {
            origin,
            shared,
            listening,
        }
    }

    pub(crate) fn fhir_base_url(&self, tenant: usize) -> String {
        format!("{}/{tenant}/fhir", self.origin)
    }

    /// Changes what a tenant does with the requests that come from now on.
    pub(crate) fn script(&self, tenant: usize, change: impl FnOnce(&mut Script)) {
        change(&mut self.shared.scripts.lock().unwrap()[tenant]);
    }

    /// Somebody signs in. Gives back the code for the application.
    pub(crate) fn signs_in(&self, tenant: usize) -> (Person, String) {
        let mut people = self.shared.people.lock().unwrap();
        people.push(Known {
            tenant,
            signed_in: Instant::now(),
            serial: 0,
            revoked: false,
        });
        let person = people.len() - 1;
        (person, named("code", person, 0))
    }

    pub(crate) fn patient_of(person: Person) -> String {
        format!("patient-{person}")
    }

    /// Whether this person's code was redeemed.
    pub(crate) fn has_redeemed(&self, person: Person) -> bool {
        self.shared.people.lock().unwrap()[person].serial > 0
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.shared.tally.lock().unwrap()
    }
}

impl Drop for ScriptedEhr {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Whose an access token is, and the how manieth: the first came with the code.
pub(crate) fn owner(access_token: &str) -> Option<(Person, u64)> {
    read("access", access_token)
}

/// A token or code whose text says what it is.
fn named(what: &str, person: Person, serial: u64) -> String {
    format!("{what}.{person}.{serial}.of-the-scripted-ehr")
}

fn read(what: &str, text: &str) -> Option<(Person, u64)> {
    let mut parts = text.strip_prefix(what)?.strip_prefix('.')?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

impl Shared {
    async fn serve(&self, mut stream: TcpStream, origin: &str) {
        let Ok(Some((path, body))) = timeout(FOR_EVER, receive(&mut stream)).await else {
            return;
        };
        let Some((tenant, rest)) = path.trim_start_matches('/').split_once('/') else {
            return;
        };
        let Ok(tenant) = tenant.parse::<usize>() else { return };
        let answer = match rest {
            "fhir/.well-known/smart-configuration" => Some((200, metadata(&format!("{origin}/{tenant}")))),
            "token" => self.token(&mut stream, tenant, &body).await,
            _ => Some((404, json!({}))),
        };
        if let Some((status, body)) = answer {
            let body = body.to_string();
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n",
                body.len()
            );
            // Whoever hangs up now has missed its answer by a hair.
            let _ = stream.write_all((head + &body).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    }

    /// `None` when nobody listens any more.
    async fn token(&self, stream: &mut TcpStream, tenant: usize, body: &[u8]) -> Option<(u16, Value)> {
        let form: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
        let find = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| &**value);
        let script = self.scripts.lock().unwrap()[tenant];
        let (kind, secret) = match find("grant_type") {
            Some("refresh_token") => (Kind::Refresh, find("refresh_token").unwrap_or_default()),
            _ => (Kind::Exchange, find("code").unwrap_or_default()),
        };
        let number = self.tally.lock().unwrap().arrived(tenant, kind, secret);
        let answer = match kind {
            _ if script.hangs && kind == Kind::Refresh => None,
            Kind::Refresh => Some(self.refresh(script, tenant, secret)),
            Kind::Exchange => Some(self.exchange(script, tenant, secret)),
        };
        let pause = if answer.is_some() { script.answers_in } else { FOR_EVER };
        // Nothing more comes from a client that waits.
        let is_answered = tokio::select! {
            () = sleep(pause) => answer.is_some(),
            _ = stream.read_u8() => false,
        };
        // Before it is sent: the client may come with its next request as soon as it has the answer.
        self.tally.lock().unwrap().left(number, is_answered);
        answer.filter(|_| is_answered)
    }

    fn exchange(&self, script: Script, tenant: usize, code: &str) -> (u16, Value) {
        let mut people = self.people.lock().unwrap();
        let known = read("code", code).and_then(|(person, _)| Some((person, people.get_mut(person)?)));
        match known {
            Some((person, known))
                if known.tenant == tenant && known.serial == 0 && known.signed_in.elapsed() < CODE_LIFE =>
            {
                known.serial = 1;
                (200, tokens(person, 1, script.life))
            }
            _ => refused(),
        }
    }

    fn refresh(&self, script: Script, tenant: usize, token: &str) -> (u16, Value) {
        let mut people = self.people.lock().unwrap();
        let Some((person, serial)) = read("refresh", token) else {
            return refused();
        };
        let Some(known) = people.get_mut(person) else {
            return refused();
        };
        // The second use of a refresh token looks like theft.
        known.revoked |= known.serial != serial;
        if known.revoked || known.tenant != tenant {
            return refused();
        }
        known.serial += 1;
        (200, tokens(person, known.serial, script.life))
    }
}

/// The path and the body. `None` when the client hangs up first.
async fn receive(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut request = Vec::new();
    loop {
        if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_it = name.eq_ignore_ascii_case("content-length");
                is_it.then(|| value.trim().parse::<usize>().ok())?
            });
            let body = &request[end + 4..];
            if body.len() >= length.unwrap_or(0) {
                return Some((head.split(' ').nth(1)?.to_owned(), body.to_vec()));
            }
        }
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
}

fn metadata(base: &str) -> Value {
    json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "capabilities": ["launch-standalone", "client-public", "context-standalone-patient", "permission-patient",
            "permission-offline", "permission-v2"],
        "grant_types_supported": ["authorization_code"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
    })
}

fn tokens(person: Person, serial: u64, life: Duration) -> Value {
    json!({
        "access_token": named("access", person, serial),
        "refresh_token": named("refresh", person, serial),
        "token_type": "Bearer",
        "expires_in": life.as_secs(),
        "scope": "launch/patient patient/*.rs offline_access",
        "patient": ScriptedEhr::patient_of(person),
    })
}

fn refused() -> (u16, Value) {
    (400, json!({"error": "invalid_grant"}))
}
