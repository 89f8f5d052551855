//! What an EHR wrote about a refusal, as a line of the log may have it: [`EhrWords`].

use std::collections::VecDeque;

use serde_json::Value;

use crate::protocol::{
    body_kind::BodyKind,
    callback::EhrError,
    echoed_secrets::SentSecrets,
    ehr_text::error_code,
    http::HttpResponse,
    json_object::without_byte_order_mark,
    people::People,
    visible::{LOG_CHARS, in_log, visible},
};

/// More than this is not looked at: the log has room for 300 characters.
const LOOKED_AT: usize = 4_000;
/// Members in which servers without OAuth say what is wrong, those that say most first.
const SAYING: [&str; 9] = [
    "error_description",
    "error_message",
    "errorMessage",
    "faultstring",
    "diagnostics",
    "detail",
    "message",
    "Message",
    "title",
];
/// How many values of an answer are searched for one of these.
const SEARCHED: usize = 200;

/// Code, description and address that an EHR gave for a refusal, without what it repeats of ours.
pub(crate) struct EhrWords {
    /// The OAuth error code, or `unknown` where there is an error of another form.
    pub(crate) code: Option<String>,
    description: Option<String>,
    uri: Option<String>,
}

/// The same as the log may have it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LoggedWords {
    pub(crate) description: Option<String>,
    pub(crate) uri: Option<String>,
}

impl EhrWords {
    /// What stands in an answer. All but the code is dropped where it repeats a secret of the request.
    pub(crate) fn of_answer(response: &HttpResponse, sent: &SentSecrets) -> Self {
        let json = serde_json::from_slice::<Value>(without_byte_order_mark(&response.body)).ok();
        let member = |name: &str| json.as_ref()?.get(name).filter(|value| !value.is_null());
        let error = member("error").filter(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()));
        let code = error.map(|error| error_code(error.as_str().unwrap_or_default()));
        let echoes = sent.are_partly_in_body(&response.body);
        let text = |name: &str| member(name).and_then(Value::as_str).map(str::to_owned);
        // Some servers put a sentence where the code belongs.
        let sentence = || {
            let sentence = error.and_then(Value::as_str)?;
            (error_code(sentence) != sentence).then(|| sentence.to_owned())
        };
        let description = text("error_description").or_else(sentence).or_else(|| match &json {
            Some(json) => said_in(json),
            None if BodyKind::of(response) == BodyKind::Text => {
                Some(String::from_utf8_lossy(&response.body).into_owned())
            }
            None => None,
        });
        Self {
            code: code.map(|code| if sent.are_in(&code) { error_code("") } else { code }),
            description: description.filter(|_| !echoes),
            uri: text("error_uri").filter(|_| !echoes),
        }
    }

    /// What stands in a callback, but for what repeats one of these.
    pub(crate) fn of_callback(error: &EhrError, sent: &SentSecrets) -> Self {
        let harmless = |text: &str| (!sent.are_partly_in(text)).then(|| text.to_owned());
        Self {
            code: Some(error.code.clone()),
            description: error.description.as_ref().and_then(|text| harmless(text.as_str())),
            uri: error.uri.as_ref().and_then(|text| harmless(text.as_str())),
        }
    }

    /// The words for a line of the log: nobody is named in them, they have no markup, nothing that cannot be seen, and at most
    /// 300 characters each.
    pub(crate) fn for_log(&self, people: &People) -> LoggedWords {
        let description = self.description.as_deref().and_then(|text| {
            let looked_at: String = text.chars().take(LOOKED_AT).collect();
            let clean = people.hidden_in(&in_one_line(&without_markup(&looked_at)))?;
            // Where so much was markup that the end shows, it may end in half a name. A word that begins where the log still has room
            // and is longer than that is no name.
            let ends_early = looked_at.len() < text.len() && clean.chars().count() < 2 * LOG_CHARS;
            Some(if ends_early { without_last_word(&clean) } else { clean })
        });
        let uri = self.uri.as_deref().map(str::trim).filter(|uri| is_uri(uri));
        let uri = uri.and_then(|uri| {
            let uri: String = uri.chars().take(LOOKED_AT).collect();
            people.hidden_in_address(&uri)
        });
        let logged = |text: String| Some(in_log(&text)).filter(|text| !text.is_empty());
        LoggedWords {
            description: description.and_then(logged),
            uri: uri.and_then(logged),
        }
    }
}

/// The first member, from the outside in, that says something.
fn said_in(json: &Value) -> Option<String> {
    let mut left = VecDeque::from([json]);
    let mut looked_at = 0;
    while let Some(value) = left.pop_front() {
        looked_at += 1;
        if looked_at > SEARCHED {
            return None;
        }
        match value {
            Value::Object(members) => {
                let said = SAYING.iter().filter_map(|name| members.get(*name)?.as_str());
                if let Some(text) = said.map(str::trim).find(|text| !text.is_empty()) {
                    return Some(text.to_owned());
                }
                left.extend(members.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    None
}

/// The text without tags. A bracket that belongs to none becomes a space.
fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        plain.push(' ');
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        rest = match after.split_once('>') {
            Some((_, after)) if is_tag => after,
            _ => after,
        };
    }
    plain.push_str(rest);
    plain.replace('>', " ")
}

fn without_last_word(text: &str) -> String {
    text.rsplit_once(' ').map_or("", |(before, _)| before).to_owned()
}

/// What can be seen of it, with single spaces.
fn in_one_line(text: &str) -> String {
    let seen: String = visible(text).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The characters of an `error_uri` (RFC 6749, section 5.2).
fn is_uri(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E) && !b"<>".contains(&byte))
}

#[cfg(test)]
mod tests;
