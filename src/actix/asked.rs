//! [`Asked`]: what an answer depends on beside what there is to say.

use actix_web::{HttpMessage as _, HttpRequest};

use crate::{
    pages::{Audience, Reference},
    web::audience_of,
};

/// Who asks, and what the answer is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) audience: Audience,
    /// The same for all that is answered and logged about one request.
    pub(super) reference: Reference,
}

impl Asked {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let known = request.extensions().get::<Reference>().copied();
        let reference = known.unwrap_or_else(|| {
            let new = Reference::random(&mut rand::rng());
            request.extensions_mut().insert(new);
            new
        });
        Self {
            audience: audience_of(request),
            reference,
        }
    }

    /// For an answer that is made where the request is not at hand, so that nobody knows who asks.
    pub(super) fn by_a_script() -> Self {
        Self {
            audience: Audience::Api,
            reference: Reference::random(&mut rand::rng()),
        }
    }
}
