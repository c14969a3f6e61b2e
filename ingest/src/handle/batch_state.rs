//! State of a batch: what it has loaded and what it has changed so far.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use boomgate_domain::decide::{BlockMatch, ReservationMatch, Validity};
use boomgate_domain::ids::{BlockId, ReservationId, StayId};
use boomgate_domain::lane_mode::LaneMode;
use boomgate_domain::plate::Plate;
use boomgate_domain::plate::twins::exact_or_only_twin;
use boomgate_domain::tariff::Tariff;
use boomgate_schemas::topic::Topic;
use boomgate_store::StoreError;
use boomgate_store::arrivals::ArrivalRow;
use boomgate_store::batch::{Facts, Writes};
use boomgate_store::blocklist::BlockRow;
use boomgate_store::commands::UnsettledRow;
use boomgate_store::lanes::{LaneCounter, LaneFacts};
use boomgate_store::sites::{ENTRY_RESERVATION, SiteFacts, SiteNumbers, read_word};
use boomgate_store::stays::StayRow;
use boomgate_store::words::ExceptionKind;
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::EventContext;
use super::device_view::DeviceView;
use super::open_alarms::OpenAlarms;
use super::subscribed::Subscribed;
use crate::batch::StoredEvents;

/// What is known beside the batch's facts.
pub(crate) struct ReferenceData<'a> {
    pub key: &'a SigningKey,
    /// Tariff versions by id; they never change.
    pub tariffs: &'a HashMap<Uuid, Arc<Tariff>>,
    /// Plates inside, for sites where an exit found no stay.
    pub inside: HashMap<Uuid, Vec<(StayId, Plate)>>,
    /// Events whose numbers are not new and that are kept.
    pub stored_events: StoredEvents,
}

/// The batch's state in memory.
pub(crate) struct BatchState<'a> {
    pub(super) now: Timestamp,
    pub(super) known: ReferenceData<'a>,
    pub(super) sites: HashMap<Uuid, Site>,
    pub(super) lanes: HashMap<Uuid, Lane>,
    pub(crate) devices: HashMap<Uuid, DeviceView>,
    pub(super) arrivals: HashMap<Uuid, ArrivalRow>,
    /// Arrivals in the database, and those changed here.
    stored_arrivals: HashSet<Uuid>,
    /// Events applied by this batch, by device.
    pub(super) applied: HashSet<(Uuid, Uuid)>,
    pub(super) changed_arrivals: HashSet<Uuid>,
    pub(super) stays: HashMap<Uuid, StayRow>,
    pub(super) changed_stays: Vec<Uuid>,
    /// By site and plate.
    pub(super) subscriptions: HashMap<(Uuid, String), Vec<Subscribed>>,
    pub(super) reservations: HashMap<(Uuid, String), ReservationMatch>,
    /// By the twin key of the plate.
    pub(super) blocks: HashMap<(Uuid, String), Vec<BlockMatch>>,
    pub(super) elsewhere: HashSet<(Uuid, String)>,
    /// How people wrote the plates of blocks and rights, by the ids of these.
    pub(super) typed: HashMap<Uuid, String>,
    pub(super) alarms: OpenAlarms,
    pub(super) out: Writes,
    /// Signed orders to send once everything is committed, by command.
    pub(crate) orders: Vec<(Uuid, Topic, Vec<u8>)>,
    /// An order waits for the outbox.
    pub(crate) wake_outbox: bool,
}

/// A site with its text columns parsed.
pub(super) struct Site {
    pub facts: SiteFacts,
    pub time_zone: TimeZone,
    pub changed: bool,
}

/// A lane's orders.
pub(super) struct Lane {
    /// What people wish it to be for.
    pub mode: LaneMode,
    pub counter: i64,
    pub counted: bool,
    pub unsettled: Vec<UnsettledRow>,
}

