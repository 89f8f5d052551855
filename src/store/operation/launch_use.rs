//! Whether somebody is at work: [`LaunchUse`].

/// Whether a request counts as a use of its launch.
///
/// A launch that nobody uses ends after [`Lifetimes::launch_idle`](crate::store::Lifetimes::launch_idle). A page that asks or
/// reloads by itself keeps it open for as long as the tab is there, also when everybody has gone home. Such requests do
/// not count: give the value to a resource, a scope or the App with `.app_data(LaunchUse::DoesNotCount)` (the plain value,
/// not in `web::Data`), or to a guard ([`SmartGuard::launch_use`](crate::SmartGuard::launch_use)). As always with
/// `app_data` the innermost value wins. A script says it itself, with a header
/// ([`LAUNCH_USE_HEADER`](crate::LAUNCH_USE_HEADER)).
///
/// A request that does not count is answered as any other while the launch is open, and a token that is due is refreshed
/// for it. When the launch has ended it gets a page or a 401, and is never redirected to a new launch: nobody need be
/// there, and the EHR might open the chart again without asking.
///
/// # Examples
///
/// ```
/// use actix_smart_auth::{LaunchUse, SmartSession, launch_scope};
/// use actix_web::{App, web};
///
/// async fn summary(_: SmartSession) -> &'static str {
///     "the page"
/// }
///
/// async fn new_results(_: SmartSession) -> &'static str {
///     "0"
/// }
///
/// let app = App::new().service(
///     launch_scope().route("/", web::get().to(summary)).service(
///         // The page asks every ten seconds.
///         web::resource("/new-results").app_data(LaunchUse::DoesNotCount).get(new_results),
///     ),
/// );
/// # let _ = app;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum LaunchUse {
    /// Somebody is at work: the time that the launch may be unused begins anew. The default.
    #[default]
    Counts,
    /// It is no sign that anybody is there: the launch ends as if this had not happened.
    DoesNotCount,
}

impl LaunchUse {
    /// Whether it is a use.
    #[must_use]
    pub const fn counts(self) -> bool {
        matches!(self, Self::Counts)
    }
}
