//! What a decision is made of: the arrival, and what matches its plate at the site.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::direction::Direction;
use crate::ids::{ArrivalId, BlockId, ReservationId, StayId, SubscriptionId};
use crate::lane_mode::LaneMode;
use crate::money::Money;
use crate::plate::Plate;
use crate::reading::Verdict;
use crate::stay::Stay;
use crate::subscription::SubscriptionTerms;
use crate::tariff::{Tariff, VehicleType};

/// What the car identifies itself with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// Only what the camera read.
    Plate,
    /// A ticket or QR code taken at the entry or shown at the exit, or the word of a person of the staff; its stay, if any,
    /// is among the matches.
    Ticket,
}

/// A car that waits at the arming loop.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The occupancy of the arming loop.
    pub id: ArrivalId,
    /// Of the lane.
    pub direction: Direction,
    /// Canonical under the site's grammar; none if nothing was read.
    pub plate: Option<Plate>,
    /// How far the reading can be trusted.
    pub verdict: Verdict,
    /// How the car is identified.
    pub credential: Credential,
    /// By which it is charged.
    pub vehicle: VehicleType,
}

/// What a site lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SiteMode {
    /// Visitors, subscribers and reservations are let in.
    #[default]
    Open,
    /// Visitors refused, subscribers and reservations in.
    Full,
    /// As full, but the sign says closed.
    Closed,
    /// Entries refused, exits open.
    ClosedToAll,
}

impl From<SiteMode> for LaneMode {
    fn from(mode: SiteMode) -> Self {
        match mode {
            SiteMode::Open => Self::Open,
            SiteMode::Full => Self::Full,
            SiteMode::Closed => Self::Closed,
            SiteMode::ClosedToAll => Self::ClosedToAll,
        }
    }
}

/// What happens to a plate that is inside and comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passback {
    /// Refused for every plate that is inside; an operator may open.
    #[default]
    Deny,
    /// Subscribers and reservations are held, visitors (who pay anyway) let in.
    DenyRights,
    /// Not checked; the passage voids the earlier stay.
    Allow,
}

/// The site as a decision at one of its lanes sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteState {
    /// What the lane is for.
    pub mode: LaneMode,
    /// Free spaces for visitors; none if the site does not count. Zero is full.
    pub free_spaces: Option<u32>,
    /// Whether cars without a right may enter and pay.
    pub visitors: bool,
    /// Applied to plates that are inside.
    pub passback: Passback,
    /// Above this due amount a plate alone does not get to pay at the exit; none is no limit.
    pub plate_only_limit: Option<Money>,
}

impl Default for SiteState {
    fn default() -> Self {
        Self {
            mode: LaneMode::Open,
            free_spaces: None,
            visitors: true,
            passback: Passback::Deny,
            plate_only_limit: None,
        }
    }
}

/// A valid-in-time right; `until` is excluded, none is without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Validity {
    /// First instant.
    pub from: Timestamp,
    /// First instant after it; none is without end.
    pub until: Option<Timestamp>,
}

impl Validity {
    /// Whether the right is valid at `at`.
    pub fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// A plate on the blocklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BlockMatch {
    /// The row of the blocklist.
    pub id: BlockId,
    /// When the block holds.
    pub validity: Validity,
}

/// A plate with a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionMatch {
    /// The subscription.
    pub id: SubscriptionId,
    /// When it is valid.
    pub validity: Validity,
    /// Places left in its pool; none if it has no pool, or nobody knows.
    pub pool_left: Option<u32>,
    /// Entries left in this month; none if they are not limited, or nobody knows.
    #[serde(default)]
    pub uses_left: Option<u32>,
    /// Whether it may use this lane.
    #[serde(default = "yes")]
    pub lane_allowed: bool,
    /// What it says beside.
    #[serde(default)]
    pub terms: SubscriptionTerms,
}

const fn yes() -> bool {
    true
}

/// Why a subscription does not let its car in now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outside {
    /// It rests.
    Paused,
    /// It holds at other times.
    OtherTime,
    /// It holds at other lanes.
    OtherLane,
    /// Every place of it is taken.
    PoolFull,
    /// Its entries of this month are used up.
    UsedUp,
    /// Nobody knows how many of its cars are inside: the lane is alone, and told not to guess.
    NotKnown,
}

impl SubscriptionMatch {
    /// One that says nothing beside its validity.
    pub fn plain(id: SubscriptionId, validity: Validity) -> Self {
        let terms = SubscriptionTerms::default();
        Self { id, validity, pool_left: None, uses_left: None, lane_allowed: true, terms }
    }

