//! Who may do what: the proof that an actor was looked up for a permission, and the sites it holds for.

mod table;

use std::marker::PhantomData;

use boomgate_domain::ids::{
    AlarmId, ApiKeyId, ArrivalId, BlockId, LaneId, PlanId, SiteId, StayId, SubscriptionId, TenantId, UserId,
};
use boomgate_domain::ticket::TicketNumber;
use boomgate_store::audit::{NewAudit, RequestedBy};
use boomgate_store::audit_action::AuditAction;
use boomgate_store::memberships::{self, Viewer, VisibleSite};
use boomgate_store::sites::SiteRow;
use boomgate_store::{GenericClient, StoreError};

use uuid::Uuid;

pub use boomgate_store::memberships::Role;
pub use table::*;

/// The type of a permission in [`Authorized`].
pub trait Grant: Send + Sync + 'static {
    /// None where it is enough to be signed in.
    const PERMISSION: Option<Permission>;
}

/// Nothing but being signed in: one's own session.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn;

impl Grant for SignedIn {
    const PERMISSION: Option<Permission> = None;
}

/// The kind of an actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person with a session.
    Person(UserId),
    /// A program with a key.
    Program {
        /// Who made the key, and for whom the program acts.
        maker: UserId,
        /// Of the key.
        scope: KeyScope,
    },
    /// Whoever runs `boomgate` on the server, with the database's own rights: everything, in the tenant.
    CommandLine,
}

/// The user or program that requests something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// A person, a program, or the command line.
    pub who: Who,
    /// The tenant whose sites they may see at most.
    pub tenant: TenantId,
    /// As it is shown.
    pub name: String,
    /// What the person is anywhere.
    pub roles: Vec<Role>,
    /// The session they came with; none of a program with a key, and of the command line.
    pub session: Option<Uuid>,
    /// Whether they proved again, in a browser and a short while ago, who they are.
    pub stepped_up: bool,
    /// Of the request they came with.
    pub request_id: Option<String>,
}

/// What a key is good for at most; its maker must hold it too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyScope {
    /// Of the key.
    pub id: ApiKeyId,
    /// Named when it was made.
    pub permissions: Vec<Permission>,
    /// None: every site its owner sees.
    pub sites: Option<Vec<SiteId>>,
}

impl Actor {
    /// Whoever runs `boomgate` on the server.
    #[must_use]
    pub fn command_line(tenant: TenantId) -> Self {
        let (who, name) = (Who::CommandLine, "command line".to_owned());
        Self { who, tenant, name, roles: Vec::new(), session: None, stepped_up: false, request_id: None }
    }

    /// The user; of a program, the owner of its key.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        match &self.who {
            Who::Person(user) | Who::Program { maker: user, .. } => Some(*user),
            Who::CommandLine => None,
        }
    }

    const fn scope(&self) -> Option<&KeyScope> {
        match &self.who {
            Who::Program { scope, .. } => Some(scope),
            Who::Person(_) | Who::CommandLine => None,
        }
    }

    /// Whether an actor with these roles holds the permission, directly or through the key.
    fn may(&self, roles: &[Role], permission: Permission) -> Result<(), AccessError> {
        let holds = |wanted: &[Held]| roles.iter().any(|role| wanted.contains(&permission.held_by(*role)));
        let at_once = holds(&[Held::Yes, Held::Own]);
        match &self.who {
            Who::CommandLine => Ok(()),
            Who::Person(_) if at_once => Ok(()),
            Who::Person(_) if holds(&[Held::AfterStepUp]) => {
                if self.stepped_up {
                    Ok(())
                } else {
                    Err(AccessError::StepUpNeeded)
                }
            }
            Who::Program { scope, .. } if at_once && scope.permissions.contains(&permission) => Ok(()),
            Who::Person(_) | Who::Program { .. } => Err(AccessError::Forbidden),
        }
    }

    /// As recorded in the audit.
    #[must_use]
    pub fn requested_by(&self) -> RequestedBy {
        RequestedBy {
            user: self.user(),
            name: self.name.clone(),
            key: self.scope().map(|key| key.id),
            request_id: self.request_id.clone(),
        }
    }

    fn viewer(&self) -> Viewer<'_> {
        Viewer {
            tenant: self.tenant,
            user: self.user(),
            sites: self.scope().and_then(|key| key.sites.as_deref()),
        }
    }
}

/// Why an actor may not.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The role lacks the permission, at the site in question or everywhere.
    #[error("your role may not do this")]
    Forbidden,
    /// The role holds it only for somebody who has just proved again, in a browser, who they are.
    #[error("give your password again: this needs it within the last ten minutes")]
    StepUpNeeded,
    /// No such thing at a site the actor may see.
    #[error("{0} is not known here")]
    NotFound(&'static str),
    /// A site has to be named.
    #[error("the site is needed: you see several sites")]
    SiteNeeded,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A reference to a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SiteRef {
    /// By its id.
    Id(SiteId),
    /// By its code.
    Code(String),
}

impl SiteRef {
    /// An id where the text is one, else a code.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Code(text.to_owned()), Self::Id)
    }

    fn is(&self, site: &SiteRow) -> bool {
        match self {
            Self::Id(id) => *id == site.id,
            Self::Code(code) => *code == site.code,
        }
    }
}

