//! A configuration that was checked, and at which nothing is at work yet: [`Checked`].

use std::{sync::Arc, time::Duration};

use super::{
    brand_directory::CheckedBrands,
    ehr::Ehr,
    ehr_names::EhrNames,
    first_use::{FirstUse, RegistrationStore},
    on_launch::LaunchHook,
    redirect_uris::RedirectRules,
    resolver::EhrResolver,
    settings::Settings,
};
use crate::{
    audit::AuditSettings,
    protocol::{client_auth::PublicJwk, network_guard::AddressGuard},
    store::{SealingKeys, TokenStore},
    time::Clock,
    transport::HttpTransport,
};

pub(crate) struct Checked {
    pub(crate) settings: Settings,
    pub(crate) ehrs: Vec<Arc<Ehr>>,
    pub(crate) resolver: Option<CheckedResolver>,
    pub(crate) redirect_rules: RedirectRules,
    /// Keys that are published whichever EHRs there are.
    pub(crate) extra_keys: Vec<PublicJwk>,
    pub(crate) store: TokenStore,
    pub(crate) sealing: SealingKeys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) on_launch: Option<LaunchHook>,
    /// `None` for awc.
    pub(crate) transport: Option<Arc<dyn HttpTransport>>,
    pub(crate) audit: AuditSettings,
    pub(crate) ehr_names: EhrNames,
    /// For what EHRs of the configuration link.
    pub(crate) guard: AddressGuard,
}

/// What finds EHRs that the configuration does not have: at least one of the three.
pub(crate) struct CheckedResolver {
    pub(crate) resolver: Option<Arc<dyn EhrResolver>>,
    /// Asked for what that does not have.
    pub(crate) first_use: Option<Arc<dyn FirstUse>>,
    /// `None`: the token store.
    pub(crate) registration_store: Option<Arc<dyn RegistrationStore>>,
    /// What it does not know.
    pub(crate) brands: Option<CheckedBrands>,
    /// How long its answers are believed.
    pub(crate) ttl: Duration,
    /// For the requests to its EHRs.
    pub(crate) guard: AddressGuard,
}
