//! What the fuzzer found, and what it began with, read again with an ordinary toolchain.

use std::{fs, path::Path};

/// Reads every file that is kept for a target.
fn replay(name: &str, target: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    if !fuzz.exists() {
        // The published crate goes without it.
        return;
    }
    for kept in ["seeds", "corpus"] {
        let mut files = 0;
        for entry in fs::read_dir(fuzz.join(kept).join(name)).unwrap() {
            let path = entry.unwrap().path();
            // What it prints is shown when the target panics.
            println!("{}", path.display());
            target(&fs::read(path).unwrap());
            files += 1;
        }
        assert!(files > 0, "nothing is kept in fuzz/{kept}/{name}");
    }
}

macro_rules! replays {
    ($($test:ident = $target:ident;)+) => {$(
        #[test]
        fn $test() {
            replay(stringify!($target), super::$target);
        }
    )+};
}

replays! {
    kept_inputs_break_no_promise_of_scopes = scope;
    kept_inputs_break_no_promise_of_metadata = metadata;
    kept_inputs_break_no_promise_of_token_responses = token_response;
    kept_inputs_break_no_promise_of_id_tokens = id_token;
    kept_inputs_break_no_promise_of_callback_queries = callback_query;
    kept_inputs_break_no_promise_of_return_to = return_to;
    kept_inputs_break_no_promise_of_iss_matching = iss;
    kept_inputs_break_no_promise_of_stored_formats = stored;
    kept_inputs_break_no_promise_of_patient_facts = patient_facts;
    kept_inputs_break_no_promise_of_styles = smart_style;
    kept_inputs_break_no_promise_of_names_in_certificates = certificate_names;
    kept_inputs_break_no_promise_of_pages_of_a_search = bundle;
    kept_inputs_break_no_promise_of_outcomes = outcome;
}
