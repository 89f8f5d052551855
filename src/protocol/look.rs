//! What a text looks like to somebody who reads it in a list: [`look_of`].

use icu_normalizer::ComposingNormalizerBorrowed;

use super::visible::visible;

/// Two texts get the same look if they differ only in case, in width, in the form of the same letters (NFKC), in blanks, or in what
/// nobody sees: people take them for the same. Letters of another script that look the same (a Cyrillic `а`) stay different: that needs tables of their own.
pub(crate) fn look_of(text: &str) -> String {
    let visible: String = visible(text).collect();
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    // To upper case first: `ß` and `ss`, both forms of a sigma, an `i` without its dot.
    let folded = nfkc.normalize(&visible).to_uppercase().to_lowercase();
    let folded = nfkc.normalize(&folded);
    let words: Vec<_> = folded.split(is_blank).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn is_blank(c: char) -> bool {
    // The pattern of Braille without a dot is no white space to Unicode.
    c.is_whitespace() || c == '\u{2800}'
}

#[cfg(test)]
mod tests {
    use super::look_of;

    #[test]
    fn case_width_form_and_blanks_make_no_difference() {
        for same in [
            "GENERAL HOSPITAL",
            "General\u{A0}Hospital",
            " General  Hospital ",
            "General\u{2003}\u{202F}\u{3000}Hospital",
            "General\u{2800}Hospital",
            "Ｇｅｎｅｒａｌ Ｈｏｓｐｉｔａｌ",
            "Genera\u{200B}l Hospital",
            "𝐆𝐞𝐧𝐞𝐫𝐚𝐥 Hospital",
        ] {
            assert_eq!(look_of(same), "general hospital", "{same}");
        }
        for (one, other) in [
            ("Ho\u{302}pital", "HÔPITAL"),
            ("Weißer Ring", "WEISSER RING"),
            ("ΟΔΟΣ", "οδος"),
            ("ﬁve", "five"),
            ("İzmir", "i\u{307}zmir"),
        ] {
            assert_eq!(look_of(one), look_of(other), "{one} {other}");
        }
    }

    #[test]
    fn other_letters_words_and_scripts_stay_apart() {
        for (one, other) in [
            ("Hospital", "Hopital"),
            ("Hôpital", "Hopital"),
            ("General Hospital", "GeneralHospital"),
            ("Clinic 1", "Clinic 2"),
            // A Cyrillic letter.
            ("General", "Gener\u{430}l"),
        ] {
            assert_ne!(look_of(one), look_of(other), "{one} {other}");
        }
    }
}
