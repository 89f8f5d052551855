//! Text of a page as somebody reads it: [`PageText`].

/// Text with one blank where there are several, and a line for each block.
#[derive(Debug, Default, Clone)]
pub(super) struct PageText {
    text: String,
    pending: Option<char>,
}

impl PageText {
    pub(super) fn push(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_ascii_whitespace() || c == '\u{a0}' {
                self.pending.get_or_insert(' ');
            } else {
                if let Some(blank) = self.pending.take()
                    && !self.text.is_empty()
                {
                    self.text.push(blank);
                }
                self.text.push(c);
            }
        }
    }

    /// What follows stands on a line of its own.
    pub(super) fn new_line(&mut self) {
        self.pending = Some('\n');
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }
}

/// A text on one line, as names of links and buttons are compared.
pub(super) fn one_line(text: &str) -> String {
    let mut line = PageText::default();
    line.push(text);
    line.into_string()
}
