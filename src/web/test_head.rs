//! [`Head`]: the head of a request for the tests of this layer.

use super::request_head::RequestHead;

/// The head of a request that never was one.
pub(crate) struct Head {
    method: &'static str,
    headers: Vec<(&'static str, Vec<u8>)>,
}

impl Head {
    pub(crate) fn of(method: &'static str, headers: &[(&'static str, &str)]) -> Self {
        let none = Self {
            method,
            headers: Vec::new(),
        };
        headers
            .iter()
            .fold(none, |head, (name, value)| head.with(name, value.as_bytes()))
    }

    pub(crate) fn get(headers: &[(&'static str, &str)]) -> Self {
        Self::of("GET", headers)
    }

    pub(crate) fn with(mut self, name: &'static str, value: &[u8]) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl RequestHead for Head {
    fn method(&self) -> &str {
        self.method
    }

    fn header(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        let of_name = self.headers.iter().filter(move |(own, _)| *own == name);
        of_name.map(|(_, value)| value.as_slice())
    }
}