impl<'a> BatchState<'a> {
    /// # Errors
    /// [`StoreError::Stored`] for a site whose words cannot be read.
    pub(crate) fn new(facts: Facts, known: ReferenceData<'a>, now: Timestamp) -> Result<Self, StoreError> {
        let mut batch_state = Self {
            now,
            known,
            sites: facts.sites.into_iter().map(Site::read).collect::<Result<_, _>>()?,
            lanes: HashMap::new(),
            devices: HashMap::new(),
            stored_arrivals: facts.arrivals.iter().map(|arrival| arrival.id).collect(),
            arrivals: facts.arrivals.into_iter().map(|arrival| (arrival.id, arrival)).collect(),
            changed_arrivals: HashSet::new(),
            applied: HashSet::new(),
            stays: facts.stays.into_iter().map(|stay| (stay.id, stay)).collect(),
            changed_stays: Vec::new(),
            subscriptions: HashMap::new(),
            reservations: HashMap::new(),
            blocks: HashMap::new(),
            elsewhere: HashSet::new(),
            typed: HashMap::new(),
            alarms: OpenAlarms::new(facts.alarms),
            out: Writes::default(),
            orders: Vec::new(),
            wake_outbox: false,
        };
        for lane in facts.lanes {
            batch_state.lanes.insert(lane.lane_id, Lane::read(&lane)?);
        }
        for command in facts.unsettled {
            if let Some(lane) = batch_state.lanes.get_mut(&command.lane_id) {
                lane.unsettled.push(command);
            }
        }
        for device in facts.devices {
            let id = device.device_id;
            let ranges = facts.inbox.iter().filter(|range| range.device_id == id);
            batch_state.devices.insert(id, DeviceView::new(device, ranges));
        }
        for found in facts.subscriptions {
            batch_state.take_right(found);
        }
        for found in facts.blocks {
            batch_state.take_block(&found);
        }
        Ok(batch_state)
    }

    fn take_block(&mut self, found: &BlockRow) {
        let Ok(plate) = Plate::parse(&found.plate) else { return };
        let validity = validity(found.valid_from, found.valid_until);
        let block = BlockMatch { id: BlockId::from_uuid(found.id), validity };
        self.typed.extend(found.plate_typed.clone().map(|text| (found.id, text)));
        self.blocks.entry((found.site_id, plate.twin_key().to_string())).or_default().push(block);
    }

    /// A block of this plate or of a twin of it, best one that holds at that time.
    pub(super) fn block(&self, site: Uuid, plate: &Plate, at: Timestamp) -> Option<BlockMatch> {
        let blocks = self.blocks.get(&(site, plate.twin_key().to_string()))?;
        blocks.iter().find(|block| block.validity.covers(at)).or(blocks.first()).copied()
    }

    fn take_right(&mut self, found: boomgate_store::subscriptions::SubscriptionRow) {
        let validity = validity(found.valid_from, found.valid_until);
        let key = (found.site_id, found.plate.clone());
        self.typed.extend(found.plate_typed.clone().map(|text| (found.id, text)));
        if found.elsewhere {
            self.elsewhere.insert(key.clone());
        }
        if found.kind == "subscription" {
            // Found twice where the batch has a twin of the plate, too.
            let known = self.subscriptions.entry(key).or_default();
            if known.iter().all(|one| one.id() != found.id) {
                known.push(Subscribed::read(&found, validity));
            }
        } else {
            self.reservations
                .insert(key, ReservationMatch { id: ReservationId::from_uuid(found.id), validity });
        }
    }

    /// The open stay of a plate, as the batch sees it by now.
    pub(super) fn open_stay(&self, site: Uuid, plate: &str) -> Option<&StayRow> {
        self.stays.values().find(|stay| {
            stay.site_id == site && stay.state == StayRow::OPEN && stay.plate.as_deref() == Some(plate)
        })
    }

    /// The open stay that a car of this plate leaves: its own, or else the only one of a twin.
    pub(super) fn leaving_stay(&self, site: Uuid, plate: &Plate) -> Option<&StayRow> {
        let open = self.stays.values().filter(|stay| stay.site_id == site && stay.state == StayRow::OPEN);
        let named = open.filter_map(|stay| Some((stay, Plate::parse(stay.plate.as_deref()?).ok()?)));
        exact_or_only_twin(plate, named)
    }

    pub(super) fn stay_changed(&mut self, id: Uuid) {
        if !self.changed_stays.contains(&id) {
            self.changed_stays.push(id);
        }
    }

    pub(super) fn put_stay(&mut self, stay: StayRow) {
        let id = stay.id;
        self.stays.insert(id, stay);
        self.stay_changed(id);
    }

    pub(super) fn put_arrival(&mut self, arrival: ArrivalRow) {
        let promised_before = self.arrivals.get(&arrival.id).is_some_and(|known| self.is_promised(known));
        let promised_now = self.is_promised(&arrival);
        let change = i64::from(promised_now).saturating_sub(i64::from(promised_before));
        self.count_promise(arrival.site_id, change);
        self.changed_arrivals.insert(arrival.id);
        self.arrivals.insert(arrival.id, arrival);
    }

