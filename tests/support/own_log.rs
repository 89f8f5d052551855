//! What the test's own thread logs, and nobody else: [`OwnLog`].

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt;

/// Everything from `WARN` on, until it is dropped.
pub(crate) struct OwnLog {
    lines: Arc<Mutex<Vec<u8>>>,
    _guard: DefaultGuard,
}

impl OwnLog {
    pub(crate) fn collect() -> Self {
        let lines = Arc::<Mutex<Vec<u8>>>::default();
        let into = Arc::clone(&lines);
        let subscriber = fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::WARN)
            .with_writer(move || Writer(Arc::clone(&into)))
            .finish();
        Self {
            lines,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.lines.lock().unwrap()).into_owned()
    }
}

struct Writer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
