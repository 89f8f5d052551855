//! What the EHR's list says of the scopes, and what follows from those that are not asked for.

use super::{check::Check, finding::Findings};
use crate::{
    config::{Ehr, misspelled_types, scopes_of_any_launch},
    protocol::{metadata::ServerMetadata, scope::Scopes},
};

/// How scopes are configured.
const SETTING: &str = "SMART_SCOPES (`scopes`)";

pub(super) fn look(ehr: &Ehr, metadata: Option<&ServerMetadata>, findings: &mut Findings) {
    let asked = scopes_of_any_launch(ehr.quirks(), ehr.scopes());
    let is_misspelled = say_misspelled(ehr.scopes(), findings);
    match metadata.map(ServerMetadata::scopes_supported) {
        None => {}
        Some(None) => findings.ok(Check::Scopes, "The EHR does not list the scopes that it knows."),
        Some(Some(listed)) => say_unlisted(&asked, listed, is_misspelled, findings),
    }
    consequences(&asked, findings);
}

/// Says whether there are any. The list of an EHR does not show them where it has a wildcard that covers every name.
fn say_misspelled(scopes: &Scopes, findings: &mut Findings) -> bool {
    let mut is_misspelled = false;
    for misspelled in misspelled_types(scopes) {
        is_misspelled = true;
        findings.warning(
            Check::Scopes,
            format!("The {misspelled}"),
            format!(
                "Write `{}` in {SETTING}, unless the EHR has a type of that name.",
                misspelled.meant
            ),
        );
    }
    is_misspelled
}

fn say_unlisted(asked: &Scopes, listed: &[String], is_misspelled: bool, findings: &mut Findings) {
    let listed: Scopes = listed.iter().map(String::as_str).collect();
    let unlisted: Scopes = asked.iter().filter(|scope| !is_listed(scope, &listed)).collect();
    if unlisted.is_empty() {
        // A wildcard covers a misspelled name too, and that is not good news.
        if !is_misspelled {
            findings.ok(Check::Scopes, "The EHR lists every scope that a launch asks for.");
        }
        return;
    }
    findings.warning(
        Check::Scopes,
        format!(
            "The EHR does not list {unlisted}. Its list need not be complete; what is not granted will be missing."
        ),
        format!("Compare {SETTING} with the EHR's documentation and with what is registered there."),
    );
}

/// Whether the list has the scope, or one that covers it.
fn is_listed(scope: &str, listed: &Scopes) -> bool {
    listed.contains(scope) || (scope.contains('/') && listed.covers(&Scopes::parse(scope)))
}

fn consequences(asked: &Scopes, findings: &mut Findings) {
    if !asked.contains("openid") {
        findings.warning(
            Check::Scopes,
            "Nobody asks who signs in (`openid`): two people at one workstation cannot be told apart.",
            format!("Add `openid fhirUser` to {SETTING}, unless the EHR does not offer it."),
        );
    }
    if !asked.contains("offline_access") && !asked.contains("online_access") {
        findings.warning(
            Check::Scopes,
            "No refresh token is asked for: a launch ends with its first access token, often after 5 to 60 minutes.",
            format!("Add `online_access` (while the person is signed in at the EHR) or `offline_access` to {SETTING}, and have it registered."),
        );
    }
}
