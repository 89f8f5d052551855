//! Every path of the control interface: [`ROUTES`].

use percent::decoded;

use super::{ROOT, refusal::Refusal};

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Health,
    OpenApi,
    Ehrs,
    ResetAll,
    Ehr,
    Reset,
    Settings,
    ChangeSettings,
    People,
    Clients,
    Client,
    PutClient,
    DeleteClient,
    Launch,
    Faults,
    Inject,
    ClearFaults,
    Requests,
    ClearRequests,
    Grants,
    RevokeEverything,
    RevokeGrant,
    GrantOfToken,
    ExpireAccessTokens,
    RotateKey,
}

/// A method and a path, and what the description says of them.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    /// Below [`ROOT`]; `{ehr}` and so on stand for one segment.
    pub(super) path: &'static str,
    pub(super) action: Action,
    pub(super) summary: &'static str,
    /// The schema of the body that it takes.
    pub(super) takes: Option<&'static str>,
    /// The status of success, and the schema of its body.
    pub(super) gives: (u16, Option<&'static str>),
}

const fn route(
    (method, path): (&'static str, &'static str),
    action: Action,
    summary: &'static str,
    takes: Option<&'static str>,
    gives: (u16, Option<&'static str>),
) -> Route {
    Route {
        method,
        path,
        action,
        summary,
        takes,
        gives,
    }
}

pub(super) const ROUTES: &[Route] = &[
    route(
        ("GET", "/health"),
        Action::Health,
        "Whether all EHRs answer.",
        None,
        (200, Some("Health")),
    ),
    route(
        ("GET", "/openapi.json"),
        Action::OpenApi,
        "This description.",
        None,
        (200, Some("Anything")),
    ),
    route(
        ("GET", "/ehrs"),
        Action::Ehrs,
        "The EHRs and their addresses.",
        None,
        (200, Some("Ehrs")),
    ),
    route(
        ("POST", "/reset"),
        Action::ResetAll,
        "Takes every EHR back to how it started.",
        None,
        (204, None),
    ),
    route(
        ("GET", "/ehrs/{ehr}"),
        Action::Ehr,
        "Its addresses.",
        None,
        (200, Some("Ehr")),
    ),
    route(
        ("POST", "/ehrs/{ehr}/reset"),
        Action::Reset,
        "Takes it back to how it started: clients, settings and faults. Grants, tokens, what was received and what was written are forgotten.",
        None,
        (204, None),
    ),
    route(
        ("GET", "/ehrs/{ehr}/settings"),
        Action::Settings,
        "All settings as they are now.",
        None,
        (200, Some("Settings")),
    ),
    route(
        ("PATCH", "/ehrs/{ehr}/settings"),
        Action::ChangeSettings,
        "Changes what is said. What is not said stays.",
        Some("Settings"),
        (200, Some("Settings")),
    ),
    route(
        ("GET", "/ehrs/{ehr}/people"),
        Action::People,
        "The patients, and who can sign in.",
        None,
        (200, Some("People")),
    ),
    route(
        ("GET", "/ehrs/{ehr}/clients"),
        Action::Clients,
        "The applications that are registered, without their secrets.",
        None,
        (200, Some("Clients")),
    ),
    route(
        ("GET", "/ehrs/{ehr}/clients/{client}"),
        Action::Client,
        "One application, without its secret.",
        None,
        (200, Some("RegisteredClient")),
    ),
    route(
        ("PUT", "/ehrs/{ehr}/clients/{client}"),
        Action::PutClient,
        "Registers an application, in place of one with the same client id.",
        Some("Client"),
        (200, Some("RegisteredClient")),
    ),
    route(
        ("DELETE", "/ehrs/{ehr}/clients/{client}"),
        Action::DeleteClient,
        "Forgets an application. Its grants stay as they are.",
        None,
        (204, None),
    ),
    route(
        ("POST", "/ehrs/{ehr}/launches"),
        Action::Launch,
        "Makes a launch. The URL in the answer is what the EHR would open; it works for one authorization.",
        Some("Launch"),
        (201, Some("LaunchUrl")),
    ),
    route(
        ("GET", "/ehrs/{ehr}/faults"),
        Action::Faults,
        "The faults that are waiting for their requests.",
        None,
        (200, Some("Faults")),
    ),
    route(
        ("POST", "/ehrs/{ehr}/faults"),
        Action::Inject,
        "Queues a fault. A request meets at most one: the one that has waited longest.",
        Some("Fault"),
        (201, Some("Fault")),
    ),
    route(
        ("DELETE", "/ehrs/{ehr}/faults"),
        Action::ClearFaults,
        "Takes all waiting faults away.",
        None,
        (204, None),
    ),
    route(
        ("GET", "/ehrs/{ehr}/requests"),
        Action::Requests,
        "What it received, oldest first. With at-least it waits until so many have come, or answers 408 with those that did.",
        None,
        (200, Some("Requests")),
    ),
    route(
        ("DELETE", "/ehrs/{ehr}/requests"),
        Action::ClearRequests,
        "Forgets what it received. Numbers go on.",
        None,
        (204, None),
    ),
    route(
        ("GET", "/ehrs/{ehr}/grants"),
        Action::Grants,
        "Every completed authorization, oldest first.",
        None,
        (200, Some("Grants")),
    ),
    route(
        ("DELETE", "/ehrs/{ehr}/grants"),
        Action::RevokeEverything,
        "Ends every grant: its tokens stop working. They stay in the list.",
        None,
        (204, None),
    ),
    route(
        ("DELETE", "/ehrs/{ehr}/grants/{grant}"),
        Action::RevokeGrant,
        "Ends one grant, by its number.",
        None,
        (204, None),
    ),
    route(
        ("POST", "/ehrs/{ehr}/grants/of-token"),
        Action::GrantOfToken,
        "The grant for which an access or refresh token was issued.",
        Some("Token"),
        (200, Some("Grant")),
    ),
    route(
        ("POST", "/ehrs/{ehr}/access-tokens/expire"),
        Action::ExpireAccessTokens,
        "Makes every access token that was issued expire now. Refresh tokens go on working.",
        None,
        (204, None),
    ),
    route(
        ("POST", "/ehrs/{ehr}/keys/rotate"),
        Action::RotateKey,
        "Makes another key sign id tokens.",
        Some("KeyRotation"),
        (200, Some("Keys")),
    ),
];

/// The segments of a path that stand for something.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Segments {
    pub(super) ehr: String,
    /// The client id, or the number of the grant.
    pub(super) which: String,
}

