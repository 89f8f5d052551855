//! Who is this browser? Its session, and a cookie of the crate's own.
//!
//! In the application's session there is one value of ours: a random id, inserted when missing, never changed.
//! actix-session writes its whole state back, last writer wins, so nothing that changes may live there.

use actix_session::{Session, SessionExt as _};
use actix_web::{HttpMessage as _, HttpRequest, dev::Extensions};

use crate::{
    actix::{
        cookies::{Life, SetCookie, values},
        sign_in_cookie,
    },
    config::Settings,
    launch::browser::Browser,
    protocol::{random::random_text, secret::BrowserId},
    store::BrowserKey,
};

/// An honest browser sends one, or two from two jars. Each costs a walk through the store.
const MOST_IDS: usize = 16;

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

/// The browser of a request, by all that the request says.
pub(super) fn of(request: &HttpRequest, settings: &Settings) -> Browser {
    let ids = ids(request, settings);
    Browser {
        cookies: ids.iter().map(BrowserKey::of_cookie).collect(),
        session: session_of(request),
        proved: Vec::new(),
        sign_ins: sign_in_cookie::names_of_browser(request, settings),
    }
}

/// The best name of the browser of a request, without looking further.
pub(super) fn name_of(request: &HttpRequest, settings: &Settings) -> Option<BrowserKey> {
    let id = ids(request, settings).first().map(BrowserKey::of_cookie);
    id.or_else(|| session_of(request))
}

/// The key of the session, if it came back.
pub(super) fn session_of(request: &HttpRequest) -> Option<BrowserKey> {
    let id = request.get_session().get::<String>(SESSION_ID).ok().flatten()?;
    Some(BrowserKey::of(&id))
}

/// Gives the session a name if it has none yet. Not where the session could not be read: it is not ours to overwrite.
pub(super) fn name_session(request: &HttpRequest) -> Result<(), NoSession> {
    if !has_session_middleware(request) {
        return Err(NoSession::NoMiddleware);
    }
    if session_of(request).is_some() || !is_session_readable(request) {
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

/// Whether the session of the request is there because a middleware put it there: without one an empty one is made up
/// for whoever asks, and forgotten.
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

/// The ids in the browser cookies of a request.
fn ids(request: &HttpRequest, settings: &Settings) -> Vec<BrowserId> {
    values(request, &settings.cookies.browser)
        .take(MOST_IDS)
        // As they are made here, or nearly so. What else came is not echoed either.
        .filter(|value| (16..=64).contains(&value.len()) && value.bytes().all(is_base64url))
        .map(BrowserId::new)
        .collect()
}

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Whether the browser cookie came back.
pub(super) fn has_cookie(request: &HttpRequest, settings: &Settings) -> bool {
    !ids(request, settings).is_empty()
}

/// The `Set-Cookie` value with this id.
pub(super) fn set(id: &BrowserId, settings: &Settings) -> String {
    SetCookie {
        name: &settings.cookies.browser,
        value: id.expose_secret(),
        path: "/",
        life: Life::Session,
    }
    .text(&settings.cookies)
}
