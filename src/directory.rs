//! The broker's register of devices, answered from PostgreSQL.

use async_trait::async_trait;
use boomgate_broker::{Claim, Directory, Refusal};
use boomgate_domain::ids::DeviceCode;
use boomgate_schemas::identity::DeviceIdentity;
use boomgate_store::devices::{self, DeviceRow};
use boomgate_store::pool::within;
use boomgate_store::{Pool, StoreError};

/// Longer than this a device does not wait to be told "later".
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);

pub struct StoredDevices {
    pool: Pool,
}

impl StoredDevices {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    async fn row(&self, code: &DeviceCode) -> Result<Option<DeviceRow>, StoreError> {
        within(PATIENCE, async {
            let client = self.pool.get().await?;
            devices::by_code(&client, code).await
        })
        .await
    }
}

#[async_trait]
impl Directory for StoredDevices {
    async fn admit(&self, claim: &Claim) -> Result<DeviceIdentity, Refusal> {
        let code = match claim {
            Claim::Certificate { identity, .. } => &identity.device,
            Claim::Loopback { device } => device,
        };
        let row = self.row(code).await.map_err(|error| {
            tracing::warn!(device = %code, %error, "the register of devices does not answer");
            Refusal::Unavailable
        })?;
        judge(claim, &row.ok_or(Refusal::Unknown)?)
    }
}

/// The certificate must be the very one that was issued last, for the place the device stands at.
fn judge(claim: &Claim, row: &DeviceRow) -> Result<DeviceIdentity, Refusal> {
    if row.revoked_at.is_some() {
        return Err(Refusal::Revoked);
    }
    let identity = identity(row).ok_or(Refusal::Unknown)?;
    match claim {
        Claim::Certificate { identity: claimed, fingerprint } => {
            let known = row.certificate_sha256.as_deref().is_none_or(|known| known == fingerprint);
            if *claimed == identity && known { Ok(identity) } else { Err(Refusal::WrongCertificate) }
        }
        Claim::Loopback { .. } => Ok(identity),
    }
}

fn identity(row: &DeviceRow) -> Option<DeviceIdentity> {
    Some(DeviceIdentity {
        site: row.site_code.parse().ok()?,
        lane: row.lane_code.parse().ok()?,
        device: row.code.parse().ok()?,
    })
}
