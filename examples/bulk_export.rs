//! Exports all records of an EHR into a folder (Bulk Data), and goes on where an earlier run stopped.
//!
//! `cargo run --example bulk_export` asks the sandbox, which it starts. With FHIR_BASE_URL, SMART_CLIENT_ID, SMART_PRIVATE_KEY_PATH,
//! SMART_KEY_ID and SMART_BACKEND_SCOPES it asks that EHR. `-- --help` says the rest.

use std::{
    collections::HashSet,
    env,
    error::Error,
    fs,
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    str::FromStr,
    time::{Duration, Instant},
};

use actix_smart_auth::{
    Ehr, PrivateKey, PrivateKeyJwt, SmartConfig,
    bulk::{BulkExport, Compression, ExportEvent, ExportFolderError, ExportLevel, FileReport},
    sandbox::{ExportFilesAt, Fault, FaultPoint, Jwks, SandboxClient, SandboxExport, SandboxServer, Times, When},
};
use rand::RngExt as _;
use tracing_subscriber::EnvFilter;

const HELP: &str = "\
bulk_export [OPTIONS] [FOLDER]

Exports the records of an EHR into FOLDER (default: bulk-export in the folder for temporary files, and an empty one for each run).
A folder in which a run was stopped (Ctrl-C, a crash) is gone on with when it is given again. (Not at the sandbox: it ends with the
program, and with it what it has exported.)

  --system         all that the server has (default: all patients)
  --group ID       the patients of this group
  --types A,B      these types of resources alone
  --plain          files are not compressed, so that one that is cut off goes on where it stopped
  --lines N        the sandbox makes up N observations (default: 20000)
  --line-bytes N   of so many bytes each (default: 500)
  --cuts N         the sandbox cuts N connections at random places (default: 3)
  --help           this text

Without FHIR_BASE_URL the EHR is the sandbox, which has a bad day: it is busy, its files are at another port, connections break.
RUST_LOG says how much is logged (default: warn).
";

struct Arguments {
    level: ExportLevel,
    types: Vec<String>,
    compression: Compression,
    lines: u64,
    line_bytes: usize,
    cuts: u64,
    folder: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    program().await.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "{error}");
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = writeln!(io::stderr(), "  {cause}");
            source = cause.source();
        }
        ExitCode::FAILURE
    })
}

async fn program() -> Result<ExitCode, Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,actix_http=off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .log_internal_errors(false)
        .init();
    let Some(arguments) = arguments(env::args().skip(1))? else {
        write!(io::stdout(), "{HELP}")?;
        return Ok(ExitCode::SUCCESS);
    };
    let (config, base, sandbox) = match env::var("FHIR_BASE_URL") {
        Ok(base) => (SmartConfig::from_env()?, base, None),
        Err(_) => at_the_sandbox(&arguments)?,
    };
    let folder = arguments.folder.clone().unwrap_or_else(fresh_folder);
    let bulk = config.backend(&base).bulk().compression(arguments.compression);
    let export = bulk
        .export(arguments.level.clone())
        .types(arguments.types.iter().cloned());
    let ended = tokio::select! {
        ended = run(&export, &folder) => ended,
        _ = tokio::signal::ctrl_c() => {
            let then = match sandbox {
                None => format!("The same again goes on with the folder {}", folder.display()),
                Some(_) => "The sandbox ends with this program, and with it what it has exported; an EHR of yours would be gone on with".to_owned(),
            };
            writeln!(io::stderr(), "\nStopped. {then}.")?;
            Ok(ExitCode::from(130))
        }
    };
    config.shutdown(Duration::from_secs(10)).await;
    ended
}

async fn run(export: &BulkExport, folder: &PathBuf) -> Result<ExitCode, Box<dyn Error>> {
    let mut shown = Shown::new();
    let began = Instant::now();
    let report = export.to_folder(folder, |event| shown.show(event)).await;
    shown.end();
    // What is there is told in either case.
    let (report, findings) = match report {
        Err(ExportFolderError::Findings { report }) => {
            let report = *report;
            let error = ExportFolderError::Findings {
                report: Box::new(report.clone()),
            };
            (report, Some(error))
        }
        report => (report?, None),
    };
    let mut out = io::stdout();
    for file in &report.files {
        writeln!(out, "{:>12} lines {:>14} bytes  {}", file.lines, file.bytes, file.name)?;
    }
    for finding in report.files.iter().filter_map(FileReport::finding) {
        writeln!(out, "not as it should be: {finding}")?;
    }
    if let Some(findings) = findings {
        return Err(findings.into());
    }
    writeln!(
        out,
        "{} lines in {:.1} s: {}",
        report.lines(),
        began.elapsed().as_secs_f64(),
        folder.display()
    )?;
    if let Some(memory) = most_memory() {
        writeln!(out, "most memory that this process had: {memory}")?;
    }
    writeln!(out, "next time, since {}", report.transaction_time)?;
    Ok(ExitCode::SUCCESS)
}

/// A bar on a terminal, else a line for each file.
struct Shown {
    is_terminal: bool,
    width: usize,
}

