//! Faults of a requested change, collected before it is refused, each with its correction.

use boomgate_domain::ids::{DeviceCode, LaneCode, SiteCode};
use boomgate_store::audit_action::BeforeAfter;

/// One fault of a requested change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The part of the request it is about, as the request names it: `time_zone`.
    pub field: &'static str,
    /// Stable name of the rule.
    pub code: &'static str,
    /// What differs or is missing, in words.
    pub message: String,
    /// The other change that would correct it, where there is one.
    pub correction: Option<Correction>,
}

/// A change that would take a fault away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// A new certificate for a device that is known.
    RenewDevice {
        /// Its code.
        device: DeviceCode,
    },
    /// Another setting of a site.
    SetSite {
        /// Its code.
        site: SiteCode,
        /// `time_zone` or `currency`.
        setting: &'static str,
        /// What it should be.
        value: String,
    },
    /// Another direction of a lane.
    SetLane {
        /// Of the lane's site.
        site: SiteCode,
        /// Its code.
        lane: LaneCode,
        /// What it should be.
        direction: &'static str,
    },
    /// Another role of a user.
    SetRole {
        /// The user's name.
        name: String,
        /// What it should be.
        role: &'static str,
    },
    /// One more site for a user; none: whichever it should be.
    GiveSite {
        /// The user's name.
        name: String,
        /// The role there, where it must be given.
        role: Option<&'static str>,
        /// The site.
        site: Option<SiteCode>,
    },
    /// Being an admin, who needs no site.
    BeAdmin,
}

impl Fault {
    /// Without a correction.
    pub fn new(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { field, code, message: message.into(), correction: None }
    }

    /// With what would correct it.
    #[must_use]
    pub fn with(self, correction: Correction) -> Self {
        Self { correction: Some(correction), ..self }
    }
}

/// A stored value that is another one from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `name`, `time_zone`, `role` and the like.
    pub field: &'static str,
    /// What it was.
    pub before: String,
    /// What it is now.
    pub after: String,
}

impl Change {
    /// The change, if there is one.
    pub(crate) fn of(field: &'static str, before: &str, after: &str) -> Option<Self> {
        (before != after).then(|| Self { field, before: before.into(), after: after.into() })
    }

    /// Those of `all` about this field, as the audit shows them.
    pub(crate) fn pair(all: &[Self], field: &str) -> Option<BeforeAfter> {
        let change = all.iter().find(|change| change.field == field)?;
        Some(BeforeAfter(change.before.clone(), change.after.clone()))
    }
}
