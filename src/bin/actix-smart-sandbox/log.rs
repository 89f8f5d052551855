//! A line about each request: [`Log`], and the thread that writes it: [`Writer`].

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
    time::Duration,
};

use actix_smart_auth::sandbox::RequestLine;
use serde::{Deserialize, Serialize};

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    Json,
    Text,
}

/// Where the lines of all EHRs go. A thread of its own writes them: a pipe that nobody reads holds up no EHR.
#[derive(Clone)]
pub(crate) struct Log {
    format: Format,
    lines: SyncSender<Message>,
    /// How many found no place, since the last that did.
    lost: Arc<AtomicU64>,
}

/// The thread that writes. What waits is written when this is dropped, as far as somebody reads it.
pub(crate) struct Writer {
    lines: SyncSender<Message>,
    ended: Receiver<()>,
}

enum Message {
    Line(String),
    End,
}

/// So many lines wait to be written.
const WAITING: usize = 10_000;

/// So long the end of the program waits for who does not read.
const LAST_LINES: Duration = Duration::from_secs(1);

/// A line with the name of its EHR.
#[derive(Serialize)]
struct Named<'a> {
    ehr: &'a str,
    #[serde(flatten)]
    line: &'a RequestLine,
}

impl Log {
    /// To this file, behind what is in it, or to the standard output.
    pub(crate) fn open(format: Format, file: Option<&Path>) -> io::Result<(Self, Writer)> {
        let to: Box<dyn Write + Send> = match file {
            Some(path) => {
                let file = OpenOptions::new().create(true).append(true).open(path);
                Box::new(file.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?)
            }
            None => Box::new(io::stdout()),
        };
        Self::to(format, to, WAITING)
    }

    fn to(format: Format, to: Box<dyn Write + Send>, waiting: usize) -> io::Result<(Self, Writer)> {
        let (lines, waiting) = mpsc::sync_channel(waiting);
        let (end, ended) = mpsc::channel();
        let lost = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&lost);
        thread::Builder::new().name("request-log".to_owned()).spawn(move || {
            write_all(format, to, &waiting, &counted);
            // Whoever has not waited for it has gone.
            let _ = end.send(());
        })?;
        let log = Self {
            format,
            lines: lines.clone(),
            lost,
        };
        Ok((log, Writer { lines, ended }))
    }

    pub(crate) fn write(&self, ehr: &str, line: &RequestLine) {
        let written = match self.format {
            Format::Json => serde_json::to_string(&Named { ehr, line }).unwrap_or_default(),
            Format::Text => text(ehr, line),
        };
        self.put(written);
    }

    fn put(&self, line: String) {
        if self.lines.try_send(Message::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn write_all(format: Format, mut to: Box<dyn Write + Send>, lines: &Receiver<Message>, lost: &AtomicU64) {
    while let Ok(Message::Line(line)) = lines.recv() {
        let missing = match (lost.swap(0, Ordering::Relaxed), format) {
            (0, _) => String::new(),
            (lost, Format::Json) => format!("{{\"lost-lines\":{lost}}}\n"),
            (lost, Format::Text) => format!("{lost} lines were lost here, as nobody read the log\n"),
        };
        // A log that nobody reads any more is no reason to stop.
        let _ = writeln!(to, "{missing}{line}").and_then(|()| to.flush());
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Where no line has a place nobody reads.
        if self.lines.try_send(Message::End).is_ok() {
            let _ = self.ended.recv_timeout(LAST_LINES);
        }
    }
}

fn text(ehr: &str, line: &RequestLine) -> String {
    let status = line.status.map_or("cut".to_owned(), |status| status.to_string());
    let mut text = format!("{} {ehr} {} {} {status}", line.at, line.method, line.path);
    for (name, value) in [
        ("grant", &line.grant_type),
        ("client", &line.client_id),
        ("error", &line.error),
        ("because", &line.error_description),
    ] {
        if let Some(value) = value {
            text.push_str(&format!(" {name}={value:?}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Writes when it may, and tells when it wants to.
    struct Held {
        wants: mpsc::Sender<()>,
        may: Receiver<()>,
        written: Arc<Mutex<String>>,
    }

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.wants.send(());
            let _ = self.may.recv();
            self.written
                .lock()
                .unwrap()
                .push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_that_nobody_reads_loses_lines_counts_them_and_holds_nobody_up() {
        let (wants, wanted) = mpsc::channel();
        let (let_it, may) = mpsc::channel();
        let written = Arc::new(Mutex::new(String::new()));
        let held = Held {
            wants,
            may,
            written: Arc::clone(&written),
        };
        let (log, writer) = Log::to(Format::Json, Box::new(held), 2).unwrap();
        log.put("1".to_owned());
        wanted.recv().unwrap();
        // The first is under way, two wait, and for three there is no place.
        for line in 2..=6 {
            log.put(line.to_string());
        }
        assert_eq!(log.lost.load(Ordering::Relaxed), 3);
        drop(let_it);
        // Until the queue has a place for what ends it.
        while written.lock().unwrap().lines().count() < 3 {
            wanted.recv().unwrap();
        }
        drop(writer);
        assert_eq!(*written.lock().unwrap(), "1\n{\"lost-lines\":3}\n2\n3\n");
    }
}
