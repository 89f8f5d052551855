//! What an error of PostgreSQL means: [`Fault`].

use tokio_postgres::Error;

use crate::store::StoreError;

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection is gone, or leads to a server that does not write any more; another one may do.
    Broken,
    /// This connection is of no use any more, or two operations waited for each other: nothing was done. It says nothing of the others.
    Unusable,
    /// All connections are taken. One may be free soon.
    Crowded,
    /// The server answered with an error.
    Answered(StoreError),
}

impl Fault {
    pub(super) fn of(error: &Error) -> Self {
        error.code().map_or(Self::Broken, |code| Self::of_code(code.code()))
    }

    fn of_code(code: &str) -> Self {
        match code {
            // The server goes down, or comes up.
            "57P01" | "57P02" | "57P03" | "57P05" => Self::Broken,
            "53300" => Self::Crowded,
            // Two waited for each other, which others' statements can bring about.
            "40001" | "40P01" => Self::Unusable,
            // A statement that the connection knew is gone, or gives something else since a migration; or its backend is confused.
            "26000" | "0A000" | "XX000" => Self::Unusable,
            "25006" => Self::Answered(StoreError::ReadOnly),
            // No such function, table or schema.
            "42883" | "42P01" | "3F000" => Self::Answered(StoreError::Schema),
            // No such database, no right, and a host that may not come in (with 28000).
            "3D000" | "42501" => Self::Answered(StoreError::Refused),
            "53100" | "53200" | "53000" | "54000" => Self::Answered(StoreError::Full),
            "XX001" | "XX002" => Self::Answered(StoreError::Unreadable),
            _ => match code.get(..2) {
                Some("08") => Self::Broken,
                Some("28") => Self::Answered(StoreError::Refused),
                _ => Self::Answered(StoreError::Unavailable),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_of_the_server_has_its_meaning() {
        for (code, fault) in [
            ("57P01", Fault::Broken),
            ("57P03", Fault::Broken),
            ("08006", Fault::Broken),
            ("40P01", Fault::Unusable),
            ("26000", Fault::Unusable),
            ("0A000", Fault::Unusable),
            ("XX000", Fault::Unusable),
            ("53300", Fault::Crowded),
            ("25006", Fault::Answered(StoreError::ReadOnly)),
            ("42883", Fault::Answered(StoreError::Schema)),
            ("42P01", Fault::Answered(StoreError::Schema)),
            ("3F000", Fault::Answered(StoreError::Schema)),
            ("42501", Fault::Answered(StoreError::Refused)),
            ("28P01", Fault::Answered(StoreError::Refused)),
            ("28000", Fault::Answered(StoreError::Refused)),
            ("53100", Fault::Answered(StoreError::Full)),
            ("XX001", Fault::Answered(StoreError::Unreadable)),
            ("57014", Fault::Answered(StoreError::Unavailable)),
            ("22003", Fault::Answered(StoreError::Unavailable)),
        ] {
            assert_eq!(Fault::of_code(code), fault, "{code}");
        }
    }
}
