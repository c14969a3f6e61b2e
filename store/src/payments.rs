//! Payments: one transaction from the money to the order that opens the boom.

use boomgate_domain::ids::{CommandId, LaneId, PaymentId, SiteId, StayId, UserId};
use boomgate_domain::money::Money;
use boomgate_domain::reason::Reason;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use crate::arrivals::{self, ArrivalRow};
use crate::audit::{self, Actor, NewAudit, RequestedBy};
use crate::audit_action::AuditAction;
use crate::commands::{self, NewCommand};
use crate::error::StoreError;
use crate::ledger::{self, Account, NewEntry};
use crate::live_event::{LiveEvent, PaymentEvent};
use crate::live_feed;
pub use crate::payment_method::Method;
use crate::statement::{execute, query, row};
use crate::stays::{self, StayRow};

impl Method {
    const fn account(self) -> Account {
        match self {
            Self::Cash => Account::Cash,
            Self::Card | Self::Stripe | Self::Paypal | Self::Vietqr | Self::Manual => Account::Clearing,
        }
    }
}

row! {
    pub struct PaymentRow {
        pub site_id: SiteId,
        pub id: PaymentId,
        pub stay_id: StayId,
        pub method: String,
        pub amount_minor: i64,
        pub currency: String,
        pub reference: String,
        pub taken_by: Option<UserId>,
        pub taken_name: String,
        pub taken_at: Timestamp,
    }
}

/// Money for a stay, in the amount that the caller computed as due.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    pub site: SiteId,
    pub payment: PaymentId,
    pub stay: StayId,
    pub method: Method,
    pub amount: Money,
    /// Nothing more is due: the car may go.
    pub settles: bool,
    /// Until when it may leave without paying again.
    pub exit_deadline: Timestamp,
    pub reference: String,
    /// Who took it; none where a provider reports it.
    pub by: Option<RequestedBy>,
    pub at: Timestamp,
    /// Id for the order to open, if a car waits.
    pub command: CommandId,
}

/// What a settlement did.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    pub entry: Uuid,
    /// The exit lane whose boom was ordered to open; wake it after the commit.
    pub opened: Option<LaneId>,
    pub live_no: i64,
}

/// Locks the site and the stay, and reads the stay: what is due is computed from this and from nothing older.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Database`].
pub async fn begin(tx: &impl GenericClient, site: SiteId, stay: StayId) -> Result<StayRow, StoreError> {
    crate::sites::lock(tx, site).await?;
    stays::lock(tx, site, stay).await
}

/// Books the money, marks the stay, and orders the waiting car's boom open: all or nothing with `tx`, after [`begin`].
/// After the commit call [`commands::wake`] for `opened` and [`live_feed::wake`].
///
/// # Errors
/// [`StoreError::Database`].
pub async fn settle(tx: &impl GenericClient, new: &Settlement) -> Result<Settled, StoreError> {
    let entry = book(tx, new).await?;
    insert(tx, new, entry).await?;
    stays::pay(tx, new.site, new.stay, new.amount.minor, new.exit_deadline).await?;
    let waiting = arrivals::waiting_for_stay(tx, new.site, new.stay).await?.filter(|_| new.settles);
    if let Some(arrival) = &waiting {
        order_open(tx, new, arrival).await?;
    }
    audit::insert_many(tx, &[line(new, waiting.as_ref())]).await?;
    let opened = waiting.map(|arrival| LaneId::from_uuid(arrival.lane_id));
    let event = LiveEvent::Payment(PaymentEvent {
        stay: new.stay.as_uuid(),
        payment: new.payment.as_uuid(),
        method: new.method,
        amount: new.amount,
        settles: new.settles,
    });
    let live_no = live_feed::append(tx, new.site, new.at, opened, event).await?;
    Ok(Settled { entry, opened, live_no })
}

