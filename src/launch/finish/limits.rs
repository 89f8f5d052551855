//! How long a code exchange may be under way.

use std::time::Duration;

use crate::{
    config::{Settings, on_launch::LaunchHook},
    store,
};

/// So many documents may have to be fetched to verify an id token: the issuer's configuration, its keys, and its keys twice
/// more where the one that signed is not among them (a fetch that others began may be older than the key). Keys that cannot
/// be fetched at the moment are waited for as long as one more may take.
const DOCUMENTS: u32 = 5;
/// Some of what comes before and after is kept in the store, and the store may be away for a while. Where it is away for
/// longer, the answer still comes; people are told meanwhile that it may not.
const STORE: Duration = store::BRIEF;

/// The longest time from claiming a callback to noting its answer. When it has passed and there is no answer, none comes: the
/// process was killed.
pub(super) fn longest_exchange(settings: &Settings, hook: Option<&LaunchHook>) -> Duration {
    let http = &settings.http;
    // One deadline, however many credentials are tried.
    let tokens = http.transport.connect_timeout.saturating_add(settings.tokens.deadline);
    let document = http.transport.connect_timeout.saturating_add(http.request_timeout);
    let hook = hook.map_or(Duration::ZERO, |_| settings.on_launch_timeout);
    tokens
        .saturating_add(document.saturating_mul(DOCUMENTS))
        .saturating_add(hook)
        .saturating_add(STORE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ehr, LandAt, SmartConfig, SmartConfigBuilder};

    fn builder() -> SmartConfigBuilder {
        let ehr = Ehr::builder("https://ehr.example/fhir")
            .client_id("app")
            .redirect_uri("https://app.example/auth/callback")
            .scopes("launch/patient");
        SmartConfig::builder().ehr(ehr)
    }

    fn longest(builder: SmartConfigBuilder) -> u64 {
        let config = builder.build().unwrap();
        let runtime = config.runtime();
        longest_exchange(&runtime.settings, runtime.on_launch.as_ref()).as_secs()
    }

    #[test]
    fn it_is_what_the_ehr_the_documents_the_hook_and_the_store_may_take_together() {
        let seconds = Duration::from_secs;
        let (connect, deadline, request, hook, store) = (5, 60, 10, 10, 30);
        assert_eq!(longest(builder()), connect + deadline + 5 * (connect + request) + store);
        let with_hook = || builder().on_launch(|_| async { Ok(LandAt::Default) });
        assert_eq!(longest(with_hook()) - longest(builder()), hook);
        for (changed, more) in [
            (with_hook().on_launch_timeout(seconds(hook + 7)), 7),
            (with_hook().token_deadline(seconds(deadline + 7)), 7),
            (with_hook().request_timeout(seconds(request + 7)), 5 * 7),
            (with_hook().connect_timeout(seconds(connect + 7)), 6 * 7),
        ] {
            assert_eq!(longest(changed) - longest(with_hook()), more);
        }
    }

    #[test]
    fn times_that_are_out_of_all_bounds_do_not_overflow() {
        let endless = builder().token_deadline(Duration::MAX).request_timeout(Duration::MAX);
        assert_eq!(longest(endless), Duration::MAX.as_secs());
    }
}
