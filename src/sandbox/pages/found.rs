//! People of whom some are shown, and the rest is searched for ([`Found`]).

use crate::{pages::escape, sandbox::folded::Folded};

/// How many people a page shows.
const MOST: usize = 50;

/// Those of many who fit what somebody searches for.
#[derive(Debug)]
pub(in crate::sandbox) struct Found<T> {
    pub(super) shown: Vec<T>,
    total: usize,
    asked: String,
}

impl<T> Found<T> {
    /// Those in whose description each word of `asked` stands, whatever its case and accents.
    pub(in crate::sandbox) fn of(
        all: impl IntoIterator<Item = T>,
        asked: Option<&str>,
        description: impl Fn(&T) -> String,
    ) -> Self {
        let asked = asked.unwrap_or_default();
        let words: Vec<Folded> = asked.split_whitespace().map(Folded::of).collect();
        let fits = |one: &T| {
            if words.is_empty() {
                return true;
            }
            let text = Folded::of(&description(one));
            words.iter().all(|word| text.contains(word))
        };
        let mut found = Self {
            shown: Vec::new(),
            total: 0,
            asked: asked.to_owned(),
        };
        for one in all.into_iter().filter(fits) {
            found.total += 1;
            if found.shown.len() < MOST {
                found.shown.push(one);
            }
        }
        found
    }

    /// Whether there is anything to search in.
    pub(super) fn needs_search(&self) -> bool {
        self.total > MOST || !self.asked.is_empty()
    }

    /// A form that asks the page at `action` again, with `hidden` in it.
    pub(super) fn search_form(&self, action: &str, hidden: &str, label: &str) -> String {
        format!(
            "<form role=\"search\" action=\"{}\" method=\"get\">{hidden}<label for=\"q\">{}</label>\
             <input type=\"search\" id=\"q\" name=\"q\" value=\"{}\" autocomplete=\"off\"><button>Search</button></form>",
            escape(action),
            escape(label),
            escape(&self.asked),
        )
    }

    /// How many there are, where that is not to be seen.
    pub(super) fn count_line(&self, who: &str) -> String {
        let (shown, total) = (self.shown.len(), self.total);
        let said = match (shown, self.asked.is_empty()) {
            (0, true) => format!("There are no {who}."),
            (0, false) => format!("No {who} fit this search. Look for a part of the name, or for less."),
            (shown, _) if shown < total => format!("{shown} of {total} {who} are shown. Search to find the others."),
            (_, true) => return String::new(),
            (shown, false) => format!("Found: {shown}."),
        };
        format!("<p role=\"status\">{}</p>", escape(&said))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(count: usize) -> impl Iterator<Item = String> {
        (1..=count).map(|number| format!("Person {number}"))
    }

    fn found(count: usize, asked: Option<&str>) -> Found<String> {
        Found::of(people(count), asked, String::clone)
    }

    #[test]
    fn fifty_are_shown_and_a_line_says_that_there_are_more() {
        assert_eq!(found(50, None).count_line("patients"), "");
        assert!(!found(50, None).needs_search());
        let more = found(51, None);
        assert_eq!((more.shown.len(), more.needs_search()), (50, true));
        assert!(more.count_line("patients").contains("50 of 51 patients are shown"));
    }

    #[test]
    fn people_are_found_whether_or_not_their_accents_are_written() {
        let all = ["Jürgen Köln", "Juergen Koeln", "Jurgen Koln", "José Núñez"];
        let found = |asked: &str| Found::of(all, Some(asked), |name| (*name).to_owned()).shown;
        assert_eq!(found("KÖLN jürgen"), ["Jürgen Köln", "Juergen Koeln", "Jurgen Koln"]);
        assert_eq!(found("koeln"), ["Jürgen Köln", "Juergen Koeln"]);
        assert_eq!(found("koln"), ["Jürgen Köln", "Jurgen Koln"]);
        assert_eq!(found("nunez JOSE"), ["José Núñez"]);
    }

    #[test]
    fn every_word_has_to_fit() {
        assert_eq!(found(60, Some("PERSON 60")).shown, ["Person 60"]);
        assert_eq!(found(60, Some("60 person")).shown, ["Person 60"]);
        let none = found(60, Some("60 nobody"));
        assert!(none.shown.is_empty() && none.count_line("patients").contains("No patients fit"));
        assert!(found(0, None).count_line("patients").contains("There are no patients"));
    }
}
