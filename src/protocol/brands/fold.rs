//! Texts as they are compared: [`fold`].

/// A text without case, accents and punctuation, with single blanks: what people leave out when they type.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '’' | '`' => {}
            // Accents that stand behind their letter.
            '\u{300}'..='\u{36F}' => {}
            _ if c.is_alphanumeric() => c.to_lowercase().for_each(|c| plain(c, &mut folded)),
            _ if folded.ends_with(' ') || folded.is_empty() => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Adds a letter in lower case without its accent. Other scripts than Latin stay as they are.
fn plain(c: char, to: &mut String) {
    let plain = match c {
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
    use super::fold;

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
            assert_eq!(fold(text), folded, "{text}");
        }
    }
}
