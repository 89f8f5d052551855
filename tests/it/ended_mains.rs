//! What a person reads when the `main` of an application ends in an error of this crate.

use std::fmt::{Debug, Display};

use actix_smart_auth::{
    backend::BackendError,
    bulk::{BulkFileError, ExportFolderError, ExportStartError, ExportStatusError},
    error::LogoError,
    pages::BrandColor,
    registration::{ClientMetadata, RegistrationError},
    store::{RedisStoreError, SealingKeys},
};

fn reads_the_same<E: Display + Debug>(error: E) {
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn errors_that_end_a_main_are_shown_as_the_text_that_a_person_is_to_read() {
    reads_the_same(SealingKeys::parse("short").unwrap_err());
    reads_the_same(RedisStoreError::NoSealingKeys);
    reads_the_same(LogoError::UnknownFormat);
    reads_the_same("blue".parse::<BrandColor>().unwrap_err());
    reads_the_same(ClientMetadata::builder("").build().unwrap_err());
    reads_the_same(RegistrationError::NoEndpoint);
    reads_the_same(BackendError::NoScopes);
    reads_the_same(ExportStartError::PatientsAtSystemLevel);
    reads_the_same(ExportStatusError::Gone);
    reads_the_same(BulkFileError::Expired {
        file: "Patient.1.ndjson".to_owned(),
    });
    reads_the_same(ExportFolderError::NotEmpty { path: "exports".into() });
}
