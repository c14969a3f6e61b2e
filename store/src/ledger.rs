//! The double-entry ledger: entries that sum to zero, written once.

use boomgate_domain::ids::{SiteId, StayId};
use boomgate_domain::money::Money;
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;

use crate::error::StoreError;
use crate::statement::{columns, execute, query, query_opt, row};

/// The accounts every site has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// Notes and coins in the till.
    Cash,
    /// What payment providers and banks hold for us.
    Clearing,
    ParkingIncome,
}

impl Account {
    const fn code(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Clearing => "clearing",
            Self::ParkingIncome => "parking-income",
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Cash | Self::Clearing => "asset",
            Self::ParkingIncome => "income",
        }
    }
}

/// One entry with its postings: debit positive, credit negative; per currency they sum to zero, or the commit fails.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    pub site: SiteId,
    pub id: Uuid,
    pub kind: &'static str,
    pub stay: Option<StayId>,
    pub memo: String,
    pub at: Timestamp,
    pub postings: Vec<(Account, Money)>,
}

struct Posting {
    site_id: Uuid,
    entry_id: Uuid,
    line: i32,
    account_id: Uuid,
    amount_minor: i64,
    currency: String,
}

row! {
    /// What an account holds.
    pub struct Balance {
        pub code: String,
        pub kind: String,
        pub currency: String,
        pub balance_minor: i64,
    }
}

/// Writes an entry.
///
/// # Errors
/// [`StoreError::Database`], for an unbalanced entry only at the commit.
pub async fn insert(tx: &impl GenericClient, entry: &NewEntry) -> Result<(), StoreError> {
    let site = entry.site.as_uuid();
    let stay = entry.stay.map(|stay| stay.as_uuid());
    let sql = include_str!("../queries/ledger_entries/insert.sql");
    execute(tx, sql, &[&site, &entry.id, &entry.kind, &stay, &entry.memo, &entry.at]).await?;
    let mut rows = Vec::with_capacity(entry.postings.len());
    for (line, (account, amount)) in (1..).zip(&entry.postings) {
        let account_id = ensure(tx, site, *account, amount.currency.as_str()).await?;
        let currency = amount.currency.as_str().to_owned();
        rows.push(Posting {
            site_id: site,
            entry_id: entry.id,
            line,
            account_id,
            amount_minor: amount.minor,
            currency,
        });
    }
    let sql = include_str!("../queries/postings/insert_many.sql");
    execute(tx, sql, columns!(rows; site_id, entry_id, line, account_id, amount_minor, currency))
        .await
        .map(drop)
}

async fn ensure(
    tx: &impl GenericClient,
    site: Uuid,
    account: Account,
    currency: &str,
) -> Result<Uuid, StoreError> {
    row! {
        pub struct AccountRow {
            pub id: Uuid,
        }
    }
    let fresh = Uuid::now_v7();
    let sql = include_str!("../queries/accounts/ensure.sql");
    let ensured: Option<AccountRow> =
        query_opt(tx, sql, &[&site, &fresh, &account.code(), &account.kind(), &currency]).await?;
    Ok(ensured.map_or(fresh, |found| found.id))
}

/// Balances of all accounts of a site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn balances(client: &impl GenericClient, site: SiteId) -> Result<Vec<Balance>, StoreError> {
    query(client, include_str!("../queries/accounts/balances.sql"), &[&site.as_uuid()]).await
}