/// Payments of a stay, oldest first.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_stay(
    client: &impl GenericClient,
    site: SiteId,
    stay: StayId,
) -> Result<Vec<PaymentRow>, StoreError> {
    let sql = include_str!("../queries/payments/of_stay.sql");
    query(client, sql, &[&site.as_uuid(), &stay.as_uuid()]).await
}

async fn book(tx: &impl GenericClient, new: &Settlement) -> Result<Uuid, StoreError> {
    let id = Uuid::now_v7();
    let credit = Money::new(-new.amount.minor, new.amount.currency);
    let postings = vec![(new.method.account(), new.amount), (Account::ParkingIncome, credit)];
    let memo = new.reference.clone();
    let stay = Some(new.stay);
    ledger::insert(tx, &NewEntry { site: new.site, id, kind: "payment", stay, memo, at: new.at, postings })
        .await?;
    Ok(id)
}

async fn insert(tx: &impl GenericClient, new: &Settlement, entry: Uuid) -> Result<(), StoreError> {
    let (by, name): (Option<Option<Uuid>>, _) =
        new.by.as_ref().map(|by| (by.user.map(|user| user.as_uuid()), by.name.as_str())).unzip();
    execute(
        tx,
        include_str!("../queries/payments/insert.sql"),
        &[
            &new.site.as_uuid(),
            &new.payment.as_uuid(),
            &new.stay.as_uuid(),
            &entry,
            &new.method.as_str(),
            &new.amount.minor,
            &new.amount.currency.as_str(),
            &new.reference,
            &by.flatten(),
            &name.unwrap_or_default(),
            &new.at,
        ],
    )
    .await
    .map(drop)
}

async fn order_open(
    tx: &impl GenericClient,
    new: &Settlement,
    arrival: &ArrivalRow,
) -> Result<(), StoreError> {
    let reason = Reason::OpenPaid { amount: new.amount };
    let order = (new.site, new.command, new.by.clone(), new.at);
    open(tx, order, arrival, &reason, Some(new.amount)).await
}

/// Orders the boom open for a waiting car that owes nothing any more. After the commit call [`commands::wake`].
///
/// # Errors
/// [`StoreError::Database`].
pub async fn let_out(
    tx: &impl GenericClient,
    site: SiteId,
    command: CommandId,
    by: &RequestedBy,
    at: Timestamp,
    arrival: &ArrivalRow,
) -> Result<(), StoreError> {
    open(tx, (site, command, Some(by.clone()), at), arrival, &Reason::OpenFree {}, None).await
}

async fn open(
    tx: &impl GenericClient,
    (site, id, by, at): (SiteId, CommandId, Option<RequestedBy>, Timestamp),
    arrival: &ArrivalRow,
    reason: &Reason,
    amount: Option<Money>,
) -> Result<(), StoreError> {
    arrivals::let_pass(tx, site, arrival.id, reason.code()).await?;
    let command = NewCommand {
        site,
        id,
        lane: LaneId::from_uuid(arrival.lane_id),
        arrival: Some(arrival.id),
        action: "open",
        code: reason.code().to_owned(),
        params: json!(reason.params()),
        amount,
        by,
        reason: None,
        at,
    };
    commands::insert_pending(tx, &command).await
}

fn line(new: &Settlement, waiting: Option<&ArrivalRow>) -> NewAudit {
    let actor = new.by.as_ref().map_or(Actor::Server, RequestedBy::actor);
    NewAudit {
        site_id: new.site.as_uuid(),
        id: Uuid::now_v7(),
        at: new.at,
        actor,
        action: AuditAction::StayPaid {
            payment: new.payment.as_uuid(),
            method: new.method,
            amount: new.amount,
        },
        lane_id: waiting.map(|arrival| arrival.lane_id),
        arrival_id: waiting.map(|arrival| arrival.id),
        stay_id: Some(new.stay.as_uuid()),
        command_id: waiting.map(|_| new.command.as_uuid()),
        request_id: new.by.as_ref().and_then(|by| by.request_id.clone()),
        personal: None,
    }
}
