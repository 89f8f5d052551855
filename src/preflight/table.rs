//! The report for people: [`Preflight::table`].

use std::fmt;

use super::{
    finding::{Finding, Status},
    report::{Preflight, Registration},
};

/// How wide a line may be. An address that is longer is not broken, so that it can be copied.
const WIDTH: usize = 80;
/// Where what was found begins: after the status, the check and two blanks behind each.
const TEXT_AT: usize = 32;
/// Where the values of a registration begin.
const VALUES_AT: usize = 17;

/// Whether a table has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Colours {
    /// None: for a file, or a program. The default.
    #[default]
    None,
    /// Those of a terminal (ANSI).
    Ansi,
}

impl Preflight {
    /// The report as a table for a terminal of 80 columns: first what to register at each EHR, then what was found.
    #[must_use]
    pub const fn table(&self, colours: Colours) -> impl fmt::Display {
        Table { report: self, colours }
    }
}

/// As [`Preflight::table`], without colours.
impl fmt::Display for Preflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.table(Colours::None), f)
    }
}

struct Table<'a> {
    report: &'a Preflight,
    colours: Colours,
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.report;
        for registration in &report.registrations {
            write_registration(f, registration)?;
        }
        let mut about = None;
        for finding in &report.findings {
            if about != Some(&finding.ehr) {
                if about.is_some() {
                    writeln!(f)?;
                }
                writeln!(f, "{}", finding.ehr.as_deref().unwrap_or("The application"))?;
                about = Some(&finding.ehr);
            }
            self.write_finding(f, finding)?;
        }
        let count = |status| {
            report
                .findings
                .iter()
                .filter(|finding| finding.status == status)
                .count()
        };
        let (failures, warnings) = (count(Status::Failure), count(Status::Warning));
        let verdict = match (failures, report.is_launched()) {
            (1.., None | Some(true)) => "No launch can work yet",
            (0, None) => "No EHR was looked at, so nothing can be said of launches",
            (0, Some(true)) => "A launch can work",
            (1.., Some(false)) => "The application cannot work yet",
            (0, Some(false)) => "The application can work",
        };
        write!(
            f,
            "\n{verdict}: {}, {}",
            counted(failures, "failure"),
            counted(warnings, "warning")
        )?;
        match count(Status::NotChecked) {
            0 => f.write_str("."),
            not_checked => write!(f, ", {not_checked} not checked."),
        }
    }
}

impl Table<'_> {
    fn write_finding(&self, f: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
        let (begin, end) = match (self.colours, finding.status) {
            (Colours::None, _) => ("", ""),
            (Colours::Ansi, Status::Ok) => ("\u{1b}[32m", "\u{1b}[0m"),
            (Colours::Ansi, Status::Warning) => ("\u{1b}[33m", "\u{1b}[0m"),
            (Colours::Ansi, Status::Failure) => ("\u{1b}[1;31m", "\u{1b}[0m"),
            (Colours::Ansi, Status::NotChecked) => ("\u{1b}[2m", "\u{1b}[0m"),
        };
        write!(f, "{begin}{:<11}{end}  {:<17}  ", finding.status, finding.check)?;
        write_wrapped(f, &finding.found, TEXT_AT, "")?;
        if let Some(cure) = &finding.cure {
            write!(f, "{:TEXT_AT$}", "")?;
            write_wrapped(f, cure, TEXT_AT, "-> ")?;
        }
        Ok(())
    }
}

fn write_registration(f: &mut fmt::Formatter<'_>, registration: &Registration) -> fmt::Result {
    writeln!(f, "To register at the EHR {}", registration.ehr)?;
    let rows = [
        ("client id", Some(&registration.client_id)),
        ("launch URL", registration.launch_url.as_ref()),
        ("redirect URI", registration.redirect_uri.as_ref()),
        ("JWKS URL", registration.jwks_url.as_ref()),
        ("after sign-out", registration.post_logout_redirect_uri.as_ref()),
        ("scopes", Some(&registration.scopes).filter(|scopes| !scopes.is_empty())),
        ("backend scopes", registration.backend_scopes.as_ref()),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            write!(f, " {name:<14}  ")?;
            write_wrapped(f, value, VALUES_AT, "")?;
        }
    }
    writeln!(f)
}

/// Writes words, beginning at this column, and a line end. `first` stands before the first word; the lines after it are as far in.
fn write_wrapped(f: &mut fmt::Formatter<'_>, text: &str, from: usize, first: &str) -> fmt::Result {
    let from = from.saturating_add(first.len());
    f.write_str(first)?;
    let mut column = from;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > from {
            if column.saturating_add(1).saturating_add(length) > WIDTH {
                write!(f, "\n{:from$}", "")?;
                column = from;
            } else {
                f.write_str(" ")?;
                column = column.saturating_add(1);
            }
        }
        f.write_str(word)?;
        column = column.saturating_add(length);
    }
    writeln!(f)
}

fn counted(number: usize, name: &str) -> String {
    match number {
        0 => format!("no {name}"),
        1 => format!("1 {name}"),
        _ => format!("{number} {name}s"),
    }
}
