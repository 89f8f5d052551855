//! The stored form of a [`CallbackOutcome`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::parts::{Named, Text};
use crate::{
    protocol::{
        launch_id::LaunchId,
        scope::Scopes,
        secret::{BrowserId, LaunchSecret},
    },
    store::{CallbackOutcome, FailedCallback, FailedCallbackKind, FormatError, LaunchKind},
};

/// One of the two. Not an enum: beside the version it could not be told from an unknown member.
#[derive(Serialize, Deserialize)]
pub(in crate::store::format) struct Outcome<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    landed: Option<Landed<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<Failed<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Landed<'a> {
    launch: Text<'a>,
    secret: Text<'a>,
    location: Text<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    new_browser: Option<Text<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Failed<'a> {
    kind: Named<FailedCallbackKind>,
    began: Named<LaunchKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ehr: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error_code: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Text<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    missing_scopes: Option<Cow<'a, Scopes>>,
}

impl<'a> From<&'a CallbackOutcome> for Outcome<'a> {
    fn from(outcome: &'a CallbackOutcome) -> Self {
        match outcome {
            CallbackOutcome::Landed {
                launch,
                secret,
                location,
                new_browser,
            } => Self {
                landed: Some(Landed {
                    launch: launch.as_str().into(),
                    secret: secret.expose_secret().into(),
                    location: location.as_str().into(),
                    new_browser: new_browser.as_ref().map(|id| id.expose_secret().into()),
                }),
                failed: None,
            },
            CallbackOutcome::Failed(failed) => Self {
                landed: None,
                failed: Some(Failed {
                    kind: Named(failed.kind),
                    began: Named(failed.began),
                    ehr: failed.ehr.as_deref().map(Into::into),
                    error_code: failed.error_code.as_deref().map(Into::into),
                    description: failed.description.as_deref().map(Into::into),
                    missing_scopes: failed.missing_scopes.as_ref().map(Cow::Borrowed),
                }),
            },
        }
    }
}

impl TryFrom<Outcome<'_>> for CallbackOutcome {
    type Error = FormatError;

    fn try_from(form: Outcome<'_>) -> Result<Self, FormatError> {
        match (form.landed, form.failed) {
            (Some(landed), None) => Ok(Self::Landed {
                launch: LaunchId::parse(&landed.launch).ok_or(FormatError::Malformed)?,
                secret: LaunchSecret::new(landed.secret),
                location: landed.location.into_owned(),
                new_browser: landed.new_browser.map(BrowserId::new),
            }),
            (None, Some(failed)) => Ok(Self::Failed(FailedCallback {
                kind: failed.kind.0,
                began: failed.began.0,
                ehr: failed.ehr.map(Cow::into_owned),
                error_code: failed.error_code.map(Cow::into_owned),
                description: failed.description.map(Cow::into_owned),
                missing_scopes: failed.missing_scopes.map(Cow::into_owned),
            })),
            _ => Err(FormatError::Malformed),
        }
    }
}
