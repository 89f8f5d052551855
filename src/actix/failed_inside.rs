//! An error that a middleware of the application returns in the place of an answer.

use actix_web::{Error, http::header::HeaderValue};

use crate::actix::middleware::{add_no_store, keep_out_of_frames, keep_to_own_pages};

/// The same error, whose answer is kept as that of a handler is. Nobody knows any more whether a launch was loaded, so it is taken to have
/// been: what the middleware tells may be of a patient.
///
/// `frame_ancestors` is who may show the answer in a frame, `None` where other sites may have it.
pub(super) fn kept_as_an_answer(mut error: Error, frame_ancestors: Option<HeaderValue>) -> Error {
    error.add_response_mapper(move |mut response| {
        let headers = response.headers_mut();
        add_no_store(headers);
        if let Some(ancestors) = &frame_ancestors {
            keep_to_own_pages(headers);
            keep_out_of_frames(headers, ancestors);
        }
        response
    });
    error
}