/// An actor who was found to hold the permission `G`. There is no other way to make one than [`Authorized::check`], so
/// a function that takes it cannot be called without the check.
#[derive(Debug, Clone)]
pub struct Authorized<G> {
    actor: Actor,
    grant: PhantomData<G>,
}

impl<G: Grant> Authorized<G> {
    /// The proof, if the actor holds the permission anywhere; each site is checked when it is used.
    ///
    /// # Errors
    /// [`AccessError::Forbidden`], [`AccessError::StepUpNeeded`].
    pub fn check(actor: Actor) -> Result<Self, AccessError> {
        if let Some(permission) = G::PERMISSION {
            actor.may(&actor.roles, permission)?;
        }
        Ok(Self { actor, grant: PhantomData })
    }

    /// Who it is.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// As recorded in the audit.
    #[must_use]
    pub fn requested_by(&self) -> RequestedBy {
        self.actor.requested_by()
    }

    /// A line of the audit about what they do now at a site.
    #[must_use]
    pub fn audit_line(&self, site: SiteId, action: AuditAction) -> NewAudit {
        let by = self.requested_by();
        NewAudit { request_id: by.request_id.clone(), ..NewAudit::now(site, by.actor(), action) }
    }

    /// Refuses an actor who holds the permission at single sites only: people and keys are the whole tenant's.
    ///
    /// # Errors
    /// [`AccessError::Forbidden`], the database's.
    pub async fn everywhere(&self, client: &impl GenericClient) -> Result<(), AccessError> {
        let (Some(user), Some(permission)) = (self.actor.user(), G::PERMISSION) else { return Ok(()) };
        let memberships = memberships::of_user(client, user).await?;
        let of_tenant = memberships.iter().filter(|one| one.site.is_none());
        let roles: Vec<Role> = of_tenant.map(|one| one.role).collect();
        self.actor.may(&roles, permission)
    }

    /// All sites where the actor holds the permission, by code.
    ///
    /// # Errors
    /// The database's.
    pub async fn sites(&self, client: &impl GenericClient) -> Result<Vec<SiteRow>, AccessError> {
        let visible = self.actor.viewer().all(client).await?;
        Ok(visible
            .into_iter()
            .filter(|site| self.holds_at(site).is_ok())
            .map(|visible| visible.site)
            .collect())
    }

    /// All sites the actor sees with what they are there, by code; of a key those it is for.
    ///
    /// # Errors
    /// The database's.
    pub async fn visible_sites(&self, client: &impl GenericClient) -> Result<Vec<VisibleSite>, AccessError> {
        Ok(self.actor.viewer().all(client).await?)
    }

    /// The requested site, or the only one there is.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Forbidden`], [`AccessError::SiteNeeded`], the database's.
    pub async fn site(
        &self,
        client: &impl GenericClient,
        wanted: Option<&SiteRef>,
    ) -> Result<SiteRow, AccessError> {
        if let Some(wanted) = wanted {
            let visible = self.actor.viewer().all(client).await?;
            return self.held(visible.into_iter().find(|visible| wanted.is(&visible.site)), "site");
        }
        let mut sites = self.sites(client).await?;
        match sites.pop() {
            Some(site) if sites.is_empty() => Ok(site),
            Some(_) => Err(AccessError::SiteNeeded),
            None => Err(AccessError::NotFound("site")),
        }
    }

    /// The site of a lane the actor may see; one query, however many sites there are.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Forbidden`], the database's.
    pub async fn site_of_lane(
        &self,
        client: &impl GenericClient,
        lane: LaneId,
    ) -> Result<SiteRow, AccessError> {
        self.held(self.actor.viewer().with_lane(client, lane).await?, "lane")
    }

    /// The site of a stay the actor may see.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Forbidden`], the database's.
    pub async fn site_of_stay(
        &self,
        client: &impl GenericClient,
        stay: StayId,
    ) -> Result<SiteRow, AccessError> {
        self.held(self.actor.viewer().with_stay(client, stay).await?, "stay")
    }

    /// The site of a car that waits at a lane the actor may see.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Forbidden`], the database's.
    pub async fn site_of_arrival(
        &self,
        client: &impl GenericClient,
        arrival: ArrivalId,
    ) -> Result<SiteRow, AccessError> {
        self.held(self.actor.viewer().with_arrival(client, arrival).await?, "waiting car")
    }

    /// The site of a ticket the actor may see.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Forbidden`], the database's.
    pub async fn site_of_ticket(
        &self,
        client: &impl GenericClient,
        number: &TicketNumber,
    ) -> Result<SiteRow, AccessError> {
        self.held(self.actor.viewer().with_ticket(client, number).await?, "ticket")
    }

    /// The site of an alarm the actor may see.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Forbidden`], the database's.
    pub async fn site_of_alarm(
        &self,
        client: &impl GenericClient,
        alarm: AlarmId,
    ) -> Result<SiteRow, AccessError> {
        self.held(self.actor.viewer().with_alarm(client, alarm).await?, "alarm")
    }

