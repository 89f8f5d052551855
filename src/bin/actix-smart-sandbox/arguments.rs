//! What can be said on the command line: [`Arguments`].

use std::{net::IpAddr, path::PathBuf};

use actix_smart_auth::sandbox::{SandboxSettings, control::ClientDescription};
use clap::Parser;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{log::Format, mistakes};

/// A sandbox EHR for your tests: a SMART App Launch 2.2 server and a FHIR server with made-up people.
///
/// Never give it real credentials or real data: its users have no passwords.
#[derive(Debug, Parser)]
#[command(name = "actix-smart-sandbox", version)]
pub(crate) struct Arguments {
    /// Reads EHRs, clients and settings from this TOML file. Flags come on top.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Writes a file with all keys and comments, and ends.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "actix-smart-sandbox.toml")]
    pub(crate) init: Option<PathBuf>,

    /// Says what is wrong with file and flags, and ends.
    #[arg(long)]
    pub(crate) check: bool,

    /// The port of the EHR; 0 is a free one. Default: 9090 without a file, that of the file, or a free one if that says none.
    #[arg(long)]
    port: Option<String>,

    /// Registers an application with this client id.
    #[arg(long, requires = "redirect_uri")]
    client_id: Option<String>,

    /// Its redirect URI. Can be repeated.
    #[arg(long, requires = "client_id")]
    redirect_uri: Vec<String>,

    /// Its launch URL, for the links on the EHR's page. Can be repeated.
    #[arg(long, requires = "client_id")]
    launch_url: Vec<String>,

    /// Its secret. Without it the client is public.
    #[arg(long, requires = "client_id")]
    secret: Option<String>,

    /// automatic: nobody is asked. interactive: pages for a person.
    #[arg(long)]
    mode: Option<String>,

    /// How many seconds an access token works.
    #[arg(long, value_name = "SECONDS")]
    token_lifetime: Option<String>,

    /// Does what is known of this vendor's servers: epic, oracle-health, athena-one, athena-practice.
    #[arg(long)]
    vendor: Option<String>,

    /// Sets any key of `settings` of every EHR, as in --set expires-in=text or --set 'peculiarities=["form-post"]': a word, or JSON. Can be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// People and their records: a FHIR bundle, one resource, NDJSON, or a folder of those. Can be repeated.
    #[arg(long, value_name = "PATH")]
    data: Vec<PathBuf>,

    /// Turns the control interface on, at this port (0 is a free one). Default: that of the file, or 9091.
    #[arg(long, value_name = "PORT", num_args = 0..=1)]
    control: Option<Option<String>>,

    /// Listens at this address instead of 127.0.0.1. Whoever reaches it may sign in as anybody, and drive it if the control interface is on.
    #[arg(long, value_name = "ADDRESS")]
    danger_address: Option<String>,

    /// Under which address others reach the EHR, such as `https://ehr.test:9443`.
    #[arg(long, value_name = "URL")]
    origin: Option<String>,

    /// Serves https with a certificate that is made at the start.
    #[arg(long, conflicts_with = "certificate")]
    tls: bool,

    /// Serves https with this certificate chain, in PEM.
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,

    /// The key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,

    /// Where the certificate is written that clients have to trust with --tls.
    #[arg(long, value_name = "FILE")]
    trusted_certificate_file: Option<PathBuf>,

    /// Writes a line about each request: json or text. Without tokens, codes and secrets.
    #[arg(long, value_name = "FORMAT")]
    log: Option<String>,

    /// Where the lines go. Default: the standard output.
    #[arg(long, value_name = "FILE")]
    log_file: Option<PathBuf>,

