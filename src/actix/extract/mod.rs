//! Extractors: the launch, what it is about and who signed in, as handler arguments. Each comes to its argument, or a
//! [`SmartSessionError`].

mod backend;
mod caller;
mod context;
mod session;
mod user;

use std::{future::Future, pin::Pin};

use actix_web::HttpRequest;

pub use self::{
    context::{Encounter, Patient},
    user::FhirUser,
};
use crate::{
    actix::{error::SmartSessionError, refusal},
    launch::session::SmartSession,
    web::ContextMember,
};

type ExtractFuture<T> = Pin<Box<dyn Future<Output = Result<T, SmartSessionError>>>>;

/// The error of a launch that has no such context.
fn missing(request: &HttpRequest, member: ContextMember, session: &SmartSession) -> SmartSessionError {
    refusal::missing_context(request, member, session)
}
