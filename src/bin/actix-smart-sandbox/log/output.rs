//! Where the lines end: [`Output`].

use std::io::{self, Write};

use super::{Entry, Format, Queue};

/// Writes what waits. People are told once when that cannot be done, and when it can be done again.
pub(super) struct Output<W, P> {
    format: Format,
    to: W,
    people: P,
    is_broken: bool,
    /// So many lines did not get through since the last one that did.
    lost: u64,
    /// Whether what got through last is a part of a line.
    is_torn: bool,
}

impl<W: Write, P: Write> Output<W, P> {
    pub(super) const fn new(format: Format, to: W, people: P) -> Self {
        Self {
            format,
            to,
            people,
            is_broken: false,
            lost: 0,
            is_torn: false,
        }
    }

    /// To the end: a log that cannot be written is no reason to stop.
    pub(super) fn take_all(mut self, queue: &Queue) {
        while let Some(entry) = queue.next() {
            self.take(&entry);
        }
    }

    fn take(&mut self, entry: &Entry) {
        let written = self.count_lost().and_then(|()| match entry {
            Entry::Line(line) => self.put(line),
            Entry::Lost(lost) => self.put(&self.lost_line(*lost, "as nobody read the log")),
        });
        match written {
            Ok(()) if self.is_broken => {
                self.is_broken = false;
                self.tell("the log is written again; it says how many lines were lost");
            }
            Ok(()) => {}
            Err(error) => {
                self.lost += match entry {
                    Entry::Line(_) => 1,
                    Entry::Lost(lost) => *lost,
                };
                if !self.is_broken {
                    self.is_broken = true;
                    self.tell(&format!(
                        "the log cannot be written ({error}): its lines are lost until it can"
                    ));
                }
            }
        }
    }

    fn count_lost(&mut self) -> io::Result<()> {
        if self.lost > 0 {
            self.put(&self.lost_line(self.lost, "as the log could not be written"))?;
            self.lost = 0;
        }
        Ok(())
    }

    fn lost_line(&self, lost: u64, why: &str) -> String {
        match self.format {
            Format::Json => format!("{{\"lost-lines\":{lost}}}"),
            Format::Text => format!("{lost} lines were lost here, {why}"),
        }
    }

    /// A line of its own, also behind one of which a part got through.
    fn put(&mut self, line: &str) -> io::Result<()> {
        let start = if self.is_torn { "\n" } else { "" };
        let text = format!("{start}{line}\n");
        let mut left = text.as_bytes();
        while !left.is_empty() {
            let through = match self.to.write(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(through) => through,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let (last, rest) = left.split_at(through.min(left.len()));
            self.is_torn = !last.ends_with(b"\n");
            left = rest;
        }
        self.to.flush()
    }

    fn tell(&mut self, text: &str) {
        // Whoever started it may have closed that: it runs all the same.
        let _ = writeln!(self.people, "actix-smart-sandbox: {text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes, and has no room for more until there is.
    #[derive(Default)]
    struct Disk {
        written: Vec<u8>,
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let through = bytes.len().min(self.room);
            if through == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.room -= through;
            self.written.extend_from_slice(&bytes[..through]);
            Ok(through)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn output(format: Format) -> Output<Disk, Vec<u8>> {
        Output::new(format, Disk::default(), Vec::new())
    }

    fn said(output: &Output<Disk, Vec<u8>>) -> (String, Vec<String>) {
        let told = String::from_utf8(output.people.clone()).unwrap();
        let written = String::from_utf8(output.to.written.clone()).unwrap();
        (written, told.lines().map(str::to_owned).collect())
    }

    fn line(text: &str) -> Entry {
        Entry::Line(text.to_owned())
    }

    #[test]
    fn a_log_that_cannot_be_written_is_told_once_and_again_when_it_can_be() {
        let mut output = output(Format::Json);
        for number in 1..=3 {
            output.take(&line(&number.to_string()));
        }
        output.take(&Entry::Lost(4));
        let (written, told) = said(&output);
        assert_eq!(written, "");
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].starts_with("actix-smart-sandbox: the log cannot be written ("),
            "{told:?}"
        );
        assert!(told[0].ends_with("): its lines are lost until it can"), "{told:?}");
        output.to.room = 100;
        for number in 5..=6 {
            output.take(&line(&number.to_string()));
        }
        let (written, told) = said(&output);
        assert_eq!(written, "{\"lost-lines\":7}\n5\n6\n");
        assert_eq!(
            told[1..],
            ["actix-smart-sandbox: the log is written again; it says how many lines were lost"]
        );
        output.to.room = 0;
        output.take(&line("7"));
        assert_eq!(said(&output).1.len(), 3, "it is told anew");
    }

    #[test]
    fn a_line_of_which_a_part_got_through_is_counted_as_lost_and_the_next_one_has_its_own() {
        let mut output = output(Format::Text);
        output.to.room = 3;
        output.take(&line("12345"));
        // Room for the count and for a part of what comes behind it.
        output.to.room = "\n1 lines were lost here, as the log could not be written\n".len() + 2;
        output.take(&line("67890"));
        output.to.room = 100;
        output.take(&line("end"));
        let (written, told) = said(&output);
        let count = "1 lines were lost here, as the log could not be written";
        assert_eq!(written, format!("123\n{count}\n67\n{count}\nend\n"));
        assert_eq!(told.len(), 2, "{told:?}");
    }
}