    /// Where the JSON of the ready line is written too.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

impl Arguments {
    /// Puts the flags into what the file says, and gives a line for each mistake in them: what is wrong is left out.
    pub(crate) fn add_to(&self, described: &mut Map<String, Value>) -> Vec<String> {
        let mut wrong = Vec::new();
        for (key, value) in [
            ("danger-address", self.address(&mut wrong)),
            ("log", self.log(&mut wrong)),
            (
                "trusted-certificate-file",
                path(
                    "trusted-certificate-file",
                    self.trusted_certificate_file.as_ref(),
                    &mut wrong,
                ),
            ),
            ("log-file", path("log-file", self.log_file.as_ref(), &mut wrong)),
            ("ready-file", path("ready-file", self.ready_file.as_ref(), &mut wrong)),
        ] {
            if let Some(value) = value {
                described.insert(key.to_owned(), value);
            }
        }
        if let Some(said) = &self.control {
            let of_file = described
                .get("control")
                .and_then(|control| control.get("port"))
                .cloned();
            let said = said.as_ref().and_then(|said| port("control", said, &mut wrong));
            let port = said.or(of_file).unwrap_or_else(|| json!(9091));
            extend(described, "control", Map::from_iter([("port".to_owned(), port)]));
        }
        let (settings, of_one) = (self.settings(&mut wrong), self.of_one_ehr(&mut wrong));
        let ehrs = described.entry("ehr").or_insert_with(|| json!([{ "port": 9090 }]));
        let Some(ehrs) = ehrs.as_array_mut() else {
            // Said better by who reads the whole.
            return wrong;
        };
        let several = ehrs.len() > 1;
        for ehr in ehrs.iter_mut().filter_map(Value::as_object_mut) {
            if !settings.is_empty() {
                extend(ehr, "settings", settings.clone());
            }
        }
        match ehrs.first_mut().and_then(Value::as_object_mut) {
            _ if of_one.is_empty() => {}
            Some(ehr) if !several => of_one.into_iter().for_each(|(key, value)| add(ehr, key, value)),
            _ => wrong.push(
                "the flags for port, client, data, origin and certificate are for one EHR, and the file has several; say it in the file"
                    .to_owned(),
            ),
        }
        wrong
    }

    fn address(&self, wrong: &mut Vec<String>) -> Option<Value> {
        let said = self.danger_address.as_ref()?;
        match said.parse::<IpAddr>() {
            Ok(address) => Some(json!(address)),
            Err(_) => {
                wrong.push(format!(
                    "--danger-address: {said} is no IP address; give one, such as 0.0.0.0"
                ));
                None
            }
        }
    }

    fn log(&self, wrong: &mut Vec<String>) -> Option<Value> {
        let said = json!(self.log.as_ref()?);
        match mistakes::read::<Format>(said.clone()) {
            Ok(_) => Some(said),
            Err(lines) => {
                wrong.extend(lines.iter().map(|line| format!("--log: {line}")));
                // One is meant, so that nobody is told that a file without one is of no use.
                Some(json!("json"))
            }
        }
    }

    /// Keys of one `[[ehr]]`.
    fn of_one_ehr(&self, wrong: &mut Vec<String>) -> Map<String, Value> {
        let mut members = Map::new();
        let mut say = |key: &str, value: Value| drop(members.insert(key.to_owned(), value));
        if let Some(port) = self.port.as_ref().and_then(|said| port("port", said, wrong)) {
            say("port", port);
        }
        if let Some(origin) = &self.origin {
            say("origin", json!(origin));
        }
        if self.tls {
            say("tls", json!("own"));
        }
        let certificate = path("certificate", self.certificate.as_ref(), wrong);
        if let (Some(certificate), Some(key)) = (certificate, path("key", self.key.as_ref(), wrong)) {
            say("tls", json!({ "files": { "certificate": certificate, "key": key } }));
        }
        if !self.data.is_empty() {
            let paths = self.data.iter().filter_map(|it| path("data", Some(it), wrong));
            say("data", paths.collect());
        }
        if let Some(client_id) = &self.client_id {
            let mut client = json!({
                "client-id": client_id,
                "redirect-uris": self.redirect_uri,
                "launch-urls": self.launch_url,
            });
            if let (Some(secret), Some(members)) = (&self.secret, client.as_object_mut()) {
                members.insert("secret".to_owned(), json!(secret));
            }
            match mistakes::read::<ClientDescription>(client.clone()) {
                Ok(_) => say("client", json!([client])),
                Err(lines) => wrong.extend(lines.iter().map(|line| format!("the client of the flags: {line}"))),
            }
        }
        members
    }

