//! The broker's register of devices, answered from PostgreSQL.

use async_trait::async_trait;
use boomgate_broker::{Alarm, Claim, Directory, Refusal};
use boomgate_domain::ids::DeviceCode;
use boomgate_schemas::identity::DeviceIdentity;
use boomgate_store::audit_action::AuditAction;
use boomgate_store::devices::{self, DeviceRow};
use boomgate_store::exceptions::{self, NewException};
use boomgate_store::pool::within;
use boomgate_store::words::ExceptionKind;
use boomgate_store::{Pool, StoreError, live_feed};
use jiff::Timestamp;
use uuid::Uuid;

/// Limit for a look-up; after it a device is refused for now.
const LOOKUP_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(3);

pub struct StoredDevices {
    pool: Pool,
}

impl StoredDevices {
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    async fn row(&self, code: &DeviceCode) -> Result<Option<DeviceRow>, StoreError> {
        within(LOOKUP_TIMEOUT, async {
            let client = self.pool.get().await?;
            devices::by_code(&client, code).await
        })
        .await
    }

    async fn raise(&self, code: &DeviceCode, alarm: Alarm) -> Result<(), StoreError> {
        let mut client = self.pool.get().await?;
        let Some(row) = devices::by_code(&client, code).await? else { return Ok(()) };
        let device = row.id.as_uuid();
        let (what, action) = match alarm {
            Alarm::Twin { live, refused } => (
                ExceptionKind::DeviceTwin,
                AuditAction::DeviceTwin { device, live: live.to_string(), refused: refused.to_string() },
            ),
            Alarm::Flooding { peer, kept_out } => (
                ExceptionKind::DeviceFloods,
                AuditAction::DeviceFloods {
                    device: Some(device),
                    why: None,
                    peer: Some(peer.to_string()),
                    kept_out_s: Some(kept_out.as_secs()),
                },
            ),
        };
        let new = NewException {
            site: row.site_id,
            lane: Some(row.lane_id),
            id: Uuid::now_v7(),
            at: Timestamp::now(),
            action,
            what,
            can_wait: false,
        };
        let tx = client.transaction().await?;
        exceptions::raise(&tx, &new).await?;
        tx.commit().await?;
        live_feed::wake(&client, &[row.site_id.as_uuid()]).await;
        Ok(())
    }
}

impl StoredDevices {
    /// Ends the validity of the certificate before, once a device has connected with its new one.
    async fn note_renewal(&self, claim: &Claim, row: &DeviceRow) {
        let Claim::Certificate { fingerprint, .. } = claim else { return };
        let renewed = row.previous_certificate_sha256.is_some()
            && row.certificate_sha256.as_deref().is_some_and(|known| known == fingerprint);
        if !renewed {
            return;
        }
        let dropped = within(LOOKUP_TIMEOUT, async {
            devices::drop_previous_certificate(&self.pool.get().await?, row.site_id, row.id).await
        });
        match dropped.await {
            Ok(()) => tracing::info!(
                device = row.code,
                "connected with its new certificate; the one before is not valid any more"
            ),
            // The next connection, or time, does it.
            Err(error) => {
                tracing::warn!(device = row.code, %error, "the certificate before stays valid for now")
            }
        }
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
            tracing::warn!(device = %code, %error, "cannot look up a device");
            Refusal::Unavailable
        })?;
        let row = row.ok_or(Refusal::Unknown)?;
        let identity = judge(claim, &row, Timestamp::now())?;
        self.note_renewal(claim, &row).await;
        Ok(identity)
    }

    async fn report(&self, device: &DeviceIdentity, alarm: Alarm) {
        if let Err(error) = within(LOOKUP_TIMEOUT, self.raise(&device.device, alarm)).await {
            tracing::warn!(device = %device.device, %error, "cannot store an alarm of the broker");
        }
    }
}

/// The certificate must be the very one that was issued last (or the one before, for a while), for the place the device
/// stands at.
fn judge(claim: &Claim, row: &DeviceRow, now: Timestamp) -> Result<DeviceIdentity, Refusal> {
    if row.revoked_at.is_some() {
        return Err(Refusal::Revoked);
    }
    let identity = identity(row).ok_or(Refusal::Unknown)?;
    match claim {
        Claim::Certificate { identity: claimed, fingerprint } => {
            let known = row.accepts_certificate(fingerprint, now);
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
