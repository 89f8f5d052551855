//! The schema of the database that holds the store: its name, and the statements that make it.

/// The newest migration, and so the schema that this version of the crate calls.
pub(super) const VERSION: i32 = 3;

/// In the files, what stands for the schema's name.
const PLACEHOLDER: &str = "smart_auth.";
const VERSION_TABLE: &str = include_str!("migrations/version.sql");

/// A step from one version of the schema to the next.
pub(super) struct Migration {
    pub(super) version: i32,
    /// The oldest version that a process may have been made for to work with this one.
    usable_from: i32,
    text: &'static str,
}

/// In their order. Processes of the version before go on working while a new one is put in place: a function that is called by them is not
/// changed but for one that answers the same.
pub(super) const MIGRATIONS: [Migration; 3] = [
    Migration {
        version: 1,
        usable_from: 1,
        text: include_str!("migrations/1.sql"),
    },
    Migration {
        version: 2,
        usable_from: 1,
        text: include_str!("migrations/2.sql"),
    },
    Migration {
        version: 3,
        usable_from: 1,
        text: include_str!("migrations/3.sql"),
    },
];

/// The name of a schema: lower-case letters, digits and underscores.
#[derive(Debug, Clone)]
pub(super) struct Schema(String);

impl Schema {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let is_letter = |c: char| c.is_ascii_lowercase() || c == '_';
        let begins_well = name.starts_with(is_letter) && !name.starts_with("pg_");
        let is_name = begins_well && name.len() <= 63 && name.chars().all(|c| is_letter(c) || c.is_ascii_digit());
        is_name.then(|| Self(name.to_owned()))
    }

    pub(super) fn name(&self) -> &str {
        &self.0
    }

    /// A statement of the files, for this schema.
    fn filled_in(&self, text: &str) -> String {
        text.replace(PLACEHOLDER, &format!("\"{}\".", self.0))
    }

    /// One of its functions or tables.
    pub(super) fn member(&self, name: &str) -> String {
        format!("\"{}\".{name}", self.0)
    }

    pub(super) fn create(&self) -> String {
        format!("CREATE SCHEMA \"{}\"", self.0)
    }

    pub(super) fn version_table(&self) -> String {
        self.filled_in(VERSION_TABLE)
    }

    /// A migration, and the note that it was applied.
    pub(super) fn migration(&self, migration: &Migration) -> String {
        let Migration {
            version,
            usable_from,
            text,
        } = migration;
        let noted = self.member("schema_version");
        format!(
            "{}\nINSERT INTO {noted} (version, usable_from) VALUES ({version}, {usable_from});\n",
            self.filled_in(text)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_would_need_quoting_is_refused() {
        for name in ["smart_auth", "a", "_1", &"a".repeat(63)] {
            assert!(Schema::parse(name).is_some(), "{name}");
        }
        for name in [
            "",
            "1a",
            "Smart",
            "a-b",
            "a\"b",
            "a.b",
            "pg_catalog",
            "ä",
            &"a".repeat(64),
        ] {
            assert!(Schema::parse(name).is_none(), "{name}");
        }
    }

    #[test]
    fn migrations_stand_in_their_order_and_the_last_is_the_one_that_is_called() {
        for (number, migration) in (1..).zip(&MIGRATIONS) {
            assert_eq!(migration.version, number);
            assert!(migration.usable_from <= number);
        }
        assert_eq!(MIGRATIONS.last().map(|last| last.version), Some(VERSION));
    }

    #[test]
    fn no_statement_names_another_schema() {
        let schema = Schema::parse("other").unwrap();
        for migration in &MIGRATIONS {
            let all = schema.version_table() + &schema.migration(migration);
            assert!(all.contains("FUNCTION \"other\".") && !all.contains("smart_auth"));
        }
    }
}
