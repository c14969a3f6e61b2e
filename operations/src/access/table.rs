//! The table of who may do what: every permission, and which role holds it on what condition.

use boomgate_store::memberships::Role;

/// On what condition a role holds a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Held {
    /// Never.
    No,
    /// Always.
    Yes,
    /// In a browser, after the password or a code was given again within ten minutes; never by a key.
    AfterStepUp,
    /// Where the site's settings say so.
    IfSiteAllows,
    /// For what is one's own.
    Own,
}

/// Declares the permissions: the enum, its words, who holds it, and a type for each that a signature can ask for.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:literal: $admin:ident $operator:ident $guard:ident $resident:ident),+ $(,)?) => {
        /// Something an actor may be allowed to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission { $($(#[$doc])* $name),+ }

        impl Permission {
            /// Every permission there is.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Its word in documents and tables.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// On what condition a role holds it.
            #[must_use]
            pub const fn held_by(self, role: Role) -> Held {
                match self {
                    $(Self::$name => match role {
                        Role::Admin => Held::$admin,
                        Role::Operator => Held::$operator,
                        Role::Guard => Held::$guard,
                        Role::Resident => Held::$resident,
                    }),+
                }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl super::Grant for $name {
                const PERMISSION: Option<Permission> = Some(Permission::$name);
            }
        )+
    };
}

permissions! {
    //                                                  admin operator guard resident
    /// Lanes, the live feed and pictures.
    LanesRead = "lanes:read":                           Yes Yes Yes No,
    /// Open, close, hold and release one lane; its camera's picture now.
    LanesOperate = "lanes:operate":                     Yes Yes Yes No,
    /// Modes of a lane or site.
    LanesMode = "lanes:mode":                           Yes Yes No No,
    /// Hold all lanes of a site open; a second person confirms it.
    LanesHoldAll = "lanes:hold-all":                    AfterStepUp AfterStepUp No No,
    /// See alarms.
    AlarmsRead = "alarms:read":                         Yes Yes Yes No,
    /// Acknowledge alarms, close them with a note.
    AlarmsSettle = "alarms:settle":                     Yes Yes Yes No,
    /// Look up stays.
    StaysRead = "stays:read":                           Yes Yes Yes No,
    /// Issue tickets, pair a near candidate.
    TicketsIssue = "tickets:issue":                     Yes Yes Yes No,
    /// Correct plate, times and type of a stay, merge stays.
    StaysCorrect = "stays:correct":                     Yes Yes No No,
    /// Void a stay.
    StaysVoid = "stays:void":                           AfterStepUp No No No,
    /// Set the count of cars inside.
    OccupancySet = "occupancy:set":                     AfterStepUp No No No,
    /// Take money.
    PaymentsTake = "payments:take":                     Yes Yes IfSiteAllows No,
    /// Give money back, up to the role's limit.
    PaymentsRefund = "payments:refund":                 AfterStepUp AfterStepUp No No,
    /// Open, count and close one's own shift.
    ShiftsOwn = "shifts:own":                           Yes Yes IfSiteAllows No,
    /// Everybody's shifts.
    ShiftsAll = "shifts:all":                           Yes No No No,
    /// See vehicles.
    VehiclesRead = "vehicles:read":                     Yes Yes Yes No,
    /// Change vehicles.
    VehiclesWrite = "vehicles:write":                   Yes Yes No No,
    /// See subscriptions.
    SubscriptionsRead = "subscriptions:read":           Yes Yes Yes No,
    /// Change subscriptions.
    SubscriptionsWrite = "subscriptions:write":         Yes Yes No No,
    /// See the blocklist.
    BlocklistRead = "blocklist:read":                   Yes Yes Yes No,
    /// Change the blocklist.
    BlocklistWrite = "blocklist:write":                 Yes Yes No No,
    /// See tariffs.
    TariffsRead = "tariffs:read":                       Yes Yes No No,
    /// Draft tariffs and try them.
    TariffsDraft = "tariffs:draft":                     Yes Yes No No,
    /// Publish a tariff.
    TariffsPublish = "tariffs:publish":                 AfterStepUp No No No,
    /// Create validation codes.
    ValidationsManage = "validations:manage":           Yes No No No,
    /// Redeem validation codes that somebody else made.
    ValidationsRedeem = "validations:redeem":           Yes Yes No No,
    /// See reports.
    ReportsRead = "reports:read":                       Yes Yes No No,
    /// Import bank files.
    BankImport = "bank:import":                         Yes No No No,
    /// Settle differences of a reconciliation.
    ReconciliationSettle = "reconciliation:settle":     Yes No No No,
    /// Levels and bays.
    BaysManage = "bays:manage":                         Yes Yes No No,
    /// Lend bays.
    ListingsOwn = "listings:own":                       Yes Yes No Own,
    /// Book bays.
    ReservationsOwn = "reservations:own":               Yes Yes No Own,
    /// See credits.
    CreditsOwn = "credits:own":                         Yes Yes No Own,
    /// Let people in, change what they may do.
    UsersManage = "users:manage":                       AfterStepUp No No No,
    /// Make and revoke keys of programs.
    KeysManage = "keys:manage":                         AfterStepUp No No No,
    /// Settings of sites and lanes.
    SettingsWrite = "settings:write":                   AfterStepUp No No No,
    /// Add and revoke devices.
    DevicesManage = "devices:manage":                   AfterStepUp No No No,
    /// How long data is kept.
    RetentionWrite = "retention:write":                 AfterStepUp No No No,
    /// Outgoing webhooks.
    EndpointsManage = "endpoints:manage":               AfterStepUp No No No,
    /// See the audit.
    AuditRead = "audit:read":                           Yes No No No,
    /// See the jobs of the server.
    JobsRead = "jobs:read":                             Yes No No No,
    /// Take personal data out.
    DataExport = "data:export":                         AfterStepUp No No No,
    /// Erase personal data.
    DataErase = "data:erase":                           AfterStepUp No No No,
}

impl Permission {
    /// From its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == word)
    }
}
