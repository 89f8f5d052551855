//! The root certificates of the operating system: [`system_roots`].

use rustls::RootCertStore;

use crate::transport::Certificates;

/// Those that can be used, or `None` where there are none.
///
/// Old stores hold certificates that no library reads. They are left out, as browsers leave them out.
pub(super) fn system_roots() -> Option<Certificates> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a part of the certificate store of the operating system cannot be read");
    }
    let mut trial = RootCertStore::empty();
    let usable: Vec<_> = found
        .certs
        .into_iter()
        .filter(|der| trial.add(der.clone()).is_ok())
        .collect();
    tracing::debug!(
        count = usable.len(),
        "the certificate store of the operating system was read"
    );
    let usable: Vec<Vec<u8>> = usable.into_iter().map(|der| der.to_vec()).collect();
    (!usable.is_empty()).then(|| usable.into())
}
