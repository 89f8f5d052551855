//! What a resource scope allows: [`Permissions`], a set of the letters `cruds`.

use std::fmt;

use super::{error::ScopeError, strictness::Strictness, version::ScopeVersion};

/// A set of the interactions `c`, `r`, `u`, `d` and `s` of SMART App Launch 2.2.
///
/// `Display` gives the letters in their order, for example `rs`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u8);

/// The letters in their order, as in the specification.
const LETTERS: [(char, Permissions); 5] = [
    ('c', Permissions::CREATE),
    ('r', Permissions::READ),
    ('u', Permissions::UPDATE),
    ('d', Permissions::DELETE),
    ('s', Permissions::SEARCH),
];

impl Permissions {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// `c`: create.
    pub const CREATE: Self = Self(1);
    /// `r`: read, also of a version, and the history of one resource.
    pub const READ: Self = Self(2);
    /// `u`: update and patch.
    pub const UPDATE: Self = Self(4);
    /// `d`: delete.
    pub const DELETE: Self = Self(8);
    /// `s`: search, and the history of a type or of the server.
    pub const SEARCH: Self = Self(16);
    /// `.read` of SMART v1: `rs`.
    pub const V1_READ: Self = Self::READ.union(Self::SEARCH);
    /// `.write` of SMART v1: `cud`.
    pub const V1_WRITE: Self = Self::CREATE.union(Self::UPDATE).union(Self::DELETE);
    /// `.*` of SMART v1: `cruds`.
    pub const ALL: Self = Self::V1_READ.union(Self::V1_WRITE);

    /// Whether all of the other are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether one of the other is among these.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing is allowed.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Reads what stands behind the dot of a resource scope. Epic writes `.Read`, hence the tolerance for capitals.
    pub(super) fn read(written: &str, strictness: Strictness) -> Result<(Self, ScopeVersion), ScopeError> {
        let lower;
        let written = match strictness {
            Strictness::Strict => written,
            Strictness::Tolerant => {
                lower = written.to_ascii_lowercase();
                lower.as_str()
            }
        };
        match written {
            "" => Err(ScopeError::EmptyPermissions),
            "read" => Ok((Self::V1_READ, ScopeVersion::V1)),
            "write" => Ok((Self::V1_WRITE, ScopeVersion::V1)),
            "*" => Ok((Self::ALL, ScopeVersion::V1)),
            letters => Ok((Self::of_letters(letters)?, ScopeVersion::V2)),
        }
    }

    fn of_letters(letters: &str) -> Result<Self, ScopeError> {
        let mut all = Self::NONE;
        for letter in letters.chars() {
            let Some((_, permission)) = LETTERS.iter().find(|(known, _)| *known == letter) else {
                return Err(ScopeError::UnknownPermission(letter));
            };
            if all.contains(*permission) {
                return Err(ScopeError::RepeatedPermission(letter));
            }
            // A later letter has a higher bit. The same one is repeated, and was refused.
            if all.0 > permission.0 {
                return Err(ScopeError::PermissionsOutOfOrder(letter));
            }
            all = all.union(*permission);
        }
        Ok(all)
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LETTERS
            .iter()
            .filter(|(_, permission)| self.contains(*permission))
            .try_for_each(|(letter, _)| write!(f, "{letter}"))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Permissions({self})")
    }
}