    pub(super) fn take_arrival(&mut self, id: Uuid) -> Option<ArrivalRow> {
        let arrival = self.arrivals.remove(&id)?;
        if self.is_promised(&arrival) {
            self.count_promise(arrival.site_id, -1);
        }
        self.changed_arrivals.remove(&id);
        if self.stored_arrivals.contains(&id) {
            self.out.arrivals_gone.push((arrival.site_id, id));
        }
        Some(arrival)
    }

    /// Whether a space is kept for it; must agree with `sites/facts.sql`.
    pub(super) fn is_promised(&self, arrival: &ArrivalRow) -> bool {
        arrival.direction == "entry"
            && arrival.outcome.as_deref() == Some("open")
            && arrival.passed_at.is_none()
            && self.now.duration_since(arrival.received_at) < ENTRY_RESERVATION
    }

    fn count_promise(&mut self, site: Uuid, change: i64) {
        if let Some(site) = self.sites.get_mut(&site) {
            site.facts.promised = site.facts.promised.saturating_add(change).max(0);
        }
    }

    /// One car more is inside.
    pub(super) fn count_in(&mut self, site: Uuid) {
        if let Some(site) = self.sites.get_mut(&site) {
            site.facts.inside = site.facts.inside.saturating_add(1);
            site.changed = true;
        }
    }

    /// One car less is inside. `false`, and something for people to see, if there was none.
    pub(super) fn count_out(&mut self, context: &EventContext<'_>) -> bool {
        let Some(site) = self.sites.get_mut(&context.device.site.as_uuid()) else { return true };
        let counted = site.facts.inside > 0;
        site.facts.inside = site.facts.inside.saturating_sub(1).max(0);
        site.changed = true;
        if !counted {
            self.exception(context, ExceptionKind::NobodyInsideToLeave, None);
        }
        counted
    }

    /// The tariff version a stay pinned, or the site's present one.
    pub(super) fn tariff(&self, id: Option<Uuid>) -> Option<Arc<Tariff>> {
        self.known.tariffs.get(&id?).cloned()
    }

    /// What becomes rows, and the orders to send after the commit.
    pub(crate) fn finish(mut self) -> (Writes, Vec<(Topic, Vec<u8>)>, bool) {
        let mut stays: Vec<StayRow> =
            self.changed_stays.iter().filter_map(|id| self.stays.get(id).cloned()).collect();
        stays.sort_by_key(|stay| stay.state == StayRow::OPEN);
        self.out.stays = stays;
        let changed = self.changed_arrivals.iter().filter_map(|id| self.arrivals.get(id).cloned());
        self.out.arrivals = changed.collect();
        self.out.arrivals_gone.retain(|(_, id)| !self.changed_arrivals.contains(id));
        self.finish_numbers();
        (
            self.out,
            self.orders.into_iter().map(|(_, topic, bytes)| (topic, bytes)).collect(),
            self.wake_outbox,
        )
    }

    fn finish_numbers(&mut self) {
        let sites = self.sites.values().filter(|site| site.changed).map(|site| &site.facts);
        self.out.numbers = sites
            .map(|facts| SiteNumbers { site_id: facts.site_id, inside: facts.inside, live_no: facts.live_no })
            .collect();
        let site_of = |lane: Uuid| {
            self.out.commands.iter().find(|command| command.lane_id == lane).map(|one| one.site_id)
        };
        let counted = self.lanes.iter().filter(|(_, lane)| lane.counted);
        self.out.counters = counted
            .filter_map(|(id, lane)| {
                Some(LaneCounter { site_id: site_of(*id)?, lane_id: *id, command_counter: lane.counter })
            })
            .collect();
    }
}

impl Lane {
    fn read(facts: &LaneFacts) -> Result<Self, StoreError> {
        let mode = read_word("lanes.mode", &facts.mode)?;
        Ok(Self { mode, counter: facts.command_counter, counted: false, unsettled: Vec::new() })
    }
}

impl Site {
    fn read(facts: SiteFacts) -> Result<(Uuid, Self), StoreError> {
        let wrong = |column, value: &str, reason: String| StoreError::Stored {
            column,
            value: value.to_owned(),
            reason,
        };
        facts.state(LaneMode::Open)?;
        let time_zone = TimeZone::get(&facts.time_zone)
            .map_err(|error| wrong("sites.time_zone", &facts.time_zone, error.to_string()))?;
        let site = Self { time_zone, changed: false, facts };
        Ok((site.facts.site_id, site))
    }
}

fn validity(from: Option<Timestamp>, until: Option<Timestamp>) -> Validity {
    Validity { from: from.unwrap_or(Timestamp::MIN), until }
}
