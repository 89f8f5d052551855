//! A line about each request: [`Log`], and the thread that writes it: [`Writer`].

mod file;
mod output;

use std::{
    collections::VecDeque,
    io::{self, Write},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use actix_smart_auth::sandbox::RequestLine;
use serde::{Deserialize, Serialize};

pub(crate) use self::file::can_be_written;
use self::{file::opened, output::Output};

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
    /// So many bytes wait to be written.
    most: usize,
    queue: Arc<Queue>,
}

/// The thread that writes. It begins when it is told to. What waits is written when this is dropped, as far as somebody reads it.
pub(crate) struct Writer {
    queue: Arc<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    /// Those of the lines.
    bytes: usize,
    /// How many entries have been taken.
    taken: u64,
    begun: bool,
    ending: bool,
    /// Whether the thread has gone.
    ended: bool,
}

enum Entry {
    Line(String),
    /// So many lines are not here.
    Lost(u64),
}

/// So many bytes of lines wait to be written: some 100,000 lines.
const WAITING: usize = 32 << 20;

/// So long the end of the program waits for who has stopped reading.
const STANDSTILL: Duration = Duration::from_secs(1);

/// So long it waits for who reads slowly.
const LAST_LINES: Duration = Duration::from_secs(10);

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next entry, when it may be written. `None`: there are no more.
    fn next(&self) -> Option<Entry> {
        let is_idle = |waiting: &mut Waiting| !waiting.ending && (!waiting.begun || waiting.entries.is_empty());
        let mut waiting = self
            .changed
            .wait_while(self.waiting(), is_idle)
            .unwrap_or_else(PoisonError::into_inner);
        let entry = waiting.entries.pop_front();
        match &entry {
            Some(Entry::Line(line)) => waiting.bytes -= line.len(),
            Some(Entry::Lost(_)) => {}
            None => waiting.ended = true,
        }
        waiting.taken += 1;
        drop(waiting);
        self.changed.notify_all();
        entry
    }
}

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
            Some(path) => Box::new(opened(path)?),
            None => Box::new(io::stdout()),
        };
        Self::to(format, to, WAITING)
    }

    fn to(format: Format, to: Box<dyn Write + Send>, most: usize) -> io::Result<(Self, Writer)> {
        let queue = Arc::new(Queue::default());
        let taken = Arc::clone(&queue);
        thread::Builder::new()
            .name("request-log".to_owned())
            .spawn(move || Output::new(format, to, io::stderr()).take_all(&taken))?;
        let log = Self {
            format,
            most,
            queue: Arc::clone(&queue),
        };
        Ok((log, Writer { queue }))
    }

    pub(crate) fn write(&self, ehr: &str, line: &RequestLine) {
        let written = match self.format {
            Format::Json => serde_json::to_string(&Named { ehr, line }).unwrap_or_default(),
            Format::Text => text(ehr, line),
        };
        self.put(written);
    }

    fn put(&self, line: String) {
        let mut waiting = self.queue.waiting();
        match waiting.bytes + line.len() <= self.most {
            true => {
                waiting.bytes += line.len();
                waiting.entries.push_back(Entry::Line(line));
            }
            false => match waiting.entries.back_mut() {
                Some(Entry::Lost(lost)) => *lost += 1,
                _ => waiting.entries.push_back(Entry::Lost(1)),
            },
        }
        drop(waiting);
        self.queue.changed.notify_all();
    }
}

impl Writer {
    /// Has the lines written: those that came before, and those that come.
    pub(crate) fn begin(&self) {
        self.queue.waiting().begun = true;
        self.queue.changed.notify_all();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let until = Instant::now() + LAST_LINES;
        let mut waiting = self.queue.waiting();
        waiting.ending = true;
        self.queue.changed.notify_all();
        while !waiting.ended && Instant::now() < until {
            let taken = waiting.taken;
            let stands_still = |waiting: &mut Waiting| !waiting.ended && waiting.taken == taken;
            let (now, waited) = self
                .queue
                .changed
                .wait_timeout_while(waiting, STANDSTILL, stands_still)
                .unwrap_or_else(PoisonError::into_inner);
            waiting = now;
            if waited.timed_out() {
                break;
            }
        }
    }
}

