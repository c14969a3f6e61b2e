//! Closed sets of words that columns and the api's JSON have in common, each declared once.

/// Declares an enum whose variants are stored and sent as words. A word is taken as `tt`: what is captured as a literal is
/// passed on in an invisible group, and the OpenAPI document then has the variant's name in the word's place.
macro_rules! words {
    ($($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:tt),+ $(,)? })+) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every one there is.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// From its word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// Its word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+ };
}
pub(crate) use words;

impl From<boomgate_domain::lane_mode::LaneMode> for LaneMode {
    fn from(mode: boomgate_domain::lane_mode::LaneMode) -> Self {
        use boomgate_domain::lane_mode::LaneMode as Known;
        match mode {
            Known::Open => Self::Open,
            Known::Full => Self::Full,
            Known::Closed => Self::Closed,
            Known::ClosedToAll => Self::ClosedToAll,
            Known::Maintenance => Self::Maintenance,
            Known::FreeFlow => Self::FreeFlow,
        }
    }
}

impl From<LaneMode> for boomgate_domain::lane_mode::LaneMode {
    fn from(word: LaneMode) -> Self {
        match word {
            LaneMode::Open => Self::Open,
            LaneMode::Full => Self::Full,
            LaneMode::Closed => Self::Closed,
            LaneMode::ClosedToAll => Self::ClosedToAll,
            LaneMode::Maintenance => Self::Maintenance,
            LaneMode::FreeFlow => Self::FreeFlow,
        }
    }
}