/// # Errors
/// When no route has this path, or none of those that have it takes this method.
pub(super) fn find(method: &str, path: &str) -> Result<(Action, Segments), Refusal> {
    let below = path.strip_prefix(ROOT).ok_or(Refusal::NoSuchPath)?;
    let here: Vec<(&Route, Segments)> = ROUTES
        .iter()
        .filter_map(|route| Some((route, segments(route.path, below)?)))
        .collect();
    let allowed: Vec<&str> = here.iter().map(|(route, _)| route.method).collect();
    if allowed.is_empty() {
        return Err(Refusal::NoSuchPath);
    }
    let allowed = allowed.join(", ");
    let found = here.into_iter().find(|(route, _)| route.method == method);
    found
        .map(|(route, segments)| (route.action, segments))
        .ok_or(Refusal::NoSuchMethod(allowed))
}

/// What stands at the places of the template, if the path is one of it.
fn segments(template: &str, path: &str) -> Option<Segments> {
    let mut found = Segments::default();
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    for (wanted, segment) in template.split('/').zip(path.split('/')) {
        match wanted {
            "{ehr}" => found.ehr = decoded(segment)?,
            "{client}" | "{grant}" => found.which = decoded(segment)?,
            _ if wanted == segment => {}
            _ => return None,
        }
    }
    Some(found)
}

mod percent {
    /// A segment of a path without its percent signs. `None` where that is no text.
    pub(super) fn decoded(segment: &str) -> Option<String> {
        let mut bytes = Vec::new();
        let mut rest = segment.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'%' => hex(rest.next()?)? * 16 + hex(rest.next()?)?,
                other => other,
            });
        }
        String::from_utf8(bytes).ok()
    }

    fn hex(digit: u8) -> Option<u8> {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_with_its_segments_decoded() {
        let (action, segments) = find("PUT", "/__sandbox/ehrs/north/clients/my%20app%2F1").unwrap();
        assert_eq!(action, Action::PutClient);
        assert_eq!((segments.ehr.as_str(), segments.which.as_str()), ("north", "my app/1"));
    }

    #[test]
    fn a_path_that_is_none_and_a_method_that_is_not_taken_are_told_apart() {
        for path in [
            "/",
            "/__sandbox",
            "/__sandbox/",
            "/health",
            "/__sandbox/ehrs/a/clients/%ff",
            "/__sandbox/ehrs/a/b/c",
        ] {
            assert!(matches!(find("GET", path), Err(Refusal::NoSuchPath)), "{path}");
        }
        let refused = find("POST", "/__sandbox/ehrs/a/settings").unwrap_err();
        assert_eq!(refused.allow().as_deref(), Some("GET, PATCH"));
    }
}
