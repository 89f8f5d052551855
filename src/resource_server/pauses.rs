//! When a server that does not answer in time, or asks for patience, is left alone: [`Pauses`]. Pure: the time is an argument.

use std::time::Duration;

use super::{
    failed::{Failed, Server},
    not_checked::NotChecked,
};
use crate::{runtime::places::PlaceKind, time::Timestamp};

/// How long it is left alone after the first failure, and the longest after several: callers whose token was good wait for it.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(10);
/// How long it is left alone at most where it asks for it. After that it has one question at a time.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// On whose behalf the server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Somebody whose token was good before.
    Known,
    /// Somebody who may have invented the token.
    Stranger,
    /// Somebody about whose token the server was asked the last time without an answer. It may be the token with which it is slow.
    Stuck,
}

impl About {
    pub(super) const fn place(self) -> PlaceKind {
        match self {
            Self::Known => PlaceKind::Introspection,
            Self::Stranger | Self::Stuck => PlaceKind::CallerToken,
        }
    }
}

/// How a question may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Beside others.
    Usual,
    /// As the only one, to see whether the server answers again.
    Probe,
}

/// For how long the server is left alone from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeftAlone {
    pub(super) time: Duration,
    /// Whether that begins now.
    pub(super) is_new: bool,
}

/// The pauses of one server. What strangers bring about holds up strangers only: they may know a token that the server is slow with.
/// Nor does a token that got stuck hold up others again: whoever shows it most often would win each probe.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    known: Option<Pause>,
    strangers: Option<Pause>,
    stuck: Option<Pause>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    cause: NotChecked,
    until: Timestamp,
    in_a_row: u32,
    is_probed: bool,
}

impl Pauses {
    /// How the server may be asked now.
    ///
    /// # Errors
    ///
    /// [`Failed`], as it was when the pause began, while it lasts or somebody else is seeing whether it is over.
    pub(super) fn turn(&mut self, about: About, now: Timestamp) -> Result<Turn, Failed> {
        if about != About::Known
            && let Some(known) = self.known.filter(|known| known.is_probed)
        {
            return Err(Failed::unasked(known.cause, FIRST));
        }
        let Some(pause) = self.of(about) else {
            return Ok(Turn::Usual);
        };
        let left = match pause.is_probed {
            true => FIRST,
            false => pause.until.saturating_since(now),
        };
        if !left.is_zero() {
            return Err(Failed::unasked(pause.cause, left));
        }
        pause.is_probed = true;
        Ok(Turn::Probe)
    }

    /// What came of a question. Returns for how long nobody else is asked about, where it has come to that.
    pub(super) fn answered(
        &mut self,
        about: About,
        turn: Turn,
        failed: Option<&Failed>,
        now: Timestamp,
    ) -> Option<LeftAlone> {
        if turn == Turn::Probe
            && let Some(pause) = self.of(about)
        {
            pause.is_probed = false;
        }
        let Some(failed) = failed else {
            *self = Self::default();
            return None;
        };
        let asked = match (failed.server, turn) {
            (Server::Answers, _) => {
                *self = Self::default();
                return None;
            }
            (Server::Hangs, _) | (Server::IsTroubled, Turn::Probe) => Duration::ZERO,
            (Server::AsksForPatience(asked), _) => asked.min(LONGEST_ASKED),
            (Server::IsTroubled | Server::NotAsked, _) => return None,
        };
        let stuck = begin(&mut self.stuck, failed.cause, asked, now);
        if about == About::Stuck {
            return Some(stuck);
        }
        let strangers = begin(&mut self.strangers, failed.cause, asked, now);
        Some(match about {
            About::Known => begin(&mut self.known, failed.cause, asked, now),
            About::Stranger | About::Stuck => strangers,
        })
    }

    const fn of(&mut self, about: About) -> Option<&mut Pause> {
        match about {
            About::Known => self.known.as_mut(),
            About::Stranger => self.strangers.as_mut(),
            About::Stuck => self.stuck.as_mut(),
        }
    }
}

/// Questions that were under way together count once.
fn begin(pause: &mut Option<Pause>, cause: NotChecked, asked: Duration, now: Timestamp) -> LeftAlone {
    let before = pause.as_ref();
    if let Some(before) = before.filter(|before| now < before.until) {
        return LeftAlone {
            time: before.until.saturating_since(now),
            is_new: false,
        };
    }
    let in_a_row = before.map_or(0, |before| before.in_a_row).saturating_add(1);
    let own = FIRST.saturating_mul(2_u32.saturating_pow(in_a_row.saturating_sub(1).min(8)));
    let time = own.min(LONGEST).max(asked);
    *pause = Some(Pause {
        cause,
        until: now.saturating_add(time),
        in_a_row,
        is_probed: before.is_some_and(|before| before.is_probed),
    });
    LeftAlone { time, is_new: true }
}

#[cfg(test)]
mod tests;