words! {
    /// What kind of vehicle it is; tariffs may charge them apart.
    pub enum VehicleType {
        Car = "car",
        Motorcycle = "motorcycle",
        Van = "van",
        Truck = "truck",
        Bus = "bus",
    }

    /// What a person did to a stay.
    pub enum StayAct {
        /// Plate, times or vehicle type.
        Corrected = "corrected",
        /// It is one with another that was its other half.
        Merged = "merged",
        Voided = "voided",
    }

    /// What an import does with a line of its file.
    pub enum LineOutcome {
        Created = "created",
        Changed = "changed",
        /// It says what is known already.
        Unchanged = "unchanged",
    }

    /// Which way a lane leads.
    pub enum LaneDirection {
        Entry = "entry",
        Exit = "exit",
    }

    /// What was decided on an arrival.
    pub enum DecisionOutcome {
        Open = "open",
        Deny = "deny",
        /// The boom opens as soon as the amount is paid.
        Charge = "charge",
    }

    /// How far a reading can be trusted.
    pub enum ReadingVerdict {
        Accept = "accept",
        Unsure = "unsure",
        Unreadable = "unreadable",
    }

    /// The boom as its lane last said.
    pub enum BoomPosition {
        Closed = "closed",
        Opening = "opening",
        Open = "open",
        Closing = "closing",
        /// Open until somebody releases it.
        Held = "held",
        Broken = "broken",
        Unknown = "unknown",
    }

    /// How a passage ended.
    pub enum PassageOutcome {
        Passed = "passed",
        BackedOut = "backed_out",
        /// A further car on the same opening.
        Tailgated = "tailgated",
        /// Against the lane's direction.
        WrongWay = "wrong_way",
    }

    /// What a lane can be ordered to do.
    pub enum CommandAction {
        /// Open for one car.
        Open = "open",
        /// Close as soon as nobody is under it.
        Close = "close",
        /// Open and stay open.
        Hold = "hold",
        /// End a hold.
        Release = "release",
        /// Send the waiting car away.
        Refuse = "refuse",
        /// Show what is due.
        Charge = "charge",
        /// Send pictures of the lane for a minute.
        Preview = "preview",
    }

    /// How far an order to a lane has come.
    pub enum CommandState {
        /// Neither counted nor signed yet; `wished` in rows of servers before migration 14.
        #[serde(alias = "wished")]
        Pending = "pending",
        /// Counted, signed and sent; the lane has not answered.
        Sent = "sent",
        Done = "done",
        /// It was so already, or the lane had decided otherwise.
        Ignored = "ignored",
        Refused = "refused",
        /// Not sent, or not answered, in time.
        Expired = "expired",
    }

    /// How far a stay has come.
    pub enum StayState {
        Open = "open",
        Closed = "closed",
        Voided = "voided",
        /// Seen leaving; its entry is not known (yet).
        ExitOnly = "exit_only",
    }

    /// Whether a lane works.
    pub enum LaneReadiness {
        Starting = "starting",
        Ready = "ready",
        /// It has not said.
        Unknown = "unknown",
    }

    /// What a lane is for.
    pub enum LaneMode {
        /// Everybody who may comes in and leaves.
        Open = "open",
        /// Visitors are refused at the entry, subscribers and reservations come in; cars leave.
        Full = "full",
        /// As full, but the sign says closed.
        Closed = "closed",
        /// Nobody comes in; cars leave.
        ClosedToAll = "closed_to_all",
        /// The lane takes no cars; a person can still open it.
        Maintenance = "maintenance",
        /// The boom stays up, and everybody passes.
        FreeFlow = "free_flow",
    }

    /// How all lanes of a direction are held open.
    pub enum HoldAllAction {
        /// By an order: ends when somebody releases the lane, or with a restart of the lane.
        Hold = "hold",
        /// By their mode: survives restarts and outages.
        FreeFlow = "free_flow",
    }

    /// How far holding all lanes of a direction open has come.
    pub enum HoldAllState {
        /// A second person is waited for.
        Requested = "requested",
        Confirmed = "confirmed",
        /// Nobody confirmed it in time.
        Expired = "expired",
        Released = "released",
    }

    /// What a person must see to.
    pub enum AlarmKind {
        /// A car that is inside was blocked.
        BlockedInside = "blocked_inside",
        /// A blocked plate came to a lane.
        BlockedPlate = "blocked_plate",
        /// Drive, end switches, or an arm that moved by itself.
        BoomFault = "boom_fault",
        BoomUpTooLong = "boom_up_too_long",
        /// Camera or plate reader.
        Camera = "camera",
        /// A certificate ends soon.
        Certificate = "certificate",
        /// Two machines with one identity, a renewed store, more messages than allowed.
        DeviceTrouble = "device_trouble",
        /// Events of the lane that never come.
        EventsGap = "events_gap",
        Fire = "fire",
        /// Not heard of for a minute.
        LaneLost = "lane_lost",
        LoopStuck = "loop_stuck",
        /// Something was hit twice: the boom stays up until somebody resets it on the spot.
        Obstructed = "obstructed",
        /// More events wait at the lane than it sends.
        QueueGrowing = "queue_growing",
        /// An order with an old counter under new words.
        ReplayedCommand = "replayed_command",
        /// The lane's disk.
        Storage = "storage",
        /// Subscriptions that end soon.
        SubscriptionsEnding = "subscriptions_ending",
        /// Following another car, against the direction, or without leave.
        UnauthorisedPassage = "unauthorised_passage",
        /// Cars that left and of which no entry is known.
        UnmatchedExits = "unmatched_exits",
    }

    /// How far a subscription has come.
    pub enum SubscriptionState {
        /// It is valid from a later time on.
        Planned = "planned",
        Active = "active",
        /// It rests.
        Paused = "paused",
        Ended = "ended",
    }

    /// For how long a price is paid.
    pub enum PlanPeriod {
        Day = "day",
        Week = "week",
        Month = "month",
        Year = "year",
    }

    /// What was done to a subscription.
    pub enum SubscriptionChange {
        Added = "added",
        /// Holder, contact, note, plan or terms.
        Changed = "changed",
        PlateAdded = "plate_added",
        PlateRemoved = "plate_removed",
        PlateChanged = "plate_changed",
        Paused = "paused",
        Resumed = "resumed",
        Renewed = "renewed",
        Ended = "ended",
        /// An end was taken back.
        Reopened = "reopened",
    }

    /// How far a block has come.
    pub enum BlockState {
        /// It holds from a later time on.
        Planned = "planned",
        Active = "active",
        /// Its time is over.
        Expired = "expired",
        /// A person ended it.
        Lifted = "lifted",
    }

    /// What becomes of a subscriber's car beyond its terms.
    pub enum OutsideTerms {
        /// It comes in as any other car, and pays.
        Visitor = "visitor",
        /// The boom stays closed.
        Refuse = "refuse",
    }

    /// How far an alarm has come.
    pub enum AlarmState {
        Open = "open",
        /// Somebody sees to it.
        Acknowledged = "acknowledged",
        Closed = "closed",
    }

    /// Something a person should look at.
    pub enum ExceptionKind {
        ArrivalInWrongDirection = "arrival_in_wrong_direction",
        ArrivalOfAnotherLane = "arrival_of_another_lane",
        DeviceFloods = "device_floods",
        DeviceStoreBehind = "device_store_behind",
        DeviceTwin = "device_twin",
        EnteredTwice = "entered_twice",
        EventsMissing = "events_missing",
        ExitUnread = "exit_unread",
        ExitWithoutStay = "exit_without_stay",
        Gap = "gap",
        LaneClock = "lane_clock",
        LeftUnpaid = "left_unpaid",
        NobodyInsideToLeave = "nobody_inside_to_leave",
        PlateInsideTwice = "plate_inside_twice",
        Tailgated = "tailgated",
        WrongWay = "wrong_way",
    }
}
