//! What can be said on the command line: [`Arguments`].

use std::{net::IpAddr, path::PathBuf};

use actix_smart_auth::sandbox::SandboxSettings;
use clap::Parser;
use serde_json::{Map, Value, json};

use super::{Failure, mistakes};

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
    port: Option<u16>,

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
    token_lifetime: Option<f64>,

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
    control: Option<Option<u16>>,

    /// Listens at this address instead of 127.0.0.1. Whoever reaches it may sign in as anybody, and drive it if the control interface is on.
    #[arg(long, value_name = "ADDRESS")]
    danger_address: Option<IpAddr>,

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
    /// Puts the flags into what the file says.
    ///
    /// # Errors
    /// When a flag is for one EHR and there are several.
    pub(crate) fn add_to(&self, described: &mut Map<String, Value>) -> Result<(), Failure> {
        for (key, value) in [
            ("danger-address", self.danger_address.map(|it| json!(it))),
            (
                "trusted-certificate-file",
                path(self.trusted_certificate_file.as_ref())?,
            ),
            ("log", self.log.as_ref().map(|it| json!(it))),
            ("log-file", path(self.log_file.as_ref())?),
            ("ready-file", path(self.ready_file.as_ref())?),
        ] {
            if let Some(value) = value {
                described.insert(key.to_owned(), value);
            }
        }
        if let Some(port) = self.control {
            let of_file = described
                .get("control")
                .and_then(|control| control.get("port"))
                .cloned();
            let port = port.map(|port| json!(port)).or(of_file).unwrap_or_else(|| json!(9091));
            extend(described, "control", Map::from_iter([("port".to_owned(), port)]));
        }
        let ehrs = described.entry("ehr").or_insert_with(|| json!([{ "port": 9090 }]));
        let Some(ehrs) = ehrs.as_array_mut() else {
            // Said better by who reads the whole.
            return Ok(());
        };
        let several = ehrs.len() > 1;
        let settings = self.settings()?;
        for ehr in ehrs.iter_mut().filter_map(Value::as_object_mut) {
            if !settings.is_empty() {
                extend(ehr, "settings", settings.clone());
            }
        }
        let of_one = self.of_one_ehr()?;
        match ehrs.first_mut().and_then(Value::as_object_mut) {
            _ if of_one.is_empty() => {}
            Some(ehr) if !several => {
                for (key, value) in of_one {
                    match (ehr.get_mut(&key).and_then(Value::as_array_mut), value) {
                        (Some(there), Value::Array(more)) => there.extend(more),
                        (_, value) => drop(ehr.insert(key, value)),
                    }
                }
            }
            _ => {
                return Err(Failure::Mistakes(vec![
                    "the flags for port, client, data, origin and certificate are for one EHR, and the file has several; say it in the file"
                        .to_owned(),
                ]));
            }
        }
        Ok(())
    }

    /// Keys of one `[[ehr]]`.
    fn of_one_ehr(&self) -> Result<Map<String, Value>, Failure> {
        let mut members = Map::new();
        let mut say = |key: &str, value: Value| drop(members.insert(key.to_owned(), value));
        if let Some(port) = self.port {
            say("port", json!(port));
        }
        if let Some(origin) = &self.origin {
            say("origin", json!(origin));
        }
        if self.tls {
            say("tls", json!("own"));
        }
        if let (Some(certificate), Some(key)) = (path(self.certificate.as_ref())?, path(self.key.as_ref())?) {
            say("tls", json!({ "files": { "certificate": certificate, "key": key } }));
        }
        if !self.data.is_empty() {
            let paths: Result<Vec<_>, _> = self.data.iter().map(|it| path(Some(it))).collect();
            say("data", json!(paths?));
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
            say("client", json!([client]));
        }
        Ok(members)
    }

    /// Keys of `settings`.
    fn settings(&self) -> Result<Map<String, Value>, Failure> {
        let mut settings = Map::new();
        let mut wrong = Vec::new();
        for pair in &self.set {
            match set(pair) {
                Ok((key, value)) => drop(settings.insert(key, value)),
                Err(lines) => wrong.extend(lines),
            }
        }
        for (key, value) in [
            ("mode", self.mode.as_ref().map(|it| json!(it))),
            ("token-lifetime", self.token_lifetime.map(|it| json!(it))),
            ("vendor", self.vendor.as_ref().map(|it| json!(it))),
        ] {
            let Some(value) = value else { continue };
            wrong.extend(mistakes_of(key, &value).into_iter().map(|line| format!("--{line}")));
            settings.insert(key.to_owned(), value);
        }
        match wrong.is_empty() {
            true => Ok(settings),
            false => Err(Failure::Mistakes(wrong)),
        }
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
        Ok(value) => match mistakes_of(key, &value).is_empty() || !mistakes_of(key, &bare).is_empty() {
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
    let wrong = mistakes_of(key, &value);
    match wrong.is_empty() {
        true => Ok((key.to_owned(), value)),
        false => Err(wrong.iter().map(|line| format!("--set {line}")).collect()),
    }
}

/// What is wrong with this value of this setting.
fn mistakes_of(key: &str, value: &Value) -> Vec<String> {
    mistakes::read::<SandboxSettings>(json!({ key: value }))
        .err()
        .unwrap_or_default()
}

/// A path of the command line, from the folder in which the command was given: those in a file begin at the file.
fn path(path: Option<&PathBuf>) -> Result<Option<Value>, Failure> {
    let absolute = path.map(std::path::absolute).transpose().map_err(Failure::Start)?;
    Ok(absolute.map(|it| json!(it.to_string_lossy())))
}

/// Puts these members into the object under that key.
fn extend(of: &mut Map<String, Value>, key: &str, members: Map<String, Value>) {
    match of.get_mut(key) {
        Some(Value::Object(there)) => there.extend(members),
        _ => drop(of.insert(key.to_owned(), Value::Object(members))),
    }
}
