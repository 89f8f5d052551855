//! Commands as somebody would type them.

use std::process::Command;

use super::redis_server::server_program;

/// What the server at this port answers.
pub(crate) fn cli(port: u16, words: &[&str]) -> String {
    cli_as("", port, words)
}

/// The same with a password.
pub(crate) fn cli_as(password: &str, port: u16, words: &[&str]) -> String {
    // `redis-cli` beside `redis-server`, `valkey-cli` beside `valkey-server`.
    let program = server_program();
    let mut command = Command::new(format!("{}cli", program.trim_end_matches("server")));
    if !password.is_empty() {
        command.env("REDISCLI_AUTH", password);
    }
    let said = command.args(["-p", &port.to_string()]).args(words).output().unwrap();
    String::from_utf8_lossy(&said.stdout).into_owned()
}
