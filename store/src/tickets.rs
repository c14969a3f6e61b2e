//! Tickets, with the stays they stand for.

use boomgate_domain::ids::{SiteId, UserId};
use boomgate_domain::ticket::TicketNumber;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{execute, query, query_opt, row};
use crate::words::words;

words! {
    /// How a ticket came to be.
    pub enum TicketKind {
        /// Given for a car that comes in.
        Issued = "issued",
        /// In the place of one that cannot be found.
        Lost = "lost",
    }
}

/// A ticket to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTicket {
    pub site: SiteId,
    pub id: Uuid,
    pub number: TicketNumber,
    pub kind: TicketKind,
    /// The car at a lane it is for.
    pub arrival: Option<Uuid>,
    /// The stay that was opened by hand.
    pub stay: Option<Uuid>,
    /// Canonical.
    pub plate: Option<String>,
    pub vehicle_type: Option<String>,
    pub at: Timestamp,
    pub by: Option<UserId>,
    pub by_name: String,
}

row! {
    /// A ticket and its stay as it is now; the car of a lane has none until it has passed.
    pub struct TicketRow {
        pub site_id: SiteId,
        pub id: Uuid,
        pub number: String,
        pub kind: String,
        pub arrival_id: Option<Uuid>,
        pub stay_id: Option<Uuid>,
        pub plate: Option<String>,
        pub vehicle_type: Option<String>,
        pub issued_at: Timestamp,
        pub issued_by: Option<UserId>,
        pub issued_name: String,
        pub settled_at: Option<Timestamp>,
        pub settled_name: Option<String>,
        pub payment_method: Option<String>,
        pub stay_state: Option<String>,
        pub stay_plate: Option<String>,
        pub entered_at: Option<Timestamp>,
        pub exited_at: Option<Timestamp>,
        pub paid_minor: Option<i64>,
        pub charged_minor: Option<i64>,
        pub currency: Option<String>,
    }
}

/// Which tickets a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketFilter {
    /// Beginning of a number.
    pub number_prefix: Option<String>,
    /// Beginning of a canonical plate; finds its twins too.
    pub plate_prefix: Option<String>,
    /// Only those that are `active`, or only those that are not.
    pub active: Option<bool>,
    /// The last id of the page before.
    pub before: Option<Uuid>,
}

/// Whether the ticket was stored: a number is used once at a site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn insert(tx: &impl GenericClient, new: &NewTicket) -> Result<bool, StoreError> {
    let sql = include_str!("../queries/tickets/insert.sql");
    let by = new.by.map(|user| user.as_uuid());
    let stored = execute(
        tx,
        sql,
        &[
            &new.site.as_uuid(),
            &new.id,
            &new.number.as_str(),
            &new.kind.as_str(),
            &new.arrival,
            &new.stay,
            &new.plate,
            &new.vehicle_type,
            &new.at,
            &by,
            &new.by_name,
        ],
    )
    .await?;
    Ok(stored == 1)
}

/// One ticket by its number.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn get(
    client: &impl GenericClient,
    site: SiteId,
    number: &TicketNumber,
) -> Result<Option<TicketRow>, StoreError> {
    query_opt(client, include_str!("../queries/tickets/get.sql"), &[&site.as_uuid(), &number.as_str()]).await
}

/// The newest tickets first. The next page begins `before` the last id of this one.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn page(
    client: &impl GenericClient,
    site: SiteId,
    filter: &TicketFilter,
    limit: i64,
) -> Result<Vec<TicketRow>, StoreError> {
    let TicketFilter { number_prefix, plate_prefix, active, before } = filter;
    let state = active.map(|active| if active { "active" } else { "over" });
    let sql = include_str!("../queries/tickets/page.sql");
    query(client, sql, &[&site.as_uuid(), number_prefix, plate_prefix, &state, before, &limit]).await
}

/// The number of the ticket that was given for a car at a lane.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_arrival(
    client: &impl GenericClient,
    site: SiteId,
    arrival: Uuid,
) -> Result<Option<String>, StoreError> {
    row! {
        pub struct Number {
            pub number: String,
        }
    }
    let sql = include_str!("../queries/tickets/of_arrival.sql");
    let found: Option<Number> = query_opt(client, sql, &[&site.as_uuid(), &arrival]).await?;
    Ok(found.map(|found| found.number))
}

row! {
    /// The number of a stay's ticket.
    pub struct NumberOfStay {
        pub stay_id: Uuid,
        pub number: String,
    }
}

/// The numbers of the tickets of these stays.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_stays(
    client: &impl GenericClient,
    site: SiteId,
    stays: &[Uuid],
) -> Result<Vec<NumberOfStay>, StoreError> {
    query(client, include_str!("../queries/tickets/of_stays.sql"), &[&site.as_uuid(), &stays]).await
}

/// Nothing more is due for this ticket; whoever said so first stands.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn settle(
    tx: &impl GenericClient,
    (site, id): (SiteId, Uuid),
    at: Timestamp,
    by: &str,
    method: Option<&str>,
) -> Result<(), StoreError> {
    let sql = include_str!("../queries/tickets/settle.sql");
    execute(tx, sql, &[&site.as_uuid(), &id, &at, &by, &method]).await.map(drop)
}
