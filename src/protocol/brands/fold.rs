//! Texts as they are compared: [`fold`], and [`searched`].

/// What becomes of `ä`, `ö` and `ü`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Umlauts {
    /// `a`, `o` and `u`, as with every accent.
    Bare,
    /// `ae`, `oe` and `ue`, as Germans write them where there is no such key.
    SpelledOut,
}

/// A text in which one searches: a blank before each word, and words with umlauts once more, spelled out.
pub(super) fn searched(text: &str) -> String {
    let (bare, spelled_out) = (fold(text, Umlauts::Bare), fold(text, Umlauts::SpelledOut));
    let mut searched = format!(" {bare}");
    if bare != spelled_out {
        let words = bare.split(' ').zip(spelled_out.split(' '));
        for (_, spelled_out) in words.filter(|(bare, spelled_out)| bare != spelled_out) {
            searched.push(' ');
            searched.push_str(spelled_out);
        }
    }
    searched
}

/// A text without case, accents and punctuation, with single blanks: what people leave out when they type.
pub(super) fn fold(text: &str, umlauts: Umlauts) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '’' | '`' => {}
            '\u{308}' if umlauts == Umlauts::SpelledOut && folded.ends_with(['a', 'o', 'u']) => folded.push('e'),
            // Accents that stand behind their letter.
            '\u{300}'..='\u{36F}' => {}
            _ if c.is_alphanumeric() => c.to_lowercase().for_each(|c| plain(c, umlauts, &mut folded)),
            _ if folded.ends_with(' ') || folded.is_empty() => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Adds a letter in lower case without its accent. Other scripts than Latin stay as they are.
fn plain(c: char, umlauts: Umlauts, to: &mut String) {
    let plain = match c {
        'ä' if umlauts == Umlauts::SpelledOut => return to.push_str("ae"),
        'ö' if umlauts == Umlauts::SpelledOut => return to.push_str("oe"),
        'ü' if umlauts == Umlauts::SpelledOut => return to.push_str("ue"),
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' | 'ħ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ǒ' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ŧ' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ǔ' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'æ' => return to.push_str("ae"),
        'œ' => return to.push_str("oe"),
        'ß' => return to.push_str("ss"),
        'þ' => return to.push_str("th"),
        '\u{300}'..='\u{36F}' => return,
        other => other,
    };
    to.push(plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_punctuation_do_not_count() {
        for (text, folded) in [
            ("St. Mary’s  Hospital", "st marys hospital"),
            ("Hôpital Saint-François", "hopital saint francois"),
            ("HO\u{302}PITAL", "hopital"),
            ("Klinik Weißer Straße, München", "klinik weisser strasse munchen"),
            ("İzmir Ýmir Øresund Ærø", "izmir ymir oresund aero"),
            ("東京 病院", "東京 病院"),
            ("  (A & B) ", "a b"),
            ("", ""),
        ] {
            assert_eq!(fold(text, Umlauts::Bare), folded, "{text}");
        }
    }

    #[test]
    fn words_with_umlauts_are_there_in_both_spellings() {
        for (text, expected) in [
            ("Klinik", " klinik"),
            ("Klinik Köln-Süd", " klinik koln sud koeln sued"),
            ("MU\u{308}NCHEN", " munchen muenchen"),
            ("Straße", " strasse"),
            ("Čapek é\u{308}", " capek e"),
            ("", " "),
        ] {
            assert_eq!(searched(text), expected, "{text}");
        }
    }
}
