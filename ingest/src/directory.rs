//! Devices with their keys: a cache of PostgreSQL, invalidated by its notifications.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use boomgate_domain::decide::Direction;
use boomgate_domain::ids::{DeviceCode, DeviceId, LaneCode, LaneId, SiteCode, SiteId};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_store::devices::{self, DeviceRow};
use boomgate_store::{Pool, StoreError};
use ed25519_dalek::VerifyingKey;

/// A change that was not announced is noticed after this.
const FRESH: Duration = Duration::from_secs(30);
/// Most entries. Unknown names are cached too, so that unknown devices cause no query for each message.
const MAX_ENTRIES: usize = 20_000;

/// A registered device with its lane and site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    pub id: DeviceId,
    pub site: SiteId,
    pub lane: LaneId,
    pub code: DeviceCode,
    pub site_code: SiteCode,
    pub lane_code: LaneCode,
    pub direction: Direction,
    pub key: VerifyingKey,
}

impl Device {
    pub(crate) fn topic(&self, leaf: Leaf) -> Topic {
        Topic::new(self.site_code.clone(), self.lane_code.clone(), leaf)
    }
}

/// The memory; clones share it.
#[derive(Clone)]
pub(crate) struct Directory {
    pool: Pool,
    known: Arc<Mutex<HashMap<DeviceCode, CacheEntry>>>,
}

struct CacheEntry {
    device: Option<Arc<Device>>,
    at: Instant,
}

impl Directory {
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool, known: Arc::default() }
    }

    /// The device of this code, unless it is unknown or revoked.
    pub(crate) async fn find(&self, code: &DeviceCode) -> Result<Option<Arc<Device>>, StoreError> {
        if let Some(device) = self.remembered(code) {
            return Ok(device);
        }
        let client = self.pool.get().await?;
        let row = devices::by_code(&client, code).await?.filter(|row| row.revoked_at.is_none());
        let device = row.and_then(|row| read(&row)).map(Arc::new);
        let mut known = self.lock();
        if known.len() >= MAX_ENTRIES {
            known.clear();
        }
        known.insert(code.clone(), CacheEntry { device: device.clone(), at: Instant::now() });
        Ok(device)
    }

    fn remembered(&self, code: &DeviceCode) -> Option<Option<Arc<Device>>> {
        let known = self.lock();
        known.get(code).filter(|one| one.at.elapsed() < FRESH).map(|one| one.device.clone())
    }

    pub(crate) fn forget(&self, code: &str) {
        if let Ok(code) = code.parse::<DeviceCode>() {
            self.lock().remove(&code);
        }
    }

    pub(crate) fn forget_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<DeviceCode, CacheEntry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(row: &DeviceRow) -> Option<Device> {
    let key: [u8; 32] = row.signing_key.as_slice().try_into().ok()?;
    let device = Device {
        id: row.id,
        site: row.site_id,
        lane: row.lane_id,
        code: row.code.parse().ok()?,
        site_code: row.site_code.parse().ok()?,
        lane_code: row.lane_code.parse().ok()?,
        direction: if row.direction == "exit" { Direction::Exit } else { Direction::Entry },
        key: VerifyingKey::from_bytes(&key).ok()?,
    };
    Some(device)
}
