//! Calls of the functions in the database: [`Function`], [`Call`], [`Reply`].

use std::time::Duration;

use tokio_postgres::{
    Row,
    types::{FromSqlOwned, ToSql, Type},
};

use super::schema::Schema;
use crate::{
    store::{Stamped, StoreError},
    time::Timestamp,
};

/// Larger numbers would overflow when times are added up. 100,000 years.
const LARGEST: i64 = 1 << 52;

/// What a connection is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Reads,
    /// May hang: while a standby is away, for as long as an operation may take.
    Writes,
}

macro_rules! functions {
    ($($variant:ident = $name:literal($($type:ident),*),)+) => {
        /// A function of the schema.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) enum Function {
            $($variant,)+
        }

        impl Function {
            /// Its name.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The types of its arguments, the time first.
            pub(super) const fn types(self) -> &'static [Type] {
                match self {
                    $(Self::$variant => &[Type::INT8, $(Type::$type),*],)+
                }
            }
        }
    };
}

functions! {
    Time = "store_time"(),
    LaunchOpen = "launch_open"(BYTEA, BYTEA, INT8, INT8, INT8, INT8, INT8, TEXT, TEXT, TEXT_ARRAY, BYTEA, BYTEA, BYTEA),
    LaunchLoad = "launch_load"(BYTEA, INT8, INT8, INT8, BOOL, INT8, BYTEA),
    LaunchReplace = "launch_replace"(BYTEA, INT8, TEXT, BYTEA, BYTEA, BYTEA),
    LaunchEnd = "launch_end"(BYTEA, INT8, TEXT, INT8),
    BrowserEndAll = "browser_end_all"(BYTEA, INT8, TEXT),
    BrowserLaunches = "browser_launches"(BYTEA),
    LeaseAcquire = "lease_acquire"(BYTEA, BYTEA, INT8),
    LeaseRelease = "lease_release"(BYTEA, BYTEA),
    PendingClaim = "pending_claim"(BYTEA, BYTEA, INT8, BYTEA),
    PendingRelease = "pending_release"(BYTEA, BYTEA, INT8),
    PendingFinish = "pending_finish"(BYTEA, BYTEA, BYTEA),
    MemoRemember = "memo_remember"(BYTEA, INT2, BYTEA, INT4, INT8),
    MemoRecall = "memo_recall"(BYTEA, INT2),
    ValueLoad = "value_load"(BYTEA),
    ValueSwap = "value_swap"(BYTEA, BYTEA, BYTEA, INT8),
    Sweep = "sweep"(INT8),
}

impl Function {
    /// Whether it can wait for the disk, a standby or somebody's lock for as long as an operation may take. Loading a launch does so in rare
    /// moments only, and pages have to go on.
    pub(super) const fn work(self) -> Work {
        match self {
            Self::Time | Self::LaunchLoad | Self::BrowserLaunches | Self::MemoRecall | Self::ValueLoad => Work::Reads,
            Self::LaunchOpen
            | Self::LaunchReplace
            | Self::LaunchEnd
            | Self::BrowserEndAll
            | Self::LeaseAcquire
            | Self::LeaseRelease
            | Self::PendingClaim
            | Self::PendingRelease
            | Self::PendingFinish
            | Self::MemoRemember
            | Self::ValueSwap
            | Self::Sweep => Work::Writes,
        }
    }

    /// The statement that calls it.
    pub(super) fn statement(self, schema: &Schema) -> String {
        let arguments: Vec<_> = (1..=self.types().len()).map(|number| format!("${number}")).collect();
        format!("SELECT * FROM {}({})", schema.member(self.name()), arguments.join(", "))
    }
}

/// One call: the function, and its arguments after the time, in their order.
pub(super) struct Call {
    function: Function,
    arguments: Vec<Box<dyn ToSql + Send + Sync>>,
}

impl Call {
    pub(super) fn new(function: Function) -> Self {
        Self {
            function,
            arguments: vec![Box::new(None::<i64>)],
        }
    }

    /// With the time of a test in the place of the server's.
    pub(super) fn timed(mut self, now: Option<Timestamp>) -> Self {
        if let (Some(now), Some(first)) = (now, self.arguments.first_mut()) {
            *first = Box::new(moment(now));
        }
        self
    }

    pub(super) const fn function(&self) -> Function {
        self.function
    }

    pub(super) fn arguments(&self) -> impl ExactSizeIterator<Item = &(dyn ToSql + Sync)> {
        self.arguments.iter().map(|argument| {
            let argument: &(dyn ToSql + Sync) = argument.as_ref();
            argument
        })
    }

    pub(super) fn with(mut self, argument: impl ToSql + Send + Sync + 'static) -> Self {
        self.arguments.push(Box::new(argument));
        self
    }

    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        self.with(bytes.to_vec())
    }

    pub(super) fn time(self, at: Timestamp) -> Self {
        self.with(moment(at))
    }

    pub(super) fn span(self, span: Duration) -> Self {
        self.with(i64::try_from(span.as_millis()).unwrap_or(LARGEST).min(LARGEST))
    }
}

fn moment(at: Timestamp) -> i64 {
    i64::try_from(at.as_millis()).unwrap_or(LARGEST).min(LARGEST)
}

/// A moment, or a number, as the database has it.
pub(super) fn timestamp(millis: i64) -> Result<Timestamp, StoreError> {
    let millis = u64::try_from(millis).map_err(|_| StoreError::Unreadable)?;
    Ok(Timestamp::from_millis(millis))
}

/// What a function answered: one row, the store's time first.
pub(super) struct Reply(Row);

impl Reply {
    pub(super) const fn new(row: Row) -> Self {
        Self(row)
    }

    /// A column after the time, counted from one.
    pub(super) fn get<T: FromSqlOwned>(&self, column: usize) -> Result<T, StoreError> {
        self.0.try_get(column).map_err(|_| StoreError::Unreadable)
    }

    pub(super) fn at(&self) -> Result<Timestamp, StoreError> {
        timestamp(self.get(0)?)
    }

    /// The answer, with the time by which it was judged.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Self) -> Result<T, StoreError>) -> Result<Stamped<T>, StoreError> {
        Ok(Stamped::new(read(self)?, self.at()?))
    }
}
