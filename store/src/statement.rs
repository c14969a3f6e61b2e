//! How a statement is run and a row is read: prepared once per connection, columns by name.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};
use uuid::Uuid;

use crate::error::StoreError;

pub(crate) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A value that stands in one column.
pub trait Column: Sized {
    /// What the driver reads.
    type Sql: for<'a> FromSql<'a>;
    fn from_sql(value: Self::Sql) -> Self;
}

/// A struct whose fields are columns of the same name.
pub trait FromRow: Sized {
    /// # Errors
    /// A column is missing or of another type: the statement and the struct do not belong together.
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error>;
}

macro_rules! plain_columns {
    ($($kind:ty),+) => { $(
        impl Column for $kind {
            type Sql = Self;
            fn from_sql(value: Self) -> Self {
                value
            }
        }
    )+ };
}

plain_columns!(
    Uuid,
    Vec<Uuid>,
    String,
    Vec<String>,
    i64,
    i32,
    bool,
    Vec<u8>,
    Timestamp,
    Vec<Timestamp>,
    serde_json::Value
);

macro_rules! id_columns {
    ($($kind:ident),+) => { $(
        impl Column for boomgate_domain::ids::$kind {
            type Sql = Uuid;
            fn from_sql(value: Uuid) -> Self {
                Self::from_uuid(value)
            }
        }
    )+ };
}

id_columns!(
    TenantId,
    SiteId,
    LaneId,
    DeviceId,
    ApiKeyId,
    ArrivalId,
    EventId,
    DecisionId,
    CommandId,
    StayId,
    SubscriptionId,
    BlockId,
    TariffId,
    TariffDraftId,
    ValidationId,
    ValidationCodeId,
    UserId,
    PaymentId,
    AlarmId,
    VehicleId,
    PlanId
);

impl<T: Column> Column for Option<T> {
    type Sql = Option<T::Sql>;
    fn from_sql(value: Self::Sql) -> Self {
        value.map(T::from_sql)
    }
}

pub(crate) fn column<T: Column>(row: &Row, name: &str) -> Result<T, tokio_postgres::Error> {
    row.try_get::<_, T::Sql>(name).map(T::from_sql)
}

/// Declares a struct and how it is read from a row, column by column of the same name.
macro_rules! row {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $kind:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[$field_meta])* pub $field: $kind),+ }

        impl $crate::statement::FromRow for $name {
            fn from_row(row: &tokio_postgres::Row) -> Result<Self, tokio_postgres::Error> {
                Ok(Self { $($field: $crate::statement::column(row, stringify!($field))?),+ })
            }
        }
    };
}
pub(crate) use row;

/// The rows' fields as arrays, one per column, in the order given: what `unnest` takes.
macro_rules! columns {
    ($rows:expr; $($field:ident),+ $(,)?) => {
        &[$(&$rows.iter().map(|row| &row.$field).collect::<Vec<_>>() as &(dyn tokio_postgres::types::ToSql + Sync)),+]
    };
}
pub(crate) use columns;

pub(crate) async fn query<T: FromRow>(
    client: &impl GenericClient,
    sql: &str,
    params: Params<'_>,
) -> Result<Vec<T>, StoreError> {
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, params).await?;
    Ok(rows.iter().map(T::from_row).collect::<Result<_, _>>()?)
}

pub(crate) async fn query_opt<T: FromRow>(
    client: &impl GenericClient,
    sql: &str,
    params: Params<'_>,
) -> Result<Option<T>, StoreError> {
    let statement = client.prepare_cached(sql).await?;
    let row = client.query_opt(&statement, params).await?;
    Ok(row.as_ref().map(T::from_row).transpose()?)
}

pub(crate) async fn execute(
    client: &impl GenericClient,
    sql: &str,
    params: Params<'_>,
) -> Result<u64, StoreError> {
    let statement = client.prepare_cached(sql).await?;
    Ok(client.execute(&statement, params).await?)
}

/// Runs a statement nothing depends on: a failure is logged. Whether it went well.
pub(crate) async fn hint(client: &impl GenericClient, sql: &str, params: Params<'_>) -> bool {
    let done = execute(client, sql, params).await;
    if let Err(error) = &done {
        tracing::warn!(error = error as &dyn std::error::Error, "readers could not be notified; they poll");
    }
    done.is_ok()
}
