//! Everything that is logged, by everybody, at every level.

use std::{
    io,
    sync::{
        Mutex, Once,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use tracing_subscriber::{
    EnvFilter,
    filter::{FilterExt as _, dynamic_filter_fn},
    fmt,
    layer::{Layer as _, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

/// The log of the whole process from the moment at which it was asked for. Tests run side by side: look for what is
/// yours alone.
pub struct Logs {
    from: usize,
}

/// Of every request, these say a hundred times in which state a socket and a timer are, and nothing else. Searching all
/// that takes longer than the tests.
const EVERYTHING: &str = "trace,actix_http::h1::dispatcher=debug,mio=debug";

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// How many look at the log. While nobody does, writing it would be in the way of all others.
static READERS: AtomicUsize = AtomicUsize::new(0);

impl Logs {
    /// Starts collecting, at TRACE (see [`EVERYTHING`]), records of the `log` crate included.
    pub fn collect() -> Self {
        static SET_UP: Once = Once::new();
        SET_UP.call_once(|| {
            let wanted = dynamic_filter_fn(|_, _| READERS.load(SeqCst) > 0);
            let lines = fmt::layer()
                .with_ansi(false)
                .with_writer(|| Writer)
                .with_filter(EnvFilter::new(EVERYTHING).and(wanted));
            tracing_subscriber::registry().with(lines).init();
        });
        READERS.fetch_add(1, SeqCst);
        Self {
            from: LINES.lock().unwrap().len(),
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&LINES.lock().unwrap()[self.from..]).into_owned()
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        READERS.fetch_sub(1, SeqCst);
    }
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
