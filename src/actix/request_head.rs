//! Actix's request as the rules of [`web`](crate::web) read it.

use actix_web::{HttpRequest, http::header::HeaderValue};

use crate::web::RequestHead;

impl RequestHead for HttpRequest {
    fn method(&self) -> &str {
        Self::method(self).as_str()
    }

    fn header(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.headers().get_all(name).map(HeaderValue::as_bytes)
    }
}
