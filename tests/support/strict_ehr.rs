//! The EHR of these tests: as narrow as the specification can be read, so that what passes there passes everywhere.

use actix_smart_auth::sandbox::{SandboxBuilder, SandboxServer, Strictness};

pub(crate) fn strict_ehr() -> SandboxBuilder {
    SandboxServer::builder().strictness(Strictness::AsSpecified)
}
