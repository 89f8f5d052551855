//! Scopes of SMART v1 in the words of v2, and the other way round.

use super::{
    permissions::Permissions,
    resource::ResourceScope,
    scopes::Scopes,
    token::{Scope, ScopeKind},
    version::ScopeVersion,
};

impl Scopes {
    /// These scopes in the words of one version, for servers that understand only that one. All that is not a
    /// resource scope stays as it is, and so does what is in that version already.
    ///
    /// - v1 to v2 is exact: `.read` is `.rs`, `.write` is `.cud`, `.*` is `.cruds`.
    /// - v2 to v1 **asks for more** where v1 has nothing narrower: any of `r` and `s` becomes `.read`, any of `c`, `u`
    ///   and `d` becomes `.write` (`.crs` becomes both), `.cruds` becomes `.*`; **search parameters are dropped**. What
    ///   is granted for the result covers these scopes.
    ///
    /// # Examples
    ///
    /// ```
    /// use actix_smart_auth::scope::{ScopeVersion, Scopes};
    ///
    /// let wanted = Scopes::parse("launch patient/Observation.rs?category=laboratory patient/Task.crus");
    /// assert_eq!(
    ///     wanted.in_version(ScopeVersion::V1),
    ///     Scopes::parse("launch patient/Observation.read patient/Task.read patient/Task.write")
    /// );
    /// ```
    #[must_use]
    pub fn in_version(&self, version: ScopeVersion) -> Self {
        let mut said: Vec<String> = Vec::new();
        for token in self.iter() {
            let scope = Scope::parse(token);
            match scope.kind() {
                ScopeKind::Resource(resource) if !is_in(&resource, version) => {
                    said.extend(words(&resource, version).map(|words| {
                        let (context, of_type) = (resource.context(), resource.resource_type());
                        format!("{}{context}/{of_type}.{words}", scope.spelling().prefix())
                    }));
                }
                _ => said.push(token.to_owned()),
            }
        }
        said.into_iter().collect()
    }
}

fn is_in(scope: &ResourceScope<'_>, version: ScopeVersion) -> bool {
    scope.version() == version && (version == ScopeVersion::V2 || !scope.is_constrained())
}

/// What stands behind the dot, once or twice.
fn words(scope: &ResourceScope<'_>, version: ScopeVersion) -> impl Iterator<Item = String> {
    let permissions = scope.permissions();
    let (first, second) = match version {
        ScopeVersion::V2 => {
            let query = scope.query().map(|query| format!("?{query}")).unwrap_or_default();
            (Some(format!("{permissions}{query}")), None)
        }
        ScopeVersion::V1 if permissions == Permissions::ALL => (Some("*".to_owned()), None),
        ScopeVersion::V1 => {
            let word = |of, word: &str| permissions.intersects(of).then(|| word.to_owned());
            (word(Permissions::V1_READ, "read"), word(Permissions::V1_WRITE, "write"))
        }
    };
    first.into_iter().chain(second)
}
