//! Servers as people met them: each file in `cases/files` is one EHR, reduced from a public report, with what has to
//! happen at it. What is not in a file is as at an EHR that does everything as the specifications say.
//!
//! A case that needs an option of the registration has it; without the option it must not pass.

mod file;
mod options;
mod run;
mod server;

/// One test for each file, of the same name.
macro_rules! cases {
    ($($name:ident)*) => {
        $(
            #[actix_web::test]
            async fn $name() {
                run::run(stringify!($name), include_str!(concat!("cases/files/", stringify!($name), ".json"))).await;
            }
        )*

        #[test]
        fn every_file_is_a_test() {
            let listed = [$(concat!(stringify!($name), ".json")),*];
            let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/cases/files");
            for entry in std::fs::read_dir(directory).unwrap() {
                let file = entry.unwrap().file_name().into_string().unwrap();
                assert!(listed.contains(&file.as_str()), "{file} is in no test");
            }
        }
    };
}

cases! {
    another_token_type
    assertion_for_the_issuer
    bad_audience_without_state
    basic_and_no_client_id_in_the_body
    blanks_around_addresses
    blanks_around_tokens
    clock_two_minutes_ahead
    conformant
    dead_refresh_token_as_a_message
    dead_refresh_token_as_a_sentence
    dead_refresh_token_as_invalid_request
    dead_refresh_token_in_a_text
    denied_without_state
    eddsa
    empty_scope_on_refresh
    encounter_as_number
    encounter_as_reference
    encounter_of_another_type
    error_false_beside_a_token
    es512
    fhir_user_in_an_array
    gzip_unasked
    id_tokens_of_another_issuer
    keycloak_realm_with_secret_post_alone
    kid_and_keys_without_kid
    launch_address_with_iss_alone
    metadata_elsewhere_on_the_same_host
    mixed_fhir_context
    more_parameters_in_the_callback
    no_kid_and_several_keys
    no_token_type
    no_token_type_on_refresh
    not_acceptable_without_fhir_json
    patient_as_address
    patient_as_number
    patient_as_reference
    patient_as_reference_on_refresh
    patient_at_another_server
    patient_of_another_type
    patient_on_refresh_only
    ps256
    ps384
    ps512
    raw_plus_in_the_code
    rs384
    rs512
    scopes_with_commas
    secret_in_the_body_only
    secret_in_the_body_though_unlisted
    two_audiences_and_no_azp
    two_keys_of_one_kid
}
