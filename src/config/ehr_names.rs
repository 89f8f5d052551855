//! [`EhrNames`]: what people read where they choose an EHR of the configuration.

use crate::protocol::brands::BrandLogos;

/// What people read where they choose among the EHRs of the configuration
/// ([`SmartConfigBuilder::ehr_names`](crate::SmartConfigBuilder::ehr_names)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EhrNames {
    /// [`EhrBuilder::name`](crate::EhrBuilder::name). The default.
    #[default]
    Configured,
    /// What the EHR says of itself: names and places of the brand bundle that its metadata links (`user_access_brand_bundle`; SMART App
    /// Launch 2.2, User-access Brands and Endpoints), with logos or without.
    ///
    /// Of a bundle only what leads to this very FHIR server is used, so that no EHR speaks for another, and nothing of it registers
    /// anything or changes where a launch goes. Where there is no bundle, or it cannot be fetched, it is the configured name.
    Brands(BrandLogos),
}