impl Shown {
    fn new() -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            width: 0,
        }
    }

    fn show(&mut self, event: ExportEvent<'_>) {
        match event {
            ExportEvent::Begun => self.say("the server has begun the export"),
            ExportEvent::Resumed => self.say("going on with the export in the folder"),
            ExportEvent::InProgress(progress) => match progress.percent {
                Some(percent) => self.bar("the server prepares it", u64::from(percent), Some(100)),
                None => self.bar("the server prepares it", 0, None),
            },
            ExportEvent::Manifest(manifest) => self.say(&format!("{} files", manifest.files().len())),
            ExportEvent::Received { name, lines, of, .. } => self.bar(name, lines, of),
            ExportEvent::File(file) => self.say(&format!("{}: {} lines", file.name, file.lines)),
            _ => {}
        }
    }

    fn bar(&mut self, what: &str, at: u64, of: Option<u64>) {
        if !self.is_terminal {
            return;
        }
        let line = match of.filter(|of| *of > 0) {
            Some(of) => {
                let full = usize::try_from((at.min(of) * 30) / of).unwrap_or_default();
                format!("[{}{}] {what} {at}/{of}", "#".repeat(full), " ".repeat(30 - full))
            }
            None => format!("{what} {at}"),
        };
        let blank = " ".repeat(self.width.saturating_sub(line.len()));
        self.width = line.len();
        let _ = write!(io::stderr(), "\r{line}{blank}");
    }

    fn say(&mut self, what: &str) {
        self.end();
        let _ = writeln!(io::stderr(), "{what}");
    }

    fn end(&mut self) {
        if self.width > 0 {
            let _ = write!(io::stderr(), "\r{}\r", " ".repeat(self.width));
            self.width = 0;
        }
    }
}

/// An EHR of this program's own that has a bad day.
fn at_the_sandbox(arguments: &Arguments) -> Result<(SmartConfig, String, Option<SandboxServer>), Box<dyn Error>> {
    let all = arguments.lines.saturating_mul(arguments.line_bytes as u64);
    let most = (all / (arguments.cuts + 1)).max(1);
    let cuts = (0..arguments.cuts).map(|_| rand::rng().random_range(0..most));
    let export = SandboxExport::new()
        .looks(4)
        .retry_after("1")
        .lines("Observation", arguments.lines)
        .line_bytes(arguments.line_bytes)
        .lines_per_file(1_000_000)
        .files_at(ExportFilesAt::Redirected)
        .cut_after(cuts);
    let sandbox = SandboxServer::builder().export(export).start()?;
    let busy = Fault::TooManyRequests {
        retry_after: Some("1".to_owned()),
    };
    sandbox.inject(FaultPoint::ExportStatus, When::Before, busy, Times::Once);
    let base = sandbox.fhir_base_url();
    let key = PrivateKey::pem(include_str!("insecure-key.pem"));
    let config = SmartConfig::builder()
        .ehr(
            Ehr::builder(base.as_str())
                .client_id("nightly-export")
                .client_auth(PrivateKeyJwt::new("key-1", key))
                .backend_scopes("system/Patient.rs system/Observation.rs"),
        )
        .build()?;
    let keys = config.jwks().ok_or("the registration has no key")?;
    sandbox.register(SandboxClient::backend(
        "nightly-export",
        Jwks::Value(serde_json::from_str(&keys)?),
    ));
    Ok((config, base, Some(sandbox)))
}

fn fresh_folder() -> PathBuf {
    let folder = env::temp_dir().join("bulk-export");
    // What this example has put there. Of a sandbox that is gone nothing can be gone on with.
    if folder.join("export.journal").exists() {
        let _ = fs::remove_dir_all(&folder);
    }
    folder
}

/// As Linux says it.
fn most_memory() -> Option<String> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().to_owned())
}

/// `None`: help is wanted.
fn arguments(mut given: impl Iterator<Item = String>) -> Result<Option<Arguments>, Box<dyn Error>> {
    let mut arguments = Arguments {
        level: ExportLevel::Patient,
        types: Vec::new(),
        compression: Compression::Accepted,
        lines: 20_000,
        line_bytes: 500,
        cuts: 3,
        folder: None,
    };
    let mut seen = HashSet::new();
    while let Some(argument) = given.next() {
        if argument.starts_with('-') && !seen.insert(argument.clone()) {
            return Err(format!("{argument} is given twice").into());
        }
        let mut value = || {
            let value = given.next().filter(|value| !value.starts_with('-'));
            value.ok_or(format!("{argument} needs a value; see --help"))
        };
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--system" => arguments.level = ExportLevel::System,
            "--group" => arguments.level = ExportLevel::Group(value()?),
            "--types" => arguments.types = value()?.split(',').map(str::to_owned).collect(),
            "--plain" => arguments.compression = Compression::Refused,
            "--lines" => arguments.lines = number(&argument, &value()?)?,
            "--line-bytes" => arguments.line_bytes = number(&argument, &value()?)?,
            "--cuts" => arguments.cuts = number(&argument, &value()?)?,
            other if other.starts_with('-') => return Err(format!("{other} is not known; see --help").into()),
            folder => {
                if arguments.folder.replace(folder.into()).is_some() {
                    return Err("there is more than one folder; see --help".into());
                }
            }
        }
    }
    if seen.contains("--system") && seen.contains("--group") {
        return Err("--system and --group exclude each other".into());
    }
    Ok(Some(arguments))
}

fn number<N: FromStr>(option: &str, value: &str) -> Result<N, String> {
    value
        .parse()
        .map_err(|_| format!("{option} needs a whole number, and {value:?} is none; see --help"))
}
