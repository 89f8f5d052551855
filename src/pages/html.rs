//! A [`Page`] as HTML.

use super::{
    document::document,
    escape::escape,
    page::{Page, PageAction, PageSearch, PageTarget},
};

impl Page {
    /// The page as HTML: small, self-contained, without scripts.
    #[must_use]
    pub fn html(&self) -> String {
        let mut body = format!("<h1>{}</h1>\n<p>{}</p>\n", escape(&self.title), escape(&self.message));
        if let Some(search) = &self.search {
            body.push_str(&search.html());
        }
        if !self.choices.is_empty() {
            let links = self
                .choices
                .iter()
                .map(|choice| format!("<li>{}</li>\n", choice.html()));
            body.push_str(&format!("<ul>\n{}</ul>\n", links.collect::<String>()));
        }
        for action in self.action.iter().chain(&self.other_action) {
            body.push_str(&match action.opens {
                // No form may stand in a paragraph.
                PageTarget::Posted => format!("{}\n", action.html()),
                PageTarget::Here | PageTarget::NewWindow => format!("<p>{}</p>\n", action.html()),
            });
        }
        // A question is nothing to ask the support team about.
        if self.choices.is_empty() {
            body.push_str(&format!("<p class=\"small\">Code: {}</p>\n", escape(self.code)));
        }
        if let Some(reference) = &self.reference {
            body.push_str(&format!("<p class=\"small\">Reference: {reference}</p>\n"));
        }
        if let Some(detail) = &self.detail {
            body.push_str(&format!("<p class=\"small\">{}</p>\n", escape(detail)));
        }
        document(&self.title, &body)
    }
}

impl PageSearch {
    fn html(&self) -> String {
        let kept = self.kept.iter().map(|(name, value)| {
            let value = escape(value);
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
        });
        format!(
            "<form method=\"get\" action=\"{}\" role=\"search\">{}\n<p><label>Name <input type=\"search\" name=\"q\" \
             value=\"{}\"></label> <button>Search</button></p>\n</form>\n",
            escape(&self.action),
            kept.collect::<String>(),
            escape(&self.text)
        )
    }
}

impl PageAction {
    fn html(&self) -> String {
        let (href, label) = (escape(&self.href), escape(&self.label));
        match self.opens {
            PageTarget::Here => format!("<a class=\"action\" href=\"{href}\">{label}</a>"),
            PageTarget::NewWindow => format!("<a class=\"action\" href=\"{href}\" target=\"_blank\">{label}</a>"),
            PageTarget::Posted => {
                format!("<form method=\"post\" action=\"{href}\"><button>{label}</button></form>")
            }
        }
    }
}
