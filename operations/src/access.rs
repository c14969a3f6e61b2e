//! Who may do what: permissions, the roles that hold them, and the proof that an actor was looked up for one.

use std::marker::PhantomData;

use boomgate_domain::ids::{LaneId, SiteId, StayId, TenantId, UserId};
use boomgate_store::sites::{self, SiteRow};
use boomgate_store::{GenericClient, StoreError};

/// Declares the permissions: the enum, its words, and a type for each that a signature can ask for.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:literal),+ $(,)?) => {
        /// Something an actor may be allowed to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission { $($(#[$doc])* $name),+ }

        impl Permission {
            /// Every permission there is.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its word in documents and tables.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Grant for $name {
                const PERMISSION: Option<Permission> = Some(Permission::$name);
            }
        )+
    };
}

/// A type that stands for a permission in [`Authorized`].
pub trait Grant: Send + Sync + 'static {
    /// None where it is enough to be signed in.
    const PERMISSION: Option<Permission>;
}

permissions! {
    /// See lanes, the live feed and pictures.
    LanesRead = "lanes:read",
    /// Open, close, hold and release one lane.
    LanesOperate = "lanes:operate",
    /// Look up stays.
    StaysRead = "stays:read",
    /// Take money.
    PaymentsTake = "payments:take",
    /// See the jobs of the server.
    JobsRead = "jobs:read",
}

/// Nothing but being signed in: one's own session.
#[derive(Debug, Clone, Copy)]
pub struct SignedIn;

impl Grant for SignedIn {
    const PERMISSION: Option<Permission> = None;
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, at every site of the tenant.
    Admin,
    /// Runs the sites they were given.
    Operator,
    /// As an operator, but without money.
    Guard,
    /// A customer: only what is their own.
    Resident,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Operator, Self::Guard, Self::Resident];

    /// From its stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Its stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Guard => "guard",
            Self::Resident => "resident",
        }
    }

    /// The table of who may do what.
    pub const fn has(self, permission: Permission) -> bool {
        match permission {
            Permission::LanesRead | Permission::LanesOperate | Permission::StaysRead => {
                matches!(self, Self::Admin | Self::Operator | Self::Guard)
            }
            Permission::PaymentsTake => matches!(self, Self::Admin | Self::Operator),
            Permission::JobsRead => matches!(self, Self::Admin),
        }
    }
}

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Of the person.
    pub id: UserId,
    /// Whose sites they may see at most.
    pub tenant: TenantId,
    /// As they sign in.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// Why an actor may not.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The role lacks the permission.
    #[error("your role may not do this")]
    Forbidden,
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

/// An actor who was found to hold the permission `G`. There is no other way to make one than [`Authorized::check`], so
/// a function that takes it cannot be called without the check.
#[derive(Debug, Clone)]
pub struct Authorized<G> {
    actor: Actor,
    grant: PhantomData<G>,
}

impl<G: Grant> Authorized<G> {
    /// The proof, if the actor's role holds the permission.
    ///
    /// # Errors
    /// [`AccessError::Forbidden`].
    pub fn check(actor: Actor) -> Result<Self, AccessError> {
        let allowed = G::PERMISSION.is_none_or(|permission| actor.role.has(permission));
        if allowed { Ok(Self { actor, grant: PhantomData }) } else { Err(AccessError::Forbidden) }
    }

    /// Who it is.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// All sites the actor may see, by code.
    ///
    /// # Errors
    /// The database's.
    pub async fn sites(&self, client: &impl GenericClient) -> Result<Vec<SiteRow>, AccessError> {
        Ok(sites::of_user(client, self.actor.id).await?)
    }

    /// The site that is asked for, or the only one there is.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], [`AccessError::SiteNeeded`], the database's.
    pub async fn site(
        &self,
        client: &impl GenericClient,
        wanted: Option<SiteId>,
    ) -> Result<SiteRow, AccessError> {
        let mut sites = self.sites(client).await?;
        match wanted {
            Some(id) => sites.into_iter().find(|site| site.id == id).ok_or(AccessError::NotFound("site")),
            None if sites.len() == 1 => Ok(sites.remove(0)),
            None if sites.is_empty() => Err(AccessError::NotFound("site")),
            None => Err(AccessError::SiteNeeded),
        }
    }

    /// The site of a lane the actor may see; one query, however many sites there are.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], the database's.
    pub async fn site_of_lane(
        &self,
        client: &impl GenericClient,
        lane: LaneId,
    ) -> Result<SiteRow, AccessError> {
        let site = sites::of_user_with_lane(client, self.actor.id, lane).await?;
        site.ok_or(AccessError::NotFound("lane"))
    }

    /// The site of a stay the actor may see.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], the database's.
    pub async fn site_of_stay(
        &self,
        client: &impl GenericClient,
        stay: StayId,
    ) -> Result<SiteRow, AccessError> {
        let site = sites::of_user_with_stay(client, self.actor.id, stay).await?;
        site.ok_or(AccessError::NotFound("stay"))
    }

    /// The site of a picture the actor may see and the server has.
    ///
    /// # Errors
    /// [`AccessError::NotFound`], the database's.
    pub async fn site_of_picture(
        &self,
        client: &impl GenericClient,
        sha256: &[u8; 32],
    ) -> Result<SiteRow, AccessError> {
        let site = sites::of_user_with_picture(client, self.actor.id, sha256).await?;
        site.ok_or(AccessError::NotFound("picture"))
    }
}

#[cfg(test)]
mod tests {
    use boomgate_domain::ids::{TenantId, UserId};

    use super::*;

    fn actor(role: Role) -> Actor {
        Actor {
            id: UserId::from_uuid(Default::default()),
            tenant: TenantId::from_uuid(Default::default()),
            name: "ann".into(),
            role,
        }
    }

    #[test]
    fn guards_may_operate_lanes_but_not_take_money() {
        assert!(Authorized::<LanesOperate>::check(actor(Role::Guard)).is_ok());
        assert!(matches!(Authorized::<PaymentsTake>::check(actor(Role::Guard)), Err(AccessError::Forbidden)));
    }

    #[test]
    fn a_resident_is_signed_in_and_sees_nothing_of_the_site() {
        assert!(Authorized::<SignedIn>::check(actor(Role::Resident)).is_ok());
        assert!(!Permission::ALL.iter().any(|permission| Role::Resident.has(*permission)));
    }

    #[test]
    fn an_admin_may_do_everything() {
        assert!(Permission::ALL.iter().all(|permission| Role::Admin.has(*permission)));
    }
}