    /// Why it does not let its car in at `now`, within its validity; none if it does.
    pub fn outside(&self, source: MatchSource, now: Timestamp, time_zone: &TimeZone) -> Option<Outside> {
        let guesses = match source {
            MatchSource::Full => true,
            MatchSource::Offline(policy) => policy.counted == OfflineCounted::Admit,
        };
        if self.terms.is_paused(now) {
            Some(Outside::Paused)
        } else if !self.lane_allowed {
            Some(Outside::OtherLane)
        } else if !self.terms.is_in_window(now, time_zone) {
            Some(Outside::OtherTime)
        } else if self.uses_left == Some(0) {
            Some(Outside::UsedUp)
        } else if self.pool_left == Some(0) {
            Some(Outside::PoolFull)
        } else if self.terms.counted && !guesses {
            Some(Outside::NotKnown)
        } else {
            None
        }
    }
}

/// A plate with a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ReservationMatch {
    /// The reservation.
    pub id: ReservationId,
    /// When it is valid.
    pub validity: Validity,
}

/// An open stay whose plate is near the one read.
#[derive(Debug, Clone, PartialEq)]
pub struct NearStay {
    /// The open stay.
    pub stay: StayId,
    /// In tenths of an edit, see [`crate::plate::distance`].
    pub distance: u32,
}

/// What a lane does with cars that are not on its list while the server cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct OfflinePolicy {
    /// At entries.
    pub entry: OfflineEntry,
    /// At exits.
    pub exit: OfflineExit,
    /// Subscribers whose cars are counted: they share places, or have paid for so many entries a month.
    pub counted: OfflineCounted,
}

impl Default for OfflinePolicy {
    /// Entries fail closed, exits fail open.
    fn default() -> Self {
        Self { entry: OfflineEntry::Listed, exit: OfflineExit::Everybody, counted: OfflineCounted::Admit }
    }
}

/// Which entries a lane opens without its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfflineEntry {
    /// Those on the synced list only.
    Listed,
    /// Visitors too; they pay at the exit.
    Visitors,
}

/// What a lane alone does with a subscriber whose cars only the server counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfflineCounted {
    /// It is let in as if a place were left; what it took is counted once the server knows.
    Admit,
    /// It is treated as a car without a right.
    Refuse,
}

/// Which exits a lane opens without its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfflineExit {
    /// Those on the synced list only.
    Listed,
    /// Everybody but the blocked; what is owed is settled later.
    Everybody,
}

/// Where the matches come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchSource {
    /// The server: stays and counts are known.
    Full,
    /// A lane with nothing but its synced list: stays are not known.
    Offline(OfflinePolicy),
}

/// All that is known about an arrival's plate or ticket, and about the site.
#[derive(Debug, Clone)]
pub struct Matches {
    /// Who collected the matches.
    pub source: MatchSource,
    /// The site as it is now.
    pub site: SiteState,
    /// Of the plate or of a twin of it.
    pub block: Option<BlockMatch>,
    /// Of exactly this plate; at an exit also of the plate of `stay`.
    pub subscription: Option<SubscriptionMatch>,
    /// Of exactly this plate.
    pub reservation: Option<ReservationMatch>,
    /// The open stay of this plate, or of the ticket shown; at an exit without one, the only stay of a twin.
    pub stay: Option<Stay>,
    /// Passback was reset for its open stay: it may come in once more.
    pub neutral: bool,
    /// Its open stay began as a visitor's.
    pub visitor_stay: bool,
    /// Open stays with nearly this plate; only suggestions.
    pub near: Vec<NearStay>,
    /// The same plate has an open stay at another site of the tenant.
    pub elsewhere: bool,
    /// The site's present tariff: the lost-ticket price, and the price of stays that pin none.
    pub tariff: Option<std::sync::Arc<Tariff>>,
    /// The site's time zone.
    pub time_zone: TimeZone,
}

impl Matches {
    /// Nothing matches at a site with default settings.
    pub fn none(time_zone: TimeZone) -> Self {
        Self {
            source: MatchSource::Full,
            site: SiteState::default(),
            block: None,
            subscription: None,
            reservation: None,
            stay: None,
            neutral: false,
            visitor_stay: false,
            near: Vec::new(),
            elsewhere: false,
            tariff: None,
            time_zone,
        }
    }
}
