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
    assert_eq!(longest(builder()), connect + deadline + 6 * (connect + request) + store);
    let with_hook = || builder().on_launch(|_| async { Ok(LandAt::Default) });
    assert_eq!(longest(with_hook()) - longest(builder()), hook);
    for (changed, more) in [
        (with_hook().on_launch_timeout(seconds(hook + 7)), 7),
        (with_hook().token_deadline(seconds(deadline + 7)), 7),
        (with_hook().request_timeout(seconds(request + 7)), 6 * 7),
        (with_hook().connect_timeout(seconds(connect + 7)), 7 * 7),
    ] {
        assert_eq!(longest(changed) - longest(with_hook()), more);
    }
}
