//! The line that says whose record is on the screen: [`PatientBanner`].

use std::{borrow::Cow, fmt};

use super::escape::escape;
use crate::protocol::patient::{
    date::{Age, FhirDate},
    facts::{Deceased, Gender, PatientFacts},
    identifier::PatientIdentifier,
    name::PersonName,
};

/// More numbers than these make a line that nobody reads.
const MOST_IDENTIFIERS: usize = 2;

/// Who the patient is, for the head of a page: name, date of birth with the age, gender, at most two numbers, and death.
///
/// `Display` is HTML without styles and scripts, all of it escaped. Its classes begin with `smart-patient-`: give them the look of your
/// application. Put it at the head of every page that shows a record, where it stays in sight. For a template of your own there is
/// what it is made of.
///
/// `Debug` shows nothing of the patient.
#[derive(Clone)]
pub struct PatientBanner {
    facts: PatientFacts,
    today: FhirDate,
    words: BannerWords,
}

/// The words of a [`PatientBanner`]. Default: English.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BannerWords {
    /// What the whole is, for those who hear it: "Patient".
    pub patient: Cow<'static, str>,
    /// In place of a name: "Name not known".
    pub no_name: Cow<'static, str>,
    /// Before the date of birth: "Born".
    pub born: Cow<'static, str>,
    /// In place of a date of birth: "Date of birth not known".
    pub no_birth_date: Cow<'static, str>,
    /// Before the gender: "Gender".
    pub gender: Cow<'static, str>,
    /// "male".
    pub male: Cow<'static, str>,
    /// "female".
    pub female: Cow<'static, str>,
    /// "other".
    pub other: Cow<'static, str>,
    /// "not known".
    pub unknown: Cow<'static, str>,
    /// Before a number of which the server does not say in words what it is: "Number".
    pub identifier: Cow<'static, str>,
    /// Before the date of death, or alone: "Died".
    pub died: Cow<'static, str>,
    /// An age of two years and more; `{}` is the number: "{} years".
    pub years: Cow<'static, str>,
    /// An age of two to 23 months: "{} months".
    pub months: Cow<'static, str>,
    /// An age of some days: "{} days".
    pub days: Cow<'static, str>,
    /// "1 day".
    pub one_day: Cow<'static, str>,
    /// On the day of birth: "born today".
    pub no_day: Cow<'static, str>,
    /// An age of which day or month is not known; `{}` is the age: "about {}".
    pub about: Cow<'static, str>,
}

impl Default for BannerWords {
    fn default() -> Self {
        Self {
            patient: "Patient".into(),
            no_name: "Name not known".into(),
            born: "Born".into(),
            no_birth_date: "Date of birth not known".into(),
            gender: "Gender".into(),
            male: "male".into(),
            female: "female".into(),
            other: "other".into(),
            unknown: "not known".into(),
            identifier: "Number".into(),
            died: "Died".into(),
            years: "{} years".into(),
            months: "{} months".into(),
            days: "{} days".into(),
            one_day: "1 day".into(),
            no_day: "born today".into(),
            about: "about {}".into(),
        }
    }
}

impl PatientBanner {
    /// The banner of this patient on that day, which decides the age.
    #[must_use]
    pub fn new(facts: PatientFacts, today: FhirDate) -> Self {
        Self {
            facts,
            today,
            words: BannerWords::default(),
        }
    }

    /// The same in other words.
    #[must_use]
    pub fn words(mut self, words: BannerWords) -> Self {
        self.words = words;
        self
    }

    /// What is known of the patient.
    #[must_use]
    pub const fn facts(&self) -> &PatientFacts {
        &self.facts
    }

    /// The name, or the words for one that is not known.
    #[must_use]
    pub fn name(&self) -> &str {
        self.facts
            .name_on(self.today)
            .map_or(&self.words.no_name, PersonName::text)
    }

