//! Memberships: roles of users at one site or at every site of their tenant, and the sites they see by them.

use boomgate_domain::ids::{
    AlarmId, ArrivalId, BlockId, LaneId, PlanId, SiteId, StayId, SubscriptionId, TenantId, UserId,
};
use boomgate_domain::ticket::TicketNumber;
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::StoreError;
use crate::sites::SiteRow;
use crate::statement::{FromRow, column, execute, query, query_opt, row};
use crate::words::words;

words! {
    /// A set of permissions; which ones is said by `operations::access`.
    pub enum Role {
        /// Everything.
        Admin = "admin",
        /// Runs a site from day to day.
        Operator = "operator",
        /// As an operator, but without money.
        Guard = "guard",
        /// A customer: only what is their own.
        Resident = "resident",
    }
}

/// The roles of these words. One that only a later version knows gives nothing.
pub(crate) fn roles(words: &[String]) -> Vec<Role> {
    words.iter().filter_map(|word| Role::parse(word)).collect()
}

/// A role at one site, or at every site of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub role: Role,
    /// With its code; none: every site, also those that come later.
    pub site: Option<(SiteId, String)>,
}

/// A site somebody sees, and what they are there.
#[derive(Clone, Debug, PartialEq)]
pub struct VisibleSite {
    pub site: SiteRow,
    pub roles: Vec<Role>,
}

impl FromRow for VisibleSite {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self { site: SiteRow::from_row(row)?, roles: roles(&column::<Vec<String>>(row, "roles")?) })
    }
}

/// Gives a user a role at a site, or at every site where none is named; in place of the one they had there.
///
/// # Errors
/// [`StoreError::Database`], also for a site of another tenant.
pub async fn put(
    client: &impl GenericClient,
    user: UserId,
    site: Option<SiteId>,
    role: Role,
) -> Result<(), StoreError> {
    let site = site.map(|site| site.as_uuid());
    let sql = include_str!("../queries/memberships/put.sql");
    execute(client, sql, &[&user.as_uuid(), &site, &role.as_str()]).await.map(drop)
}

/// Takes a user's role at one site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn remove(client: &impl GenericClient, user: UserId, site: SiteId) -> Result<(), StoreError> {
    let sql = include_str!("../queries/memberships/delete.sql");
    execute(client, sql, &[&user.as_uuid(), &site.as_uuid()]).await.map(drop)
}

/// Takes a user's role at every site of the tenant; what they are at single sites stays.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn remove_of_tenant(client: &impl GenericClient, user: UserId) -> Result<(), StoreError> {
    let sql = include_str!("../queries/memberships/delete_of_tenant.sql");
    execute(client, sql, &[&user.as_uuid()]).await.map(drop)
}

/// Takes a user's roles at single sites.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn remove_of_sites(client: &impl GenericClient, user: UserId) -> Result<(), StoreError> {
    let sql = include_str!("../queries/memberships/delete_of_sites.sql");
    execute(client, sql, &[&user.as_uuid()]).await.map(drop)
}

/// What a user is where: the tenant's role first, then by site.
///
/// # Errors
/// [`StoreError::Database`].
pub async fn of_user(client: &impl GenericClient, user: UserId) -> Result<Vec<Membership>, StoreError> {
    row! {
        pub struct MembershipRow {
            pub role: String,
            pub site_id: Option<SiteId>,
            pub site_code: Option<String>,
        }
    }
    let sql = include_str!("../queries/memberships/of_user.sql");
    let rows: Vec<MembershipRow> = query(client, sql, &[&user.as_uuid()]).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Membership { role: Role::parse(&row.role)?, site: row.site_id.zip(row.site_code) })
        })
        .collect())
}

/// Whose sites are looked for: those where `user` has a role, or all of the tenant without a user; and of these only
/// `sites` where they are named.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    pub tenant: TenantId,
    pub user: Option<UserId>,
    pub sites: Option<&'a [SiteId]>,
}

