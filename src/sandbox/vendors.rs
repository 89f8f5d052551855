//! All that is known of one vendor's servers at once: [`Vendor`].

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Peculiarity, RefreshContext, RefreshTokens, SandboxBuilder, settings::Settings};

/// A vendor whose servers the sandbox can resemble ([`SandboxBuilder::like`]).
///
/// What is public about them is in `docs/ehr-quirks.md`. The sandbox does not *prove* that an application works there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Vendor {
    /// Epic, after the two pages of its documentation about OAuth 2.0 and its metadata (2026). Give the application its
    /// scopes ([`SandboxClient::scopes`](super::SandboxClient::scopes)): others are not granted here.
    Epic,
    /// Oracle Health (Cerner Millennium), after its authorization guide (2024), its metadata (2026) and public threads, for
    /// an application that is registered with SMART v1.
    OracleHealth,
    /// athenahealth's athenaOne, after its metadata (2026).
    AthenaOne,
    /// athenahealth's athenaPractice and athenaFlow, which customers run themselves, after public threads (2020 to 2026).
    AthenaPractice,
}

impl SandboxBuilder {
    /// Gives the sandbox everything that is known of a vendor's servers, in addition to what was chosen before, and in the place of another
    /// vendor.
    pub fn like(mut self, vendor: Vendor) -> Self {
        self.initial.settings.resemble(vendor);
        self
    }
}

/// What a vendor's servers do.
#[derive(Debug, Clone, Default)]
struct Habits {
    peculiarities: Vec<Peculiarity>,
    token_lifetime: Option<Duration>,
    refresh_tokens: Option<RefreshTokens>,
    refresh_context: Option<RefreshContext>,
    token_fields: Vec<(String, Value)>,
}

/// A vendor that the sandbox resembles, and what its habits took the place of.
#[derive(Debug, Clone)]
pub(super) struct Resembled {
    habits: Habits,
    token_lifetime: Duration,
    refresh_tokens: RefreshTokens,
    refresh_context: RefreshContext,
}

impl Vendor {
    fn habits(self) -> Habits {
        match self {
            Self::Epic => Habits {
                peculiarities: vec![
                    Peculiarity::EndpointsPerClient {
                        header: "epic-client-id".to_owned(),
                    },
                    Peculiarity::RegisteredScopes,
                    Peculiarity::PostFromEhrOnly,
                    Peculiarity::NoRevocation,
                    Peculiarity::LowercaseTokenType,
                    Peculiarity::StateEchoed,
                    Peculiarity::BannerAsText,
                    Peculiarity::UnprefixedScopes,
                    Peculiarity::NoRefreshForPublic,
                ],
                refresh_tokens: Some(RefreshTokens::Stable),
                refresh_context: Some(RefreshContext::Omitted),
                token_fields: vec![
                    ("__epic.dstu2.patient".to_owned(), json!("TKtmtEBYm2Sh6v9OZ4")),
                    ("loginDepartment".to_owned(), json!("e4W4rmQ7X-a-location")),
                ],
                ..Habits::default()
            },
            Self::OracleHealth => Habits {
                peculiarities: vec![
                    Peculiarity::OnlyScopesOfVersion1,
                    Peculiarity::NoWildcardScopes,
                    Peculiarity::ScopesDropped,
                    Peculiarity::ErrorUriOnly,
                    Peculiarity::RefreshThrottled(Duration::from_secs(60)),
                ],
                token_lifetime: Some(Duration::from_secs(570)),
                refresh_tokens: Some(RefreshTokens::Stable),
                refresh_context: Some(RefreshContext::Omitted),
                token_fields: vec![("tenant".to_owned(), json!("ec2458f2-1e24-41c8-b71b-0e701af7583d"))],
            },
            Self::AthenaOne => Habits {
                peculiarities: vec![Peculiarity::Unlisted("scopes_supported".to_owned())],
                ..Habits::default()
            },
            Self::AthenaPractice => Habits {
                peculiarities: vec![Peculiarity::FormPost],
                ..Habits::default()
            },
        }
    }
}

impl Settings {
    /// Takes everything that is known of a vendor's servers, in the place of another vendor.
    pub(super) fn resemble(&mut self, vendor: Vendor) {
        self.resemble_nobody();
        let habits = vendor.habits();
        let before = Resembled {
            habits: habits.clone(),
            token_lifetime: self.token_lifetime,
            refresh_tokens: self.refresh_tokens,
            refresh_context: self.refresh_context,
        };
        self.peculiarities.extend(habits.peculiarities);
        self.token_fields.extend(habits.token_fields);
        self.token_lifetime = habits.token_lifetime.unwrap_or(self.token_lifetime);
        self.refresh_tokens = habits.refresh_tokens.unwrap_or(self.refresh_tokens);
        self.refresh_context = habits.refresh_context.unwrap_or(self.refresh_context);
        self.resembled = Some(before);
    }

    /// Gives up the habits of a vendor. What was chosen since stays.
    fn resemble_nobody(&mut self) {
        let Some(before) = self.resembled.take() else { return };
        let habits = before.habits;
        without(&mut self.peculiarities, &habits.peculiarities);
        without(&mut self.token_fields, &habits.token_fields);
        back(&mut self.token_lifetime, habits.token_lifetime, before.token_lifetime);
        back(&mut self.refresh_tokens, habits.refresh_tokens, before.refresh_tokens);
        back(
            &mut self.refresh_context,
            habits.refresh_context,
            before.refresh_context,
        );
    }
}

/// Takes each of these away once: somebody may have chosen it too.
fn without<T: PartialEq>(all: &mut Vec<T>, these: &[T]) {
    for one in these {
        if let Some(at) = all.iter().position(|other| other == one) {
            all.remove(at);
        }
    }
}

/// Where it is still as the habit has it, it is as before.
fn back<T: PartialEq>(now: &mut T, habit: Option<T>, before: T) {
    if habit.as_ref() == Some(now) {
        *now = before;
    }
}
