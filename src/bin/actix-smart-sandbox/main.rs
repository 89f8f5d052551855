//! A sandbox EHR as a program of its own, for tests in any language: `actix-smart-sandbox`.
//!
//! It reads a file (`--file`) and flags, starts the EHRs and the control interface, and says on its standard output when they are there:
//!
//! ```text
//! ready {"ehrs":[{"name":"ehr","fhir-base-url":"http://127.0.0.1:9090/fhir","ehr-url":"http://127.0.0.1:9090/","listens-at":"127.0.0.1:9090"}],"control":null}
//! ```
//!
//! It ends at Ctrl-C and SIGTERM. Exit statuses: 0 ended as asked, 1 it could not start (a port is taken), 2 a mistake in the file or the flags.

mod arguments;
mod certificate;
// The library reads data with these, and does not hand them out.
#[expect(dead_code, reason = "what is not read is told where the data are read")]
#[path = "../../sandbox/data/folder.rs"]
mod data_folder;
mod description;
mod files;
mod init;
mod log;
mod mistakes;
#[path = "../../sandbox/regular_file.rs"]
mod regular_file;
mod running;
mod whole_file;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use actix_web::rt::{System, signal};
use clap::Parser;

use self::{arguments::Arguments, running::Running};

/// Why it does not run.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{}", .0.join("\n"))]
    Mistakes(Vec<String>),
    #[error("{0}")]
    Start(#[from] io::Error),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            for line in failure.to_string().lines() {
                // Nobody is left to tell where that fails.
                let _ = writeln!(io::stderr(), "actix-smart-sandbox: {line}");
            }
            match failure {
                Failure::Mistakes(_) => ExitCode::from(2),
                Failure::Start(_) => ExitCode::FAILURE,
            }
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(path) = &arguments.init {
        return init::write(path);
    }
    let (described, mut mistakes) = description::read(arguments);
    let prepared = described.map(running::prepare).transpose();
    let prepared = prepared.or_else(|failure| match failure {
        Failure::Mistakes(more) => {
            mistakes.extend(more);
            Ok(None)
        }
        failure @ Failure::Start(_) => Err(failure),
    })?;
    let Some(prepared) = prepared.filter(|_| mistakes.is_empty()) else {
        return Err(Failure::Mistakes(mistakes));
    };
    if arguments.check {
        return Ok(());
    }
    System::new().block_on(async {
        // Before anybody is told that it runs, so that it ends in order whenever it is asked to.
        let ended = ended()?;
        let running = Running::start(prepared)?;
        running.announce()?;
        ended.await;
        Ok(())
    })
}

/// Ends when somebody presses Ctrl-C or a supervisor asks for it.
#[cfg(unix)]
fn ended() -> io::Result<impl Future<Output = ()>> {
    use signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        std::future::poll_fn(
            |cx| match terminate.poll_recv(cx).is_ready() || interrupt.poll_recv(cx).is_ready() {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            },
        )
        .await;
    })
}

#[cfg(not(unix))]
fn ended() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = signal::ctrl_c().await {
            let _ = writeln!(io::stderr(), "actix-smart-sandbox: Ctrl-C cannot be noticed: {error}");
        }
    })
}
