//! The EHRs and the control interface, made ready and then running: [`Running`].

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use actix_smart_auth::sandbox::{
    SandboxBuilder, SandboxData, SandboxServer, SandboxTls, StartMistake,
    control::{ControlBuilder, ControlServer},
};
use serde_json::{Value, json};

use super::{
    Failure,
    certificate::Authority,
    description::{Control, Ehr, Program, Tls},
    files,
    log::{Format, Log, Writer},
    whole_file::{is_taken, write_whole},
};

/// Everything that was read and found right. Nothing listens yet.
pub(crate) struct Prepared {
    ehrs: Vec<(String, SandboxBuilder)>,
    control: Option<ControlBuilder>,
    ready_file: Option<PathBuf>,
    /// Where it goes, and what goes there.
    trusted_certificate: Option<(PathBuf, String)>,
    log: Option<(Format, Option<PathBuf>)>,
}

/// What runs. It stops when this is dropped.
pub(crate) struct Running {
    // Before the ports are free: the files of who takes those next may have the same names.
    _files: OfThisRun,
    // Before the EHRs that it drives.
    control: Option<ControlServer>,
    ehrs: Vec<(String, Arc<SandboxServer>)>,
    ready_file: Option<PathBuf>,
    // After those who write to it.
    writer: Option<Writer>,
}

/// Files that say something of what runs: gone when this is dropped, and those of the last run as soon as the ports are taken.
struct OfThisRun(Vec<PathBuf>);

/// # Errors
/// Every file that cannot be used, and every name that two EHRs have.
pub(crate) fn prepare(program: Program) -> Result<Prepared, Failure> {
    let mut mistakes = useless(&program);
    mistakes.extend(files::mistakes(&program));
    let wants_own = program.ehr.iter().any(|ehr| matches!(ehr.tls, Some(Tls::Own)));
    let authority = match wants_own {
        true => Some(Authority::new().map_err(io::Error::other)?),
        false => None,
    };
    let mut names = BTreeSet::new();
    let control_port = program.control.as_ref().map(|control| control.port);
    let mut ports: BTreeSet<u16> = control_port.into_iter().collect();
    let mut ehrs = Vec::new();
    for (index, ehr) in program.ehr.into_iter().enumerate() {
        let name = ehr.name.clone();
        if !names.insert(name.clone()) {
            mistakes.push(format!(
                "ehr[{index}].name: another EHR is named {name} too; give each a name of its own"
            ));
        }
        if ehr.port != 0 && !ports.insert(ehr.port) {
            mistakes.push(format!(
                "ehr[{index}].port: {} is taken by another EHR or by [control]; give each a port of its own, or 0 for a free one",
                ehr.port
            ));
        }
        match prepared_ehr(ehr, program.danger_address, authority.as_ref()) {
            Ok(builder) => ehrs.push((name, builder)),
            Err(wrong) => mistakes.extend(wrong.into_iter().map(|line| format!("ehr[{index}].{line}"))),
        }
    }
    if !mistakes.is_empty() {
        return Err(Failure::Mistakes(mistakes));
    }
    let trusted_certificate = program
        .trusted_certificate_file
        .zip(authority.map(|authority| authority.pem()));
    Ok(Prepared {
        ehrs,
        control: program
            .control
            .map(|control| prepared_control(control, program.danger_address)),
        ready_file: program.ready_file,
        trusted_certificate,
        log: program.log.map(|format| (format, program.log_file)),
    })
}

/// Keys that do nothing without another.
fn useless(program: &Program) -> Vec<String> {
    let has_own = program.ehr.iter().any(|ehr| matches!(ehr.tls, Some(Tls::Own)));
    let mut mistakes = Vec::new();
    if program.log_file.is_some() && program.log.is_none() {
        mistakes.push(
            "log-file: nothing is written there without log; say log = \"json\" or log = \"text\" too".to_owned(),
        );
    }
    if program.trusted_certificate_file.is_some() && !has_own {
        mistakes.push(
            "trusted-certificate-file: no certificate is made; say tls = \"own\" at an EHR, or leave this out"
                .to_owned(),
        );
    }
    mistakes
}

