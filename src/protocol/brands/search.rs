//! Finding brands by what a person types.

use super::{
    brands::{Brand, Brands},
    fold::fold,
};

/// How many words of a search count.
const WORDS: usize = 8;

impl Brands {
    /// The brands in which a word begins with each word of the text, in name, alias, portal, city, state or postal code: first those whose names begin with
    /// the text, then those with all words in the name, then the others; each in the order of the bundle. Without a word all are found. Nobody knows here how many of them the application believes, so
    /// none is left out.
    pub(crate) fn search(&self, text: &str) -> impl Iterator<Item = Brand<'_>> {
        let text = fold(text);
        let words: Vec<String> = text
            .split(' ')
            .filter(|word| !word.is_empty())
            .take(WORDS)
            // Some scripts have no blanks between words.
            .map(|word| {
                if word.is_ascii() {
                    format!(" {word}")
                } else {
                    word.to_owned()
                }
            })
            .collect();
        let mut ranks: [Vec<u32>; 3] = Default::default();
        for (index, folded) in self.folded() {
            // The last first: people begin with "hospital", and end with what is rare.
            if !words.iter().rev().all(|word| folded.contains(word.as_str())) {
                continue;
            }
            let name = folded.lines().next().unwrap_or_default();
            let is_in_name = |word: &String| name.contains(word.as_str());
            let rank = if name.trim_start().starts_with(text.as_str()) {
                0
            } else if words.iter().all(is_in_name) {
                1
            } else {
                2
            };
            if let Some(rank) = ranks.get_mut(rank) {
                rank.push(index);
            }
        }
        ranks.into_iter().flatten().filter_map(|index| self.brand(index))
    }
}