impl Viewer<'_> {
    fn sites(&self) -> Option<Vec<uuid::Uuid>> {
        self.sites.map(|sites| sites.iter().map(SiteId::as_uuid).collect())
    }

    /// The sites they see, by code.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn all(&self, client: &impl GenericClient) -> Result<Vec<VisibleSite>, StoreError> {
        let (user, sites) = (self.user.map(|user| user.as_uuid()), self.sites());
        query(client, include_str!("../queries/sites/of_user.sql"), &[&self.tenant.as_uuid(), &user, &sites])
            .await
    }

    /// The site of a lane, if they see it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn with_lane(
        &self,
        client: &impl GenericClient,
        lane: LaneId,
    ) -> Result<Option<VisibleSite>, StoreError> {
        self.with(client, include_str!("../queries/sites/of_user_with_lane.sql"), &lane.as_uuid()).await
    }

    /// The site of a stay, if they see it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn with_stay(
        &self,
        client: &impl GenericClient,
        stay: StayId,
    ) -> Result<Option<VisibleSite>, StoreError> {
        self.with(client, include_str!("../queries/sites/of_user_with_stay.sql"), &stay.as_uuid()).await
    }

    /// The site of a car that waits at a lane, if they see it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn with_arrival(
        &self,
        client: &impl GenericClient,
        arrival: ArrivalId,
    ) -> Result<Option<VisibleSite>, StoreError> {
        self.with(client, include_str!("../queries/sites/of_user_with_arrival.sql"), &arrival.as_uuid()).await
    }

    /// The site of a ticket, if they see it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn with_ticket(
        &self,
        client: &impl GenericClient,
        number: &TicketNumber,
    ) -> Result<Option<VisibleSite>, StoreError> {
        self.with(client, include_str!("../queries/sites/of_user_with_ticket.sql"), &number.as_str()).await
    }

    /// The site of an alarm, if they see it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn with_alarm(
        &self,
        client: &impl GenericClient,
        alarm: AlarmId,
    ) -> Result<Option<VisibleSite>, StoreError> {
        self.with(client, include_str!("../queries/sites/of_user_with_alarm.sql"), &alarm.as_uuid()).await
    }

    /// The site of a block, if they see it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn with_block(
        &self,
        client: &impl GenericClient,
        block: BlockId,
    ) -> Result<Option<VisibleSite>, StoreError> {
        self.with(client, include_str!("../queries/sites/of_user_with_block.sql"), &block.as_uuid()).await
    }

    /// The site of a subscription, if they see it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn with_subscription(
        &self,
        client: &impl GenericClient,
        subscription: SubscriptionId,
    ) -> Result<Option<VisibleSite>, StoreError> {
        let sql = include_str!("../queries/sites/of_user_with_subscription.sql");
        self.with(client, sql, &subscription.as_uuid()).await
    }

    /// The site of a plan, if they see it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn with_plan(
        &self,
        client: &impl GenericClient,
        plan: PlanId,
    ) -> Result<Option<VisibleSite>, StoreError> {
        self.with(client, include_str!("../queries/sites/of_user_with_plan.sql"), &plan.as_uuid()).await
    }

    /// The site of a stored picture, if they see it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn with_picture(
        &self,
        client: &impl GenericClient,
        sha256: &[u8; 32],
    ) -> Result<Option<VisibleSite>, StoreError> {
        self.with(client, include_str!("../queries/sites/of_user_with_picture.sql"), &sha256.as_slice()).await
    }

    async fn with(
        &self,
        client: &impl GenericClient,
        sql: &str,
        thing: &(dyn ToSql + Sync),
    ) -> Result<Option<VisibleSite>, StoreError> {
        let (user, sites) = (self.user.map(|user| user.as_uuid()), self.sites());
        query_opt(client, sql, &[&self.tenant.as_uuid(), &user, &sites, thing]).await
    }
}
