//! What a batch must know before it is folded, and where that is read.

use std::collections::HashMap;
use std::sync::Arc;

use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{SiteId, StayId, TariffId};
use boomgate_domain::plate::Plate;
use boomgate_domain::tariff::Tariff;
use boomgate_schemas::up::{Event, EventBody};
use boomgate_store::StoreError;
use boomgate_store::batch::{Facts, Need, Session};
use boomgate_store::stays::{self, StayRow};
use jiff::Timestamp;
use uuid::Uuid;

use super::messages::events;
use crate::handle::arrival_of;
use crate::inbound::Received;

/// How many plates inside are looked through when an exit finds no stay.
const MAX_OPEN_PLATES: i64 = 5000;

/// What the batch must know: its sites, lanes, devices, arrivals, plates.
pub(super) fn need(batch: &[Received], now: Timestamp) -> Need {
    let mut need = Need { now, ..Need::default() };
    for message in batch {
        let site = message.device.site.as_uuid();
        need.sites.push(site);
        need.lanes.push((site, message.device.lane.as_uuid()));
        need.devices.push((site, message.device.id.as_uuid()));
        for event in events(message) {
            need.arrivals.extend(arrival_of(&event.body).map(|arrival| (site, arrival)));
            need.plates.extend(plate_of(event).map(|plate| (site, plate.as_str().to_owned())));
        }
    }
    need.sites.sort_unstable();
    need.sites.dedup();
    for pairs in [&mut need.lanes, &mut need.devices, &mut need.arrivals] {
        pairs.sort_unstable();
        pairs.dedup();
    }
    need.plates.sort_unstable();
    need.plates.dedup();
    need
}

/// The tariff versions that sites and stays name, read once each: a version never changes.
pub(super) async fn learn_tariffs(
    session: &Session,
    facts: &Facts,
    tariffs: &mut HashMap<Uuid, Arc<Tariff>>,
) -> Result<(), StoreError> {
    let mut named: Vec<(Uuid, Uuid)> = Vec::new();
    for site in &facts.sites {
        named.extend(site.tariff_ids.iter().map(|id| (site.site_id, *id)));
    }
    for stay in &facts.stays {
        named.extend(stay.tariff_id.map(|id| (stay.site_id, id)));
    }
    for (site, id) in named {
        if tariffs.contains_key(&id) {
            continue;
        }
        let row =
            boomgate_store::tariffs::get(session.client(), SiteId::from_uuid(site), TariffId::from_uuid(id))
                .await?;
        let row = row.ok_or_else(|| StoreError::NotFound { what: "tariff", id: id.to_string() })?;
        tariffs.insert(id, Arc::new(row.tariff()?));
    }
    Ok(())
}

/// Only an exit whose plate has no open stay needs the others inside, to suggest the one it may be.
pub(super) async fn plates_inside(
    session: &Session,
    facts: &Facts,
    batch: &[Received],
) -> Result<HashMap<Uuid, Vec<(StayId, Plate)>>, StoreError> {
    let mut inside = HashMap::new();
    for message in batch.iter().filter(|message| message.device.direction == Direction::Exit) {
        let site = message.device.site;
        let unknown = |plate: &Plate| {
            !facts.stays.iter().any(|stay| {
                stay.site_id == site.as_uuid()
                    && stay.state == StayRow::OPEN
                    && stay.plate.as_deref() == Some(plate.as_str())
            })
        };
        let wanted = events(message).iter().filter_map(plate_of).any(|plate| unknown(&plate));
        if wanted && !inside.contains_key(&site.as_uuid()) {
            let plates = stays::open_plates(session.client(), site, MAX_OPEN_PLATES).await?;
            let read = plates.into_iter().filter_map(|one| Some((one.id, Plate::parse(&one.plate).ok()?)));
            inside.insert(site.as_uuid(), read.collect());
        }
    }
    Ok(inside)
}

fn plate_of(event: &Event) -> Option<Plate> {
    let EventBody::Arrival(arrival) = &event.body else { return None };
    Plate::parse(&arrival.reading.as_ref()?.plate).ok()
}