fn prepared_ehr(ehr: Ehr, address: IpAddr, authority: Option<&Authority>) -> Result<SandboxBuilder, Vec<String>> {
    let mut mistakes = Vec::new();
    let mut ids = BTreeSet::new();
    for (index, client) in ehr.client.iter().enumerate() {
        let id = client.client().client_id();
        if !ids.insert(id) {
            mistakes.push(format!(
                "client[{index}].client-id: another client has the id {id} too; give each an id of its own"
            ));
        }
    }
    let mut builder = SandboxServer::builder()
        .danger_address(address)
        .port(ehr.port)
        .change(ehr.settings);
    for client in &ehr.client {
        builder = builder.client(client.client().clone());
        for url in client.launch_urls() {
            builder = builder.launch_url(client.client().client_id(), url);
        }
    }
    builder = ehr.fault.into_iter().fold(builder, SandboxBuilder::fault);
    match people(&ehr.data, ehr.portal_users) {
        Ok(data) => builder = builder.data(data),
        Err(wrong) => mistakes.extend(wrong),
    }
    let tls = match (ehr.tls, authority) {
        (Some(Tls::Files { certificate, key }), _) => given(&certificate, &key).map(Some),
        (Some(Tls::Own), Some(authority)) => authority
            .sign(address, ehr.origin.as_deref())
            .map(Some)
            .map_err(|error| vec![format!("tls: {error}")]),
        _ => Ok(None),
    };
    match tls {
        Ok(Some(tls)) => builder = builder.tls(tls),
        Ok(None) => {}
        Err(wrong) => mistakes.extend(wrong),
    }
    if let Some(origin) = ehr.origin {
        builder = builder.origin(origin);
    }
    // Whose data cannot be read has nobody, whom no setting can name.
    if mistakes.is_empty()
        && let Err(mistake) = builder.check()
    {
        mistakes.push(mistake_of(&mistake));
    }
    match mistakes.is_empty() {
        true => Ok(builder),
        false => Err(mistakes),
    }
}

/// With the key that says it.
fn mistake_of(mistake: &StartMistake) -> String {
    let key = match mistake {
        StartMistake::Origin { .. } => "origin",
        StartMistake::NoPatient { .. } => "settings.automatic-patient",
        StartMistake::NoUser { .. } => "settings.automatic-user",
        StartMistake::NoPortalUser { .. } => "portal-users",
        _ => return mistake.to_string(),
    };
    format!("{key}: {mistake}")
}

/// The made-up people, or those of the files.
fn people(paths: &[PathBuf], portal_users: Vec<String>) -> Result<SandboxData, Vec<String>> {
    let mut mistakes = Vec::new();
    let mut data = match paths.is_empty() {
        true => SandboxData::made_up(),
        false => SandboxData::empty(),
    };
    for (index, path) in paths.iter().enumerate() {
        match data.clone().read(path) {
            Ok(more) => data = more,
            Err(error) => mistakes.push(format!("data[{index}]: {error}")),
        }
    }
    match mistakes.is_empty() {
        true => Ok(portal_users.into_iter().fold(data, SandboxData::portal_user)),
        false => Err(mistakes),
    }
}

/// A certificate that is there already.
fn given(certificate: &Path, key: &Path) -> Result<SandboxTls, Vec<String>> {
    let read = |key: &str, path: &Path| files::text(path).map_err(|wrong| format!("tls.files.{key}: {wrong}"));
    match (read("certificate", certificate), read("key", key)) {
        (Ok(certificate), Ok(key)) => {
            SandboxTls::pem(&certificate, &key).map_err(|error| vec![format!("tls.files: {error}")])
        }
        (one, other) => Err([one.err(), other.err()].into_iter().flatten().collect()),
    }
}

