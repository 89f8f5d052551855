//! The name of the EHR in its Brand Bundle: [`BrandIdentifier`].

/// The FHIR `Identifier` that names this EHR's brand in its Brand Bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandIdentifier {
    pub(super) system: Option<String>,
    pub(super) value: Option<String>,
}

impl BrandIdentifier {
    /// The namespace of the value.
    #[must_use]
    pub fn system(&self) -> Option<&str> {
        self.system.as_deref()
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }
}
