//! Why a scope that somebody wrote cannot be used: [`ScopeError`], with its token [`InvalidScope`].

/// Why a token is not a scope of SMART App Launch 2.2. Each message says how to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// There is nothing.
    #[error("is empty; name at least one scope, for example `patient/Observation.rs`")]
    Empty,
    /// A character that RFC 6749 (section 3.3) does not allow in a scope.
    #[error("contains {0:?}, which no scope may contain (RFC 6749, section 3.3)")]
    ForbiddenCharacter(char),
    /// A resource scope about something else than `patient`, `user` or `system`.
    #[error("does not begin with `patient/`, `user/` or `system/`, in lower case")]
    UnknownContext,
    /// A resource scope without a context, such as `Patient.read`.
    #[error("has no context; write `patient/`, `user/` or `system/` in front")]
    MissingContext,
    /// Neither `*` nor the name of a FHIR resource type.
    #[error("names no FHIR resource type; write it as in `patient/Observation.rs`, or `*` for every type")]
    BadResourceType,
    /// A resource scope that does not say what is allowed.
    #[error("does not say what is allowed; end it with letters out of `cruds`, for example `.rs`")]
    EmptyPermissions,
    /// A letter that is none of `c`, `r`, `u`, `d` and `s`, in a word that is neither `read` nor `write`.
    #[error(
        "has the letter {0:?}; only `c`, `r`, `u`, `d`, `s` (or the words `read`, `write`, `*`) say what is allowed"
    )]
    UnknownPermission(char),
    /// A letter twice.
    #[error("has the letter {0:?} twice")]
    RepeatedPermission(char),
    /// The letters of SMART v2 in another order than `cruds`; servers read that as they like.
    #[error("has the letter {0:?} out of order; the order is `cruds`")]
    PermissionsOutOfOrder(char),
    /// Search parameters behind `.read`, `.write` or `.*`: SMART v1 has none.
    #[error(
        "has search parameters behind a permission of SMART v1; write `.rs` for `.read`, `.cud` for `.write`, `.cruds` for `.*`"
    )]
    ConstraintInV1,
    /// Nothing behind `?`, or nothing between two `&`.
    #[error("has an empty search parameter; write `?name=value`, or leave `?` and `&` out")]
    EmptyConstraint,
    /// A search parameter without a name.
    #[error("has a search parameter without a name; write `?name=value`")]
    EmptyParameterName,
    /// A search parameter without a value.
    #[error("has a search parameter without a value; write `?name=value`")]
    EmptyParameterValue,
    /// `launch/` without the name of a context in lower case.
    #[error("is not a launch scope; write `launch`, or a resource type in lower case as in `launch/patient`")]
    BadLaunchContext,
}

/// A token of a list that is not a scope of SMART App Launch 2.2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the scope `{scope}` {reason}")]
pub struct InvalidScope {
    scope: String,
    reason: ScopeError,
}

impl InvalidScope {
    pub(crate) fn new(scope: &str, reason: ScopeError) -> Self {
        Self {
            scope: scope.to_owned(),
            reason,
        }
    }

    /// The token as it was written.
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn reason(&self) -> ScopeError {
        self.reason
    }
}
