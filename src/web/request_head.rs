//! [`RequestHead`]: what the rules of this layer read of a request.

/// The head of a request, whichever framework has received it.
pub(crate) trait RequestHead {
    /// The method, as it was sent: `GET`.
    fn method(&self) -> &str;

    /// The values of a header, in the order in which they came. `name` is in small letters.
    fn header(&self, name: &'static str) -> impl Iterator<Item = &[u8]>;

    /// The first value of a header, if that is plain text.
    fn text(&self, name: &'static str) -> Option<&str> {
        let first = self.header(name).next().filter(|value| value.is_ascii())?;
        std::str::from_utf8(first).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::test_head::Head;

    #[test]
    fn a_header_that_is_no_plain_text_says_nothing() {
        let head = Head::get(&[("accept", "text/html"), ("purpose", "préfetch")]);
        assert_eq!(head.text("accept"), Some("text/html"));
        assert_eq!(head.text("purpose"), None);
        assert_eq!(head.text("origin"), None);
    }
}
