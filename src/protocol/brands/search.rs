//! Finding brands by what a person types: [`Wanted`], and [`search`] in several bundles.

use super::{
    brand::Brand,
    brands::Brands,
    fold::{Umlauts, fold, searched},
};

/// How many words of a search count.
const WORDS: usize = 8;

/// So many letters are also looked for inside of words: `klinikum` in `Universitätsklinikum`. Fewer would be found everywhere.
const INSIDE: usize = 4;

/// What a person is looking for: names with a word for each word of the text, that begins with it or has it inside.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The whole text, in each of its spellings.
    texts: [String; 2],
    words: Vec<Word>,
}

/// The spellings of one word.
#[derive(Debug)]
struct Word(Vec<String>);

/// How well something fits, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Its name is the text.
    IsName,
    /// Its name begins with the text.
    NameBegins,
    /// All words are in its name.
    InName,
    /// Words are in an alias or the place.
    Elsewhere,
    /// Only inside of other words.
    InsideWords,
}

impl Rank {
    /// How many there are.
    const COUNT: usize = Self::InsideWords as usize + 1;
}

impl Wanted {
    pub(crate) fn of(text: &str) -> Self {
        let texts = [fold(text, Umlauts::Bare), fold(text, Umlauts::SpelledOut)];
        let [bare, spelled_out] = texts.each_ref().map(|text| text.split_ascii_whitespace());
        let words = bare.zip(spelled_out).take(WORDS).map(|(bare, spelled_out)| {
            let mut spellings = vec![beginning(bare)];
            if spelled_out != bare {
                spellings.push(beginning(spelled_out));
            }
            Word(spellings)
        });
        Self {
            words: words.collect(),
            texts,
        }
    }

    /// Whether this name is wanted.
    pub(crate) fn fits(&self, name: &str) -> bool {
        self.rank(&searched(name)).is_some()
    }

    /// How well it fits; `None`: not at all. The name, a line end, all else, each as it is [`searched`].
    fn rank(&self, found: &str) -> Option<Rank> {
        // The last first: people begin with "hospital", and end with what is rare.
        if !self.words.iter().rev().all(|word| word.is_in(found)) {
            let inside = self.words.iter().rev().all(|word| word.is_inside(found));
            return inside.then_some(Rank::InsideWords);
        }
        let name = found.lines().next().unwrap_or_default();
        let begins = |text: &String| name.trim_start().starts_with(text.as_str());
        Some(if self.texts.iter().any(|text| name.trim() == text) {
            Rank::IsName
        } else if self.texts.iter().any(begins) {
            Rank::NameBegins
        } else if self.words.iter().all(|word| word.is_in(name)) {
            Rank::InName
        } else {
            Rank::Elsewhere
        })
    }
}

impl Word {
    fn is_in(&self, found: &str) -> bool {
        self.0.iter().any(|spelling| found.contains(spelling.as_str()))
    }

    /// Also inside of another word, where it is long enough.
    fn is_inside(&self, found: &str) -> bool {
        self.0.iter().any(|spelling| match spelling.trim_start() {
            letters if letters.len() >= INSIDE => found.contains(letters),
            _ => found.contains(spelling.as_str()),
        })
    }
}

/// A word as it stands at its beginning. Some scripts have no blanks between words.
fn beginning(word: &str) -> String {
    match word.is_ascii() {
        true => format!(" {word}"),
        false => word.to_owned(),
    }
}

/// The brands of these bundles that have each word of the text, as the beginning of a word or inside of one: in name, alias, portal, city,
/// state or postal code. First those whose names are the text; then those whose names begin with it, those with all words in the name, and
/// the others; last those that have a word only inside of another one. Among those that fit equally well FHIR servers take turns, in the
/// order of the bundles. Without a word all are found. Nobody knows here how many of them the application believes, so none is left out.
pub(crate) fn search<'a>(bundles: impl IntoIterator<Item = &'a Brands>, text: &str) -> impl Iterator<Item = Brand<'a>> {
    let wanted = Wanted::of(text);
    let mut found = Vec::new();
    for brands in bundles {
        // By the endpoint, then by the rank.
        let mut turns = vec![[0_u32; Rank::COUNT]; brands.endpoints()];
        for (index, endpoint, folded) in brands.folded() {
            let Some(rank) = wanted.rank(folded) else {
                continue;
            };
            let turns = turns.get_mut(endpoint as usize);
            let Some(next) = turns.and_then(|turns| turns.get_mut(rank as usize)) else {
                continue;
            };
            let turn = *next;
            *next = next.saturating_add(1);
            found.push((rank, turn, brands, index));
        }
    }
    // Stable: else the order of the bundles stays.
    found.sort_by_key(|(rank, turn, ..)| (*rank, *turn));
    found.into_iter().filter_map(|(.., brands, index)| brands.brand(index))
}

#[cfg(test)]
impl Brands {
    /// The brands of this bundle alone, as [`search`] finds them.
    pub(crate) fn search(&self, text: &str) -> impl Iterator<Item = Brand<'_>> {
        search([self], text)
    }
}
