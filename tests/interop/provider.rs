//! The authorization server as a child process.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;
use url::Url;

use crate::{needs, support::Browser};

/// `server.mjs`, listening. Killed on drop; it ends by itself when this process does.
pub(crate) struct Provider {
    child: Child,
    pub(crate) origin: String,
    pub(crate) fhir_base: String,
}

/// How long it may take to listen. Node.js was once seen to stand still before it said so.
const PATIENCE: Duration = Duration::from_secs(30);

impl Provider {
    /// For the application at this origin. `None`, with a line that says why, where Node.js or a package is missing.
    ///
    /// # Panics
    ///
    /// When something is missing and `SMART_REQUIRE_INTEROP=1`.
    pub(crate) fn start(application: &str) -> Option<Self> {
        if !needs::is_here(needs::node_package(".", "oidc-provider")) {
            return None;
        }
        let directory = needs::directory();
        let (child, line) = (0..3).find_map(|_| began(&directory, application)).unwrap();
        let addresses: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("server.mjs did not start"));
        let address = |name: &str| addresses[name].as_str().unwrap().to_owned();
        Some(Self {
            child,
            origin: address("origin"),
            fhir_base: address("fhirBase"),
        })
    }

    /// Tells the server to behave in some way, and gives back what was asked of it so far. The words are in `server.mjs`.
    pub(crate) async fn control(&self, words: &[(&str, &str)]) -> Vec<Seen> {
        let url = Url::parse_with_params(&format!("{}/control", self.origin), words).unwrap();
        let answer = Browser::new().get(url.as_str()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let requests = answer.json()["requests"].as_array().unwrap().clone();
        requests.into_iter().map(Seen).collect()
    }

    /// The requests to its token endpoint so far.
    pub(crate) async fn token_requests(&self) -> Vec<Seen> {
        self.requests_to("/token").await
    }

    /// The requests to a path so far.
    pub(crate) async fn requests_to(&self, path: &str) -> Vec<Seen> {
        let mut requests = self.control(&[]).await;
        requests.retain(|request| request.text("path") == path);
        requests
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server, and what it says when it listens. `None`: it does not come to that.
fn began(directory: &Path, application: &str) -> Option<(Child, String)> {
    let mut child = Command::new("node")
        .arg(directory.join("server.mjs"))
        .arg(application)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let (told, listening) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = said.read_line(&mut line);
        let _ = told.send(read.map(|_| line));
    });
    match listening.recv_timeout(PATIENCE) {
        Ok(line) => Some((child, line.unwrap())),
        Err(_) => {
            child.kill().unwrap();
            child.wait().unwrap();
            None
        }
    }
}

/// One request as the server saw it.
pub(crate) struct Seen(Value);

impl Seen {
    /// A member of the record: `method`, `path`, `authorization`, `epicClientId`, `error`, `detail`. Empty when there is none.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.0[member].as_str().unwrap_or_default()
    }

    /// Whether the server is done with it; only then are there a status and a form.
    pub(crate) fn is_answered(&self) -> bool {
        self.0["status"].is_u64()
    }

    pub(crate) fn status(&self) -> u64 {
        self.0["status"].as_u64().unwrap()
    }

    pub(crate) fn status_if_answered(&self) -> Option<u64> {
        self.0["status"].as_u64()
    }

    /// All fields of `query` or `form`.
    pub(crate) fn pairs(&self, member: &str) -> Vec<(String, String)> {
        let fields = self.0[member].as_object();
        fields
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect()
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.0["query"][name].as_str()
    }

    pub(crate) fn form(&self, name: &str) -> Option<&str> {
        self.0["form"][name].as_str()
    }

    /// The names of the form's fields, sorted.
    pub(crate) fn form_names(&self) -> Vec<&str> {
        let fields = self.0["form"].as_object().unwrap();
        fields.keys().map(String::as_str).collect()
    }
}
