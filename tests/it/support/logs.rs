//! Everything that is logged, by everybody, at every level.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock},
};

use tracing_subscriber::fmt::MakeWriter;

/// The log of the whole process from the moment at which it was asked for. Tests run side by side: look for what is
/// yours alone.
#[derive(Clone, Default)]
pub struct Logs {
    bytes: Arc<Mutex<Vec<u8>>>,
    from: usize,
}

/// Of every request, these say a hundred times in which state a socket and a timer are, and nothing else. Searching all
/// that takes longer than the tests.
const EVERYTHING: &str = "trace,actix_http::h1::dispatcher=debug,mio=debug";

impl Logs {
    /// Starts collecting, at TRACE (see [`EVERYTHING`]), records of the `log` crate included.
    pub fn collect() -> Self {
        static LOGS: OnceLock<Logs> = OnceLock::new();
        let logs = LOGS.get_or_init(|| {
            let logs = Self::default();
            tracing_subscriber::fmt()
                .with_env_filter(EVERYTHING)
                .with_ansi(false)
                .with_writer(logs.clone())
                .init();
            logs
        });
        Self {
            from: logs.bytes.lock().unwrap().len(),
            ..logs.clone()
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()[self.from..]).into_owned()
    }
}

impl<'a> MakeWriter<'a> for Logs {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl io::Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
