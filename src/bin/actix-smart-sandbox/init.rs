//! The file to begin with: [`write()`].

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use super::Failure;

const TEXT: &str = include_str!("init.toml");

/// # Errors
/// When there is a file already: nobody's settings are written over.
pub(crate) fn write(path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::Mistakes(vec![format!(
                "{shown} is there already; give another name, or move it away"
            )]),
            _ => Failure::Start(io::Error::new(error.kind(), format!("{shown}: {error}"))),
        })?;
    file.write_all(TEXT.as_bytes())?;
    writeln!(
        io::stdout(),
        "{shown} is written. Start the sandbox with: actix-smart-sandbox --file {shown}"
    )?;
    Ok(())
}
