//! The EHR, in a process of its own: what it costs is nobody's here.

use std::{
    env,
    io::{self, BufRead as _, BufReader, Read as _},
    process::{Child, ChildStdout, Command, Stdio},
};

use actix_smart_auth::sandbox::{SandboxClient, SandboxServer};

/// The argument with which this program is the EHR.
pub(crate) const ARGUMENT: &str = "--ehr";
/// A client id of the EHR.
pub(crate) const CLIENT_ID: &str = "ratios";
/// Where the EHR sends people back to. Nobody listens there: requests are given to the application in the process.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:1/auth/callback";

/// The EHR. It ends with this value.
pub(crate) struct EhrProcess {
    child: Child,
    /// Kept open: the EHR ends when nobody reads it any more.
    _says: BufReader<ChildStdout>,
    pub(crate) fhir_base_url: String,
}

impl EhrProcess {
    pub(crate) fn start() -> Self {
        Self::start_for(&[])
    }

    /// One that sends people back to these addresses, too.
    pub(crate) fn start_for(redirect_uris: &[&str]) -> Self {
        let program = env::current_exe().expect("the path of this program");
        let mut child = Command::new(program)
            .arg(ARGUMENT)
            .args(redirect_uris)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts once more");
        let mut says = BufReader::new(child.stdout.take().expect("its output is piped"));
        let mut fhir_base_url = String::new();
        says.read_line(&mut fhir_base_url).expect("the EHR says where it is");
        Self {
            child,
            _says: says,
            fhir_base_url: fhir_base_url.trim().to_owned(),
        }
    }

    pub(crate) fn token_endpoint(&self) -> String {
        let origin = self.fhir_base_url.trim_end_matches("/fhir");
        format!("{origin}/token")
    }
}

impl Drop for EhrProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Is the EHR until nobody holds its input any more.
pub(crate) fn run() -> io::Result<()> {
    let sandbox = SandboxServer::start()?;
    let client = SandboxClient::public(CLIENT_ID, REDIRECT_URI);
    // Behind the path of this program and `ARGUMENT`.
    let others = env::args().skip(2);
    sandbox.register(others.fold(client, |client, redirect_uri| client.redirect_uri(redirect_uri)));
    println!("{}", sandbox.fhir_base_url());
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}
