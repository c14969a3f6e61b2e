//! What the broker asks of its owner: whose certificate this is, and whether the device may still be connected.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use boomgate_domain::ids::DeviceCode;
use boomgate_schemas::identity::DeviceIdentity;

/// How a connection says who it is.
#[derive(Clone, Debug)]
pub enum Claim {
    /// A certificate of the site's CA, already verified; `fingerprint` is the SHA-256 of its DER form.
    Certificate { identity: DeviceIdentity, fingerprint: [u8; 32] },
    /// A client id on the loopback listener.
    Loopback { device: DeviceCode },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("device is not known")]
    Unknown,
    #[error("device is revoked")]
    Revoked,
    #[error("certificate is not the device's own")]
    WrongCertificate,
    #[error("directory does not answer")]
    Unavailable,
}

/// Something about a device that people should see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A second program with the identity of a connected device was refused: two cards with one identity.
    Twin { live: SocketAddr, refused: SocketAddr },
    /// It sent more than is taken and did not stop, and is kept out for a while.
    Flooding { peer: SocketAddr, kept_out: Duration },
}

/// The register of devices. Asked at every CONNECT and again for live sessions.
#[async_trait]
pub trait Directory: Send + Sync + 'static {
    async fn admit(&self, claim: &Claim) -> Result<DeviceIdentity, Refusal>;

    /// Reports an alarm to operators; does nothing by default.
    async fn report(&self, device: &DeviceIdentity, alarm: Alarm) {
        let _ = (device, alarm);
    }
}