fn text(ehr: &str, line: &RequestLine) -> String {
    let status = line.status.map_or("cut".to_owned(), |status| status.to_string());
    // Both are decoded where something in them was redacted: a line break in them is none of the log.
    let (method, path) = (line.method.escape_debug(), line.path.escape_debug());
    let mut text = format!("{} {ehr} {method} {path} {status}", line.at);
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
    use std::sync::mpsc::{self, Receiver};

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

    struct Test {
        log: Log,
        writer: Writer,
        wanted: Receiver<()>,
        let_it: mpsc::Sender<()>,
        written: Arc<Mutex<String>>,
    }

    /// With room for so many bytes.
    fn held(most: usize) -> Test {
        let (wants, wanted) = mpsc::channel();
        let (let_it, may) = mpsc::channel();
        let written = Arc::new(Mutex::new(String::new()));
        let held = Held {
            wants,
            may,
            written: Arc::clone(&written),
        };
        let (log, writer) = Log::to(Format::Json, Box::new(held), most).unwrap();
        Test {
            log,
            writer,
            wanted,
            let_it,
            written,
        }
    }

    #[test]
    fn a_log_that_nobody_reads_loses_lines_and_counts_them_where_they_were() {
        let test = held(2);
        test.writer.begin();
        test.log.put("1".to_owned());
        test.wanted.recv().unwrap();
        // The first is under way, two wait, and for three there is no place.
        for line in 2..=6 {
            test.log.put(line.to_string());
        }
        drop(test.let_it);
        // All that could be written has been.
        while test.written.lock().unwrap().lines().count() < 4 {
            thread::yield_now();
        }
        test.log.put("7".to_owned());
        drop(test.writer);
        assert_eq!(*test.written.lock().unwrap(), "1\n2\n3\n{\"lost-lines\":3}\n7\n");
    }

    #[test]
    fn what_waits_at_the_end_is_written_also_where_there_is_no_room_for_more() {
        let test = held(2);
        test.writer.begin();
        for line in 1..=4 {
            test.log.put(line.to_string());
        }
        drop(test.let_it);
        drop(test.writer);
        let written = test.written.lock().unwrap();
        let lines: Vec<&str> = written.lines().collect();
        let kept = lines.iter().filter(|line| !line.contains("lost")).count();
        assert!(written.starts_with("1\n2\n"), "{written}");
        assert_eq!(kept + lost(&written), 4, "{written}");
    }

    fn lost(written: &str) -> usize {
        let counts = written
            .lines()
            .filter_map(|line| line.strip_prefix("{\"lost-lines\":")?.strip_suffix('}'));
        counts.map(|count| count.parse::<usize>().unwrap()).sum()
    }

    #[test]
    fn nothing_is_written_before_it_is_begun_and_then_everything() {
        let test = held(100);
        drop(test.let_it);
        for line in 1..=3 {
            test.log.put(line.to_string());
        }
        // Nobody has wanted to write.
        assert!(test.wanted.recv_timeout(Duration::from_millis(50)).is_err());
        assert_eq!(*test.written.lock().unwrap(), "");
        test.writer.begin();
        drop(test.writer);
        assert_eq!(*test.written.lock().unwrap(), "1\n2\n3\n");
    }

    #[test]
    fn the_end_does_not_wait_for_who_never_reads() {
        let test = held(100);
        test.writer.begin();
        test.log.put("1".to_owned());
        test.wanted.recv().unwrap();
        let began = Instant::now();
        drop(test.writer);
        assert!(began.elapsed() < LAST_LINES, "{:?}", began.elapsed());
        assert_eq!(*test.written.lock().unwrap(), "");
    }
}