fn prepared_control(control: Control, address: IpAddr) -> ControlBuilder {
    let builder = ControlServer::builder().danger_address(address).port(control.port);
    control.host_names.into_iter().fold(builder, ControlBuilder::host_name)
}

impl Running {
    pub(crate) fn start(prepared: Prepared) -> Result<Self, Failure> {
        let opened = prepared
            .log
            .map(|(format, file)| Log::open(format, file.as_deref()))
            .transpose()?;
        let (log, writer) = opened.unzip();
        let mut ehrs = Vec::new();
        for (name, mut builder) in prepared.ehrs {
            if let Some(log) = log.clone() {
                let name = name.clone();
                builder = builder.on_request(move |line| log.write(&name, line));
            }
            let started = builder.start().map_err(|error| not_started(&name, error))?;
            ehrs.push((name, Arc::new(started)));
        }
        let control = prepared.control.map(|builder| {
            let driven = ehrs.iter().map(|(name, ehr)| (name, Arc::clone(ehr)));
            driven
                .fold(builder, |builder, (name, ehr)| builder.ehr(name, ehr))
                .start()
                .map_err(|error| not_started("the control interface", error))
        });
        let control = control.transpose()?;
        // Not before: who has a port already may be another run, and the files are that one's.
        let certificate_file = prepared.trusted_certificate.as_ref().map(|(path, _)| path);
        let files = OfThisRun(
            [prepared.ready_file.as_ref(), certificate_file]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
        );
        files.remove()?;
        if let Some((path, pem)) = &prepared.trusted_certificate {
            write_whole(path, pem)?;
        }
        Ok(Self {
            _files: files,
            control,
            ehrs,
            ready_file: prepared.ready_file,
            writer,
        })
    }

    /// Says that it runs, and where.
    pub(crate) fn announce(&self) -> io::Result<()> {
        let ready = self.ready();
        if let Some(path) = &self.ready_file {
            write_whole(path, &format!("{ready}\n"))?;
        }
        let mut out = io::stdout().lock();
        writeln!(out, "ready {ready}")?;
        out.flush()?;
        drop(out);
        // Not before: whoever reads it finds the ready line first.
        if let Some(writer) = &self.writer {
            writer.begin();
        }
        for (name, ehr) in &self.ehrs {
            let (page, base) = (ehr.ehr_url(), ehr.fhir_base_url());
            // Whoever started it may have closed that: it runs all the same.
            let _ = writeln!(
                io::stderr(),
                "{name}: open {page} in a browser; the FHIR base URL is {base}. Ctrl-C ends it."
            );
        }
        Ok(())
    }

    fn ready(&self) -> Value {
        let ehrs: Vec<Value> = self
            .ehrs
            .iter()
            .map(|(name, ehr)| {
                json!({
                    "name": name,
                    "fhir-base-url": ehr.fhir_base_url(),
                    "ehr-url": ehr.ehr_url(),
                    "listens-at": ehr.local_address(),
                })
            })
            .collect();
        json!({ "ehrs": ehrs, "control": self.control.as_ref().map(ControlServer::url) })
    }
}

/// `who` is an EHR's name, or the control interface.
fn not_started(who: &str, error: io::Error) -> Failure {
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => "; choose another port, or 0 for a free one",
        _ => "",
    };
    Failure::Start(io::Error::new(error.kind(), format!("{who}: {error}{advice}")))
}

impl OfThisRun {
    fn remove(&self) -> io::Result<()> {
        let Self(paths) = self;
        for path in paths {
            // What has come in its place since is somebody else's.
            if is_taken(path).is_some() {
                continue;
            }
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    let wrong = format!("{}, of the last run, cannot be removed: {error}", path.display());
                    return Err(io::Error::new(error.kind(), wrong));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for OfThisRun {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            // Nobody is left to tell where that fails.
            let _ = writeln!(io::stderr(), "actix-smart-sandbox: {error}");
        }
    }
}
