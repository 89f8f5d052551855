//! The one value of ours in the application's session: a random browser id, inserted when missing, never changed.
//!
//! actix-session writes its whole state back, last writer wins, so nothing that changes may live there.

use actix_session::{Session, SessionInsertError};

use crate::{protocol::random::random_text, store::BrowserKey};

const BROWSER_ID: &str = "smart_browser";

/// The key of the browser, if its session came back.
pub(super) fn known(session: &Session) -> Option<BrowserKey> {
    let id = session.get::<String>(BROWSER_ID).ok().flatten()?;
    Some(BrowserKey::of(&id))
}

/// The key of the browser, named now if it has no name yet.
pub(super) fn known_or_new(session: &Session) -> Result<BrowserKey, SessionInsertError> {
    if let Some(key) = known(session) {
        return Ok(key);
    }
    let id = random_text::<32>(&mut rand::rng());
    session.insert(BROWSER_ID, &id)?;
    Ok(BrowserKey::of(&id))
}
