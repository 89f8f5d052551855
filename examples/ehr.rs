//! An EHR to develop against: the sandbox, for an application of your own at <http://127.0.0.1:8080>.
//!
//! `cargo run --example ehr`, then start your application with the variables that it prints. `--open` opens the EHR in your browser. `PORT`
//! is the EHR's port (8081), `APP` the address of the application, `REDIRECT_URI` what is registered instead of `APP/auth/callback`: one
//! redirect URI, or several with commas between them. With `SANDBOX=auto` it asks nothing: it signs in and allows by itself, so
//! that a program can open a chart. `PEOPLE` is a file or a folder with FHIR resources, instead of the made-up people. State is in memory; never
//! give it real people.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::{env, error::Error, process::ExitCode, thread, time::Duration};

use actix_smart_auth::sandbox::{Mode, SandboxClient, SandboxData, SandboxServer};

fn main() -> ExitCode {
    match run() {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<std::convert::Infallible, Box<dyn Error>> {
    let open_browser = match env::args().nth(1).as_deref() {
        None => false,
        Some("--open") => true,
        Some(other) => return Err(format!("`{other}` is no option: `--open` opens the EHR in your browser").into()),
    };
    let app = variable("APP").unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let app = app.trim_end_matches('/');
    let port = match variable("PORT") {
        None => 8081,
        Some(text) => text.parse().map_err(|_| format!("PORT={text} is not a port number"))?,
    };
    let mode = match variable("SANDBOX").as_deref() {
        None => Mode::Interactive,
        Some("auto") => Mode::Automatic,
        Some(other) => return Err(format!("SANDBOX={other} is unknown; use SANDBOX=auto, or unset it").into()),
    };
    let redirect_uris = match variable("REDIRECT_URI") {
        None => vec![format!("{app}/auth/callback")],
        Some(several) => several.split(',').map(|one| one.trim().to_owned()).collect(),
    };
    let launch_url = format!("{app}/auth/launch");
    let (first, others) = redirect_uris.split_first().ok_or("REDIRECT_URI names none")?;
    let client = SandboxClient::public("my-app", first.as_str());
    let client = others
        .iter()
        .fold(client, |client, uri| client.redirect_uri(uri.as_str()));
    let data = match variable("PEOPLE") {
        None => SandboxData::made_up(),
        Some(path) => SandboxData::empty().read(path)?,
    };
    let ehr = SandboxServer::builder()
        .port(port)
        .data(data)
        .mode(mode)
        .token_lifetime(Duration::from_secs(120))
        .client(client)
        .launch_url("my-app", launch_url.as_str())
        .start()
        .map_err(|error| format!("{error}\nSet PORT to a port that is free."))?;
    println!("This EHR launches the application at APP={app}: {launch_url}");
    println!("Start your application there with");
    println!("  export FHIR_BASE_URL={}", ehr.fhir_base_url());
    println!("  export SMART_CLIENT_ID=my-app");
    println!("  export SMART_REDIRECT_URI={first}");
    for other in others {
        println!("    (or {other})");
    }
    println!(
        "  export SMART_SCOPES=\"openid fhirUser launch/patient patient/Patient.rs patient/Observation.rs offline_access\""
    );
    println!("and open {} to launch it from a chart.", ehr.ehr_url());
    if open_browser && let Err(error) = open::that_detached(ehr.ehr_url()) {
        eprintln!("No browser can be opened ({error}); open the address yourself.");
    }
    loop {
        thread::park();
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}