    /// The age in words; that at death where the patient has died. `None` when it cannot be said, as where of a small child no more is
    /// known than the year of birth.
    #[must_use]
    pub fn age(&self) -> Option<String> {
        let on = match self.facts.deceased() {
            Deceased::NotSaid => self.today,
            Deceased::On(day) => day,
            Deceased::Yes => return None,
        };
        let with = |words: &str, number: u16| words.replacen("{}", &number.to_string(), 1);
        let words = &self.words;
        let (age, about) = match self.facts.birth_date()?.age_on(on)? {
            // It may be nothing at all, or twice that.
            Age::Years {
                years: 0 | 1,
                about: true,
            }
            | Age::Months {
                months: 0 | 1,
                about: true,
            } => return None,
            Age::Years { years, about } => (with(&words.years, years), about),
            Age::Months { months, about } => (with(&words.months, months), about),
            Age::Days { days: 0 } => (words.no_day.to_string(), false),
            Age::Days { days: 1 } => (words.one_day.to_string(), false),
            Age::Days { days } => (with(&words.days, days), false),
        };
        Some(if about {
            words.about.replacen("{}", &age, 1)
        } else {
            age
        })
    }

    /// The gender in words, where the record has one.
    #[must_use]
    pub fn gender(&self) -> Option<&str> {
        let words = &self.words;
        Some(match self.facts.gender()? {
            Gender::Male => &words.male,
            Gender::Female => &words.female,
            Gender::Other => &words.other,
            Gender::Unknown => &words.unknown,
        })
    }

    /// The numbers to show, at most two: those of which the server says by their type that they are of the patient's record (`MR`,
    /// `PI`), and that are not of the past. All others, also those without a type, may be for fewer people than a screen is
    /// (social security, insurance, accounts). They are in [`PatientFacts::identifiers`].
    #[must_use]
    pub fn identifiers(&self) -> Vec<&PatientIdentifier> {
        let all = self.facts.identifiers().iter();
        all.filter(|it| it.is_record_number() && !it.is_past_on(self.today))
            .take(MOST_IDENTIFIERS)
            .collect()
    }
}

impl fmt::Display for PatientBanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = &self.words;
        writeln!(
            f,
            "<section class=\"smart-patient-banner\" aria-label=\"{}\">",
            escape(&words.patient)
        )?;
        writeln!(
            f,
            "<p class=\"smart-patient-name\"><bdi>{}</bdi></p>",
            escape(self.name())
        )?;
        writeln!(f, "<dl class=\"smart-patient-facts\">")?;
        match self.facts.birth_date() {
            Some(date) => {
                let age = self.age().map(|age| format!(" ({})", escape(&age))).unwrap_or_default();
                fact(f, "born", &words.born, &format!("{}{age}", time(date)))?;
            }
            None => fact(f, "born", &words.born, &escape(&words.no_birth_date))?,
        }
        if let Some(gender) = self.gender() {
            fact(f, "gender", &words.gender, &escape(gender))?;
        }
        for identifier in self.identifiers() {
            let label = identifier
                .type_text()
                .or(identifier.type_code())
                .unwrap_or(&words.identifier);
            fact(
                f,
                "identifier",
                label,
                &format!("<bdi>{}</bdi>", escape(identifier.value())),
            )?;
        }
        match self.facts.deceased() {
            Deceased::NotSaid => {}
            Deceased::Yes => fact(f, "deceased", &words.died, "†")?,
            Deceased::On(day) => fact(f, "deceased", &words.died, &time(day))?,
        }
        write!(f, "</dl>\n</section>\n")
    }
}

/// `value` is HTML.
fn fact(f: &mut fmt::Formatter<'_>, class: &str, label: &str, value: &str) -> fmt::Result {
    let label = escape(label);
    writeln!(
        f,
        "<div class=\"smart-patient-{class}\"><dt><bdi>{label}</bdi></dt> <dd>{value}</dd></div>"
    )
}

fn time(date: FhirDate) -> String {
    format!("<time datetime=\"{date}\">{date}</time>")
}

impl fmt::Debug for PatientBanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatientBanner").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
