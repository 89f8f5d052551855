//! Whose certificates are trusted: [`Roots`].

/// Which root certificates a server's certificate may lead to, beside those of
/// [`extra_root_certificates`](crate::SmartConfigBuilder::extra_root_certificates).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Roots {
    /// Mozilla's list, as it was when `webpki-roots` was published that this program is built with. The default: the same on
    /// each machine.
    #[default]
    BuiltIn,
    /// Mozilla's list, and the store of the operating system, where hospitals install the authority of their own.
    BuiltInAndSystem,
    /// The store of the operating system alone.
    System,
}
