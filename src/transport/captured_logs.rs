//! For tests: what was logged on this thread, by us and by dependencies, through `tracing` and through `log`.

use std::{
    io,
    sync::{Arc, LazyLock, Mutex},
};

use tracing::{Dispatch, subscriber::NoSubscriber};
use tracing_subscriber::util::SubscriberInitExt;

/// Where there is one subscriber alone, `tracing` asks that of the thread which comes first by a line whether anybody wants the
/// line, and remembers that for all threads: another test without a subscriber would switch it off. With a second one all
/// are asked.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs `body` and returns the lines that were logged meanwhile on this thread, at `level` and above.
pub(crate) fn capture_logs(level: tracing::Level, body: impl FnOnce()) -> String {
    LazyLock::force(&SECOND);
    let buffer = Buffer::default();
    let writer = buffer.clone();
    // Without a time, whose digits would be found as well.
    let guard = tracing_subscriber::fmt()
        .without_time()
        .with_max_level(level)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .set_default();
    body();
    drop(guard);
    let bytes = buffer.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}