    /// Keys of `settings`.
    fn settings(&self, wrong: &mut Vec<String>) -> Map<String, Value> {
        let mut settings = Map::new();
        for pair in &self.set {
            match set(pair) {
                Ok((key, value)) => drop(settings.insert(key, value)),
                Err(lines) => wrong.extend(lines),
            }
        }
        let lifetime = self.token_lifetime.as_ref().and_then(|said| match said.parse::<f64>() {
            Ok(seconds) if seconds.is_finite() => Some(json!(seconds)),
            _ => {
                wrong.push(format!("--token-lifetime: {said} is no time; give seconds, 0 or more"));
                None
            }
        });
        for (key, value) in [
            ("mode", self.mode.as_ref().map(|it| json!(it))),
            ("token-lifetime", lifetime),
            ("vendor", self.vendor.as_ref().map(|it| json!(it))),
        ] {
            let Some(value) = value else { continue };
            match mistakes_of::<SandboxSettings>(json!({ key: value })) {
                lines if lines.is_empty() => drop(settings.insert(key.to_owned(), value)),
                lines => wrong.extend(lines.into_iter().map(|line| format!("--{line}"))),
            }
        }
        settings
    }
}

/// Key and value of `--set`.
///
/// # Errors
/// A line for each mistake.
fn set(pair: &str) -> Result<(String, Value), Vec<String>> {
    let Some((key, written)) = pair.split_once('=') else {
        return Err(vec![format!(
            "--set {pair}: give a key and a value, as in --set expires-in=text"
        )]);
    };
    let bare = json!(written);
    let value = match serde_json::from_str(written) {
        Ok(Value::Null) => {
            return Err(vec![format!(
                "--set {key}: null says nothing; give a value, or leave it out"
            )]);
        }
        // An id may look like a number.
        Ok(value) => match is_setting(key, &value) || !is_setting(key, &bare) {
            true => value,
            false => bare,
        },
        Err(error) if written.starts_with(['[', '{', '"']) => {
            return Err(vec![format!(
                "--set {key}: this is no JSON ({error}); write quotes for the shell around all of it, as in --set 'peculiarities=[\"form-post\"]'"
            )]);
        }
        // So that nobody has to write quotes for a shell.
        Err(_) => bare,
    };
    let wrong = mistakes_of::<SandboxSettings>(json!({ key: value }));
    match wrong.is_empty() {
        true => Ok((key.to_owned(), value)),
        false => Err(wrong.iter().map(|line| format!("--set {line}")).collect()),
    }
}

fn is_setting(key: &str, value: &Value) -> bool {
    mistakes_of::<SandboxSettings>(json!({ key: value })).is_empty()
}

fn mistakes_of<T: DeserializeOwned>(value: Value) -> Vec<String> {
    mistakes::read::<T>(value).err().unwrap_or_default()
}

fn port(flag: &str, said: &str, wrong: &mut Vec<String>) -> Option<Value> {
    match said.parse::<u16>() {
        Ok(port) => Some(json!(port)),
        Err(_) => {
            wrong.push(format!("--{flag}: {said} is no port; give a number from 0 to 65535"));
            None
        }
    }
}

/// A path of the command line, from the folder in which the command was given: those in a file begin at the file.
fn path(flag: &str, said: Option<&PathBuf>, wrong: &mut Vec<String>) -> Option<Value> {
    match std::path::absolute(said?) {
        Ok(path) => Some(json!(path.to_string_lossy())),
        Err(error) => {
            wrong.push(format!("--{flag}: {error}"));
            None
        }
    }
}

/// Puts what a flag says into an EHR: lists get longer, and a client takes the place of the one with its id.
fn add(ehr: &mut Map<String, Value>, key: String, value: Value) {
    match (ehr.get_mut(&key).and_then(Value::as_array_mut), value) {
        (Some(there), Value::Array(more)) => {
            let id = |client: &Value| client.get("client-id").cloned();
            there.retain(|old| id(old).is_none() || !more.iter().any(|new| id(new) == id(old)));
            there.extend(more);
        }
        (_, value) => drop(ehr.insert(key, value)),
    }
}

/// Puts these members into the object under that key.
fn extend(of: &mut Map<String, Value>, key: &str, members: Map<String, Value>) {
    match of.get_mut(key) {
        Some(Value::Object(there)) => there.extend(members),
        _ => drop(of.insert(key.to_owned(), Value::Object(members))),
    }
}
