//! What every extractor of this crate comes to: its argument, or a [`SmartSessionError`].

use std::{future::Future, pin::Pin};

use actix_web::HttpRequest;

use crate::{
    actix::{error::SmartSessionError, refusal},
    launch::session::SmartSession,
    web::ContextMember,
};

pub(super) type ExtractFuture<T> = Pin<Box<dyn Future<Output = Result<T, SmartSessionError>>>>;

/// The error of a launch that has no such context.
pub(super) fn missing(request: &HttpRequest, member: ContextMember, session: &SmartSession) -> SmartSessionError {
    refusal::missing_context(request, member, session)
}
