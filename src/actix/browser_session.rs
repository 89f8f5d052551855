//! The browser's name in the application's session.
//!
//! There it is one value of ours: a random id, inserted when missing, never changed. actix-session writes its whole state
//! back, last writer wins, so nothing that changes may live there.

use actix_session::{Session, SessionExt as _};
use actix_web::{HttpMessage as _, HttpRequest, dev::Extensions};

use crate::{protocol::random::random_text, store::BrowserKey};

const SESSION_ID: &str = "smart_browser";
/// Whether a session middleware is there shows in whether this stays.
const PROBE: &str = "smart_probe";

/// Why a browser has no session id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoSession {
    /// There is no `SessionMiddleware`, or it runs after us.
    NoMiddleware,
    /// The id could not be put in.
    NotInserted,
}

/// The key of the session, if it came back.
pub(super) fn key_of(request: &HttpRequest) -> Option<BrowserKey> {
    let id = request.get_session().get::<String>(SESSION_ID).ok().flatten()?;
    Some(BrowserKey::of(&id))
}

/// Whether the session has no name, though the launch gave it one: it is not the same, or cannot be read.
pub(super) fn is_lost(request: &HttpRequest) -> bool {
    key_of(request).is_none() && is_session_readable(request) && has_session_middleware(request)
}

/// Gives the session a name if it has none yet. Not where the session could not be read: it is not ours to overwrite.
pub(super) fn name_session(request: &HttpRequest) -> Result<(), NoSession> {
    if !has_session_middleware(request) {
        return Err(NoSession::NoMiddleware);
    }
    if key_of(request).is_some() || !is_session_readable(request) {
        return Ok(());
    }
    let id = random_text::<32>(&mut rand::rng());
    let inserted = request.get_session().insert(SESSION_ID, &id);
    inserted.map_err(|_| NoSession::NotInserted)
}

/// Against session fixation: another session id for the same session, where there is one.
pub(super) fn renew_session(request: &HttpRequest) {
    if is_session_readable(request) {
        request.get_session().renew();
    }
}

/// A cookie header with one byte that is no text hides the session from its middleware. It then looks empty, and what
/// is written into it replaces the real one.
fn is_session_readable(request: &HttpRequest) -> bool {
    request.cookies().is_ok()
}

/// Whether a middleware put the session of the request there. Without one, actix-session makes up an empty session for
/// everybody who asks, and forgets it.
fn has_session_middleware(request: &HttpRequest) -> bool {
    let mut probed = Extensions::new();
    std::mem::swap(&mut probed, &mut request.extensions_mut());
    let from_middleware = probed;
    let made_up: Session = request.get_session();
    let _ = made_up.insert(PROBE, true);
    // What the middleware put there takes the place of the made-up one.
    request.extensions_mut().extend(from_middleware);
    // Asked, not removed: removing would count as a change of the application's session.
    !request.get_session().contains_key(PROBE)
}
