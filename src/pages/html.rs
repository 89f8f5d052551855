//! A [`Page`] as HTML.

use super::{
    document::{content_security_policy, document},
    escape::escape,
    page::{Page, PageAction, PageList, PageSearch, PageTarget},
    utc::utc,
    words::{Words, fill},
};

impl Page {
    /// The page as HTML: small, self-contained, without scripts. Send it with
    /// [`content_security_policy`](Self::content_security_policy).
    #[must_use]
    pub fn html(&self) -> String {
        let words = self.language.words();
        let mut body = format!("<h1>{}</h1>\n{}", escape(&self.title), self.message_html(words));
        if let Some(search) = &self.search {
            body.push_str(&search.html(words));
        }
        if !self.choices.is_empty() {
            let links = self
                .choices
                .iter()
                .map(|choice| format!("<li>{}</li>\n", choice.html()));
            // Some screen readers take a list without bullets for none, and do not say how long it is.
            body.push_str(&format!("<ul role=\"list\">\n{}</ul>\n", links.collect::<String>()));
            if self.search.is_some() {
                // Whoever has read to the end is screens below the field.
                let label = escape(words.labels.not_listed);
                body.push_str(&format!("<p><a class=\"action\" href=\"#q\">{label}</a></p>\n"));
            }
        }
        let actions: String = [&self.action, &self.other_action]
            .into_iter()
            .flatten()
            .map(|action| format!("{}\n", action.html()))
            .collect();
        if !actions.is_empty() {
            body.push_str(&format!("<div class=\"actions\">\n{actions}</div>\n"));
        }
        // A question, or a success, is nothing to ask the support team about. But one's own EHR may not be among the choices.
        let may_need_help = self.status >= 400 || !self.choices.is_empty() || self.search.is_some();
        let support = self
            .brand
            .as_ref()
            .and_then(|brand| brand.support_contact_in(self.language));
        if let (true, Some(support)) = (may_need_help, support) {
            body.push_str(&format!("<p>{}: {}</p>\n", escape(words.frame.help), escape(support)));
        }
        if self.choices.is_empty() {
            body.push_str(&self.for_support(words));
        }
        document(&self.whole_title(), &body, self.language, self.brand.as_ref())
    }

    /// As the tab is called, and what a screen reader says first: a search has to be told from the page before it.
    fn whole_title(&self) -> String {
        let searched = self.search.as_ref().map(|search| search.text.trim());
        match searched.filter(|text| !text.is_empty()) {
            Some(text) => format!("{text} – {}", self.title),
            None => self.title.clone(),
        }
    }

    fn message_html(&self, words: &Words) -> String {
        let paragraph = |text: &str| format!("<p>{}</p>\n", escape(text));
        let itself = self.tries_again_in.map(|wait| {
            let seconds = wait.as_secs().to_string();
            fill(words.frame.tries_again, &[("seconds", &seconds)])
        });
        match (&self.list, itself, &self.when) {
            // Whoever reads "try again" beside "tries again by itself" does not know which.
            (None, Some(itself), Some(when)) if self.message.contains(when) => {
                paragraph(&self.message.replacen(when, &itself, 1))
            }
            (list, itself, _) => {
                let mut message = match list {
                    Some(list) => list.html(),
                    None => paragraph(&self.message),
                };
                message.extend(itself.as_deref().map(paragraph));
                message
            }
        }
    }

    /// What people need only when they ask for help, and read out then.
    fn for_support(&self, words: &Words) -> String {
        let frame = &words.frame;
        let line = |name: &str, value: &str| format!("<p>{}: {}</p>\n", escape(name), escape(value));
        let mut lines = line(frame.code, self.code);
        if let Some(reference) = &self.reference {
            lines.push_str(&line(frame.reference, &reference.to_string()));
        }
        if let Some(time) = self.time {
            lines.push_str(&line(frame.time, &utc(time)));
        }
        if let Some(detail) = &self.detail {
            let lang = match self.detail_language {
                Some(language) if language != self.language => format!(" lang=\"{}\"", language.tag()),
                _ => String::new(),
            };
            lines.push_str(&format!("<p{lang}>{}</p>\n", escape(detail)));
        }
        format!(
            "<details>\n<summary>{}</summary>\n{lines}</details>\n",
            escape(frame.for_support)
        )
    }

    /// The `Content-Security-Policy` of [`html`](Self::html): its own style, logos that are inside of it, forms to the own origin, and nothing else. It
    /// does not say who may show the page in a frame.
    #[must_use]
    pub fn content_security_policy(&self) -> String {
        let has_logos = self.choices.iter().any(|choice| choice.logo.is_some());
        content_security_policy(self.brand.as_ref(), has_logos)
    }
}

impl PageList {
    fn html(&self) -> String {
        let items = self.items.iter().map(|item| format!("<li>{}</li>\n", escape(item)));
        format!(
            "<p>{}</p>\n<ul class=\"what\">\n{}</ul>\n<p>{}</p>\n",
            escape(&self.before),
            items.collect::<String>(),
            escape(&self.after),
        )
    }
}

impl PageSearch {
    fn html(&self, words: &Words) -> String {
        let kept = self.kept.iter().map(|(name, value)| {
            let value = escape(value);
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        });
        format!(
            "<form method=\"get\" action=\"{}\" role=\"search\">{}\n<p><label>{} <input type=\"search\" id=\"q\" \
             name=\"q\" value=\"{}\" autocorrect=\"off\" spellcheck=\"false\"></label></p>\n<p><button>{}</button></p>\n</form>\n",
            escape(&self.action),
            kept.collect::<String>(),
            escape(words.labels.search_name),
            escape(&self.text),
            escape(words.labels.search),
        )
    }
}

impl PageAction {
    fn html(&self) -> String {
        let (href, mut label) = (escape(&self.href), escape(&self.label));
        if let Some(logo) = &self.logo {
            // The name stands beside it.
            label.insert_str(0, &format!("<img src=\"{}\" alt=\"\">", logo.address()));
        }
        if let Some(note) = &self.note {
            // A blank between them: a reader reads both as one.
            label.push_str(&format!(" <small>{}</small>", escape(note)));
        }
        match self.opens {
            PageTarget::Here => format!("<a class=\"action\" href=\"{href}\">{label}</a>"),
            PageTarget::NewWindow => format!("<a class=\"action\" href=\"{href}\" target=\"_blank\">{label}</a>"),
            PageTarget::Posted => {
                format!("<form method=\"post\" action=\"{href}\"><button>{label}</button></form>")
            }
        }
    }
}
