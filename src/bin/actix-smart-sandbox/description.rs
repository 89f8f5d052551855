//! What the file says: [`Program`].

use std::{
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
};

use actix_smart_auth::sandbox::{SandboxFault, SandboxSettings, control::ClientDescription};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{arguments::Arguments, files, log::Format, mistakes};

/// Everything that is to run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table of keys")]
pub(crate) struct Program {
    /// The file that says this.
    #[serde(skip)]
    pub(crate) file: Option<PathBuf>,
    #[serde(default = "localhost")]
    pub(crate) danger_address: IpAddr,
    pub(crate) control: Option<Control>,
    pub(crate) log: Option<Format>,
    pub(crate) log_file: Option<PathBuf>,
    pub(crate) ready_file: Option<PathBuf>,
    pub(crate) trusted_certificate_file: Option<PathBuf>,
    pub(crate) ehr: Vec<Ehr>,
}

/// `[control]`.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table, as in [control]"
)]
pub(crate) struct Control {
    #[serde(default)]
    pub(crate) port: u16,
    #[serde(default)]
    pub(crate) host_names: Vec<String>,
}

/// `[[ehr]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table, as in [[ehr]]")]
pub(crate) struct Ehr {
    #[serde(default = "ehr")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) port: u16,
    pub(crate) origin: Option<String>,
    pub(crate) tls: Option<Tls>,
    #[serde(default)]
    pub(crate) data: Vec<PathBuf>,
    #[serde(default)]
    pub(crate) portal_users: Vec<String>,
    #[serde(default)]
    pub(crate) settings: SandboxSettings,
    #[serde(default)]
    pub(crate) client: Vec<ClientDescription>,
    #[serde(default)]
    pub(crate) fault: Vec<SandboxFault>,
}

/// The certificate of an EHR.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Tls {
    /// One that is made at the start.
    Own,
    /// One that is there, and its key, in PEM.
    Files { certificate: PathBuf, key: PathBuf },
}

const fn localhost() -> IpAddr {
    IpAddr::V4(Ipv4Addr::LOCALHOST)
}

fn ehr() -> String {
    "ehr".to_owned()
}

/// What file and flags say, and a line for each mistake in them. `None`: the file cannot be used.
pub(crate) fn read(arguments: &Arguments) -> (Option<Program>, Vec<String>) {
    let (of_file, mut mistakes) = match arguments.file.as_deref().map(of_file).transpose() {
        Ok(of_file) => (Some(of_file.unwrap_or_default()), Vec::new()),
        Err(wrong) => (None, vec![wrong]),
    };
    let is_read = of_file.is_some();
    let mut described = of_file.unwrap_or_default();
    mistakes.extend(arguments.add_to(&mut described));
    if !is_read {
        return (None, mistakes);
    }
    let from = arguments.file.as_ref().map(|path| format!("{}: ", path.display()));
    let from = from.unwrap_or_default();
    let mut program: Program = match mistakes::read(Value::Object(described)) {
        Ok(program) => program,
        Err(lines) => {
            mistakes.extend(lines.iter().map(|line| format!("{from}{line}")));
            return (None, mistakes);
        }
    };
    let folder = arguments
        .file
        .as_deref()
        .and_then(Path::parent)
        .unwrap_or(Path::new(""));
    program.begin_paths_at(folder);
    program.file.clone_from(&arguments.file);
    if program.ehr.is_empty() {
        mistakes.push(format!("{from}there is no EHR; write [[ehr]] and its keys"));
    }
    (Some(program), mistakes)
}

fn of_file(path: &Path) -> Result<Map<String, Value>, String> {
    let wrong = |what: String| format!("{}{what}", path.display());
    let text = files::text(path).map_err(|wrong| format!("{wrong}; --init writes a file to begin with"))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        wrong(format!(":{}: {}", before.matches('\n').count() + 1, error.message()))
    })?;
    match serde_json::to_value(table) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(wrong(format!(": {error}"))),
    }
}

impl Program {
    /// Paths in a file are those that somebody sees who looks at the file.
    fn begin_paths_at(&mut self, folder: &Path) {
        let own = [
            &mut self.log_file,
            &mut self.ready_file,
            &mut self.trusted_certificate_file,
        ];
        let of_ehrs = self.ehr.iter_mut().flat_map(|ehr| {
            let of_tls = match &mut ehr.tls {
                Some(Tls::Files { certificate, key }) => vec![certificate, key],
                Some(Tls::Own) | None => Vec::new(),
            };
            ehr.data.iter_mut().chain(of_tls)
        });
        for path in own.into_iter().flatten().chain(of_ehrs) {
            *path = folder.join(&*path);
        }
    }
}
