//! What a user of the server's access list needs, as the guide says it.

use std::{collections::BTreeSet, time::Duration};

use actix_smart_auth::store::{RedisStore, acceptance};

use crate::support::{RedisServer, keys, prefix};

/// The words of the guide's `ACL SETUSER`.
fn rights_of_the_guide() -> Vec<&'static str> {
    let guide = include_str!("../../src/guide/stores.md");
    let (_, command) = guide.split_once("```text\nACL SETUSER ").unwrap();
    let (rights, _) = command.split_once("\n```").unwrap();
    rights.split_whitespace().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_user_with_the_rights_of_the_guide_keeps_every_promise() {
    let Some(server) = RedisServer::start(&[]) else { return };
    let mut command = vec!["ACL", "SETUSER"];
    command.extend(rights_of_the_guide());
    server.command(&command);
    let url = format!("redis://smart:password@127.0.0.1:{}", server.port);
    let store = |clock| {
        RedisStore::builder(&*url)
            .sealing_keys(keys(&[1]))
            .prefix(format!("smart:{}", prefix()))
            .timed_by(clock)
            .uses_noted_every(Duration::ZERO)
            .build()
            .unwrap()
    };
    acceptance::run(store).await;
}

/// In the scripts, and beside them.
#[test]
fn the_guide_names_every_command_that_is_used_and_no_other() {
    let scripts = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/redis/scripts")).unwrap();
    let mut used: BTreeSet<String> = ["+eval", "+evalsha", "+ping"].map(str::to_owned).into();
    for script in scripts {
        let script = std::fs::read_to_string(script.unwrap().path()).unwrap();
        let calls = script
            .split("redis.call('")
            .chain(script.split("redis.pcall('"))
            .skip(1);
        let names = calls.filter_map(|call| call.split_once('\'')).map(|(name, _)| name);
        let commands = names.filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase()));
        used.extend(commands.map(|name| format!("+{}", name.to_lowercase())));
    }
    let rights = rights_of_the_guide();
    let named = rights.iter().filter(|right| right.starts_with('+'));
    assert_eq!(named.map(|right| (*right).to_owned()).collect::<BTreeSet<_>>(), used);
}
