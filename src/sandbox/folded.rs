//! Texts as somebody types who looks for a name: [`Folded`].

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// A text without accents and upper case, in the ways in which people write it: `Köln` as `koln` and as `koeln`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Folded {
    /// Letters alone, as where somebody leaves the dots away.
    plain: String,
    /// With the two letters that stand for one in German and in the north.
    spelled: String,
}

impl Folded {
    pub(super) fn of(text: &str) -> Self {
        if text.is_ascii() {
            let lower = text.to_ascii_lowercase();
            return Self {
                plain: lower.clone(),
                spelled: lower,
            };
        }
        let (mut plain, mut spelled) = (String::new(), String::new());
        // Composed first: an `o` and its dots are one letter.
        for letter in ComposingNormalizerBorrowed::new_nfkc().normalize(text).chars() {
            for lower in letter.to_lowercase() {
                match letters(lower) {
                    Some((short, long)) => {
                        plain.push_str(short);
                        spelled.push_str(long);
                    }
                    None => {
                        let bare = bare(lower);
                        plain.push_str(&bare);
                        spelled.push_str(&bare);
                    }
                }
            }
        }
        Self { plain, spelled }
    }

    /// Whether the other one is in it, in one spelling or the other.
    pub(super) fn contains(&self, other: &Self) -> bool {
        self.meets(other, |text, part| text.contains(part))
    }

    pub(super) fn starts_with(&self, other: &Self) -> bool {
        self.meets(other, |text, part| text.starts_with(part))
    }

    fn meets(&self, other: &Self, does: impl Fn(&str, &str) -> bool) -> bool {
        let texts = [&self.plain, &self.spelled];
        texts
            .iter()
            .any(|text| does(text, &other.plain) || does(text, &other.spelled))
    }
}

/// Letters that do not fall into one without a mark and the mark, or for which people write two.
const fn letters(letter: char) -> Option<(&'static str, &'static str)> {
    Some(match letter {
        'ä' | 'æ' => ("a", "ae"),
        'ö' | 'ø' | 'œ' => ("o", "oe"),
        'ü' => ("u", "ue"),
        'å' => ("a", "aa"),
        'ß' => ("ss", "ss"),
        'đ' | 'ð' => ("d", "d"),
        'ħ' => ("h", "h"),
        'ı' => ("i", "i"),
        'ł' => ("l", "l"),
        // At the end of a word.
        'ς' => ("σ", "σ"),
        'þ' => ("th", "th"),
        _ => return None,
    })
}

/// A letter without its accents.
fn bare(letter: char) -> String {
    let mut buffer = [0; 4];
    let apart = DecomposingNormalizerBorrowed::new_nfkd()
        .normalize(letter.encode_utf8(&mut buffer))
        .into_owned();
    apart.chars().filter(|part| !is_accent(*part)).collect()
}

/// The combining marks of Latin, Greek and Cyrillic letters.
const fn is_accent(part: char) -> bool {
    matches!(part, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::Folded;

    #[test]
    fn a_name_is_found_with_and_without_its_accents_in_any_case() {
        for (name, asked) in [
            ("Köln", "Köln koeln KOELN koln KÖLN Ko\u{308}ln"),
            ("Koeln", "Köln koeln"),
            ("Koln", "koln KOLN"),
            ("Müller", "mueller muller Müller MÜLLER"),
            ("Mueller", "Müller mueller"),
            ("Weiß", "weiss WEISS weiß"),
            ("Weiss", "Weiß"),
            ("Søren Ærø", "soren soeren aero aeroe Ærø"),
            ("Åse", "ase aase Åse"),
            ("José Núñez", "jose nunez JOSÉ Núñez"),
            ("Jose\u{301}", "josé"),
            ("Łukasz", "lukasz łukasz"),
            ("İzmir", "izmir"),
            ("Ψωμιάδης", "ψωμιαδησ ΨΩΜΙΆΔΗΣ"),
            ("עמית", "עמית"),
        ] {
            for asked in asked.split(' ') {
                assert!(Folded::of(name).contains(&Folded::of(asked)), "{name} {asked}");
            }
        }
    }

    #[test]
    fn other_letters_are_another_name() {
        for (name, asked) in [
            ("Koln", "koeln"),
            ("Koln", "kolm"),
            ("Weiß", "weis\u{df}"),
            ("Köln", "kööln"),
            ("Amber", "ambar"),
        ] {
            assert!(!Folded::of(name).contains(&Folded::of(asked)), "{name} {asked}");
        }
    }
}
