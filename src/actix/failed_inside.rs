//! An error that a middleware of the application returns in the place of an answer ([`FailedInside`]).

use std::fmt;

use actix_web::{
    Error, HttpResponse, ResponseError,
    http::{StatusCode, header::HeaderValue},
};

use crate::actix::middleware::{add_no_store, keep_out_of_frames, keep_to_own_pages};

/// The same error, and an answer that is kept as that of a handler is. Nobody knows any more whether a launch was loaded, so it is taken
/// to have been: what the middleware tells may be of a patient.
#[derive(Debug)]
pub(super) struct FailedInside {
    error: Error,
    /// Who may show the answer in a frame. `None` where other sites may have it.
    frame_ancestors: Option<HeaderValue>,
}

impl FailedInside {
    pub(super) const fn new(error: Error, frame_ancestors: Option<HeaderValue>) -> Self {
        Self { error, frame_ancestors }
    }
}

impl fmt::Display for FailedInside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for FailedInside {
    fn status_code(&self) -> StatusCode {
        self.error.as_response_error().status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.error.error_response();
        let headers = response.headers_mut();
        add_no_store(headers);
        if let Some(ancestors) = &self.frame_ancestors {
            keep_to_own_pages(headers);
            keep_out_of_frames(headers, ancestors);
        }
        response
    }
}