    /// The site of a block the actor may see.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Forbidden`], the database's.
    pub async fn site_of_block(
        &self,
        client: &impl GenericClient,
        block: BlockId,
    ) -> Result<SiteRow, AccessError> {
        self.held(self.actor.viewer().with_block(client, block).await?, "block")
    }

    /// The site of a subscription the actor may see.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Forbidden`], the database's.
    pub async fn site_of_subscription(
        &self,
        client: &impl GenericClient,
        subscription: SubscriptionId,
    ) -> Result<SiteRow, AccessError> {
        self.held(self.actor.viewer().with_subscription(client, subscription).await?, "subscription")
    }

    /// The site of a plan the actor may see.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Forbidden`], the database's.
    pub async fn site_of_plan(
        &self,
        client: &impl GenericClient,
        plan: PlanId,
    ) -> Result<SiteRow, AccessError> {
        self.held(self.actor.viewer().with_plan(client, plan).await?, "plan")
    }

    /// The site of a picture the actor may see and the server has.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::Forbidden`], the database's.
    pub async fn site_of_picture(
        &self,
        client: &impl GenericClient,
        sha256: &[u8; 32],
    ) -> Result<SiteRow, AccessError> {
        self.held(self.actor.viewer().with_picture(client, sha256).await?, "picture")
    }

    fn holds_at(&self, visible: &VisibleSite) -> Result<(), AccessError> {
        G::PERMISSION.map_or(Ok(()), |permission| self.actor.may(&visible.roles, permission))
    }

    fn held(&self, found: Option<VisibleSite>, what: &'static str) -> Result<SiteRow, AccessError> {
        let visible = found.ok_or(AccessError::NotFound(what))?;
        self.holds_at(&visible)?;
        Ok(visible.site)
    }
}

#[cfg(test)]
mod tests {
    use boomgate_domain::ids::{TenantId, UserId};

    use super::*;

    fn actor(role: Role) -> Actor {
        Actor {
            who: Who::Person(UserId::from_uuid(Default::default())),
            tenant: TenantId::from_uuid(Default::default()),
            name: "ann".into(),
            roles: vec![role],
            session: None,
            stepped_up: false,
            request_id: None,
        }
    }

    fn with_key(role: Role, permissions: &[Permission]) -> Actor {
        let id = ApiKeyId::from_uuid(Default::default());
        let scope = KeyScope { id, permissions: permissions.to_vec(), sites: None };
        let who = Who::Program { maker: UserId::from_uuid(Default::default()), scope };
        Actor { who, ..actor(role) }
    }

    #[test]
    fn guards_may_operate_lanes_but_not_take_money() {
        assert!(Authorized::<LanesOperate>::check(actor(Role::Guard)).is_ok());
        assert!(matches!(Authorized::<PaymentsTake>::check(actor(Role::Guard)), Err(AccessError::Forbidden)));
    }

    #[test]
    fn a_resident_is_signed_in_and_holds_only_what_is_their_own() {
        assert!(Authorized::<SignedIn>::check(actor(Role::Resident)).is_ok());
        let held = |permission: &&Permission| permission.held_by(Role::Resident) != Held::No;
        let held: Vec<&str> = Permission::ALL.iter().filter(held).map(|held| held.as_str()).collect();
        assert_eq!(held, ["listings:own", "reservations:own", "credits:own"]);
    }

    #[test]
    fn an_admin_holds_everything_and_other_roles_no_more_than_an_admin() {
        for permission in Permission::ALL {
            assert_ne!(permission.held_by(Role::Admin), Held::No, "{permission:?}");
            assert_eq!(Permission::parse(permission.as_str()), Some(*permission));
        }
    }

    #[test]
    fn a_key_holds_what_it_names_and_its_maker_holds() {
        let program = || with_key(Role::Guard, &[Permission::LanesRead, Permission::PaymentsTake]);
        assert!(Authorized::<LanesRead>::check(program()).is_ok());
        assert!(Authorized::<LanesOperate>::check(program()).is_err(), "the key does not name it");
        assert!(Authorized::<PaymentsTake>::check(program()).is_err(), "its maker does not hold it");
    }

    #[test]
    fn what_needs_a_step_up_is_refused_without_one() {
        let plain = Authorized::<UsersManage>::check(actor(Role::Admin));
        assert!(matches!(plain, Err(AccessError::StepUpNeeded)));
        let stepped_up = |role| Actor { stepped_up: true, ..actor(role) };
        assert!(Authorized::<UsersManage>::check(stepped_up(Role::Admin)).is_ok());
        assert!(matches!(
            Authorized::<UsersManage>::check(stepped_up(Role::Guard)),
            Err(AccessError::Forbidden)
        ));
        let program = Actor { stepped_up: true, ..with_key(Role::Admin, &[Permission::UsersManage]) };
        assert!(matches!(Authorized::<UsersManage>::check(program), Err(AccessError::Forbidden)));
    }
}
