#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| actix_smart_auth::fuzz::outcome(data));
