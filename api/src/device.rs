//! What devices may do over HTTPS: put a picture, named by its hash, into the store of their site.

use boomgate_domain::ids::{CommandId, SiteId};
use boomgate_operations::previews;
use boomgate_schemas::identity::DeviceIdentity;
use boomgate_store::devices::{self, DeviceRow};
use boomgate_store::live_event::{LiveEvent, PictureEvent};
use boomgate_store::{StoreError, evidence, live_feed, sites};
use http::StatusCode;
use jiff::Timestamp;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use warp::reply::Response;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::app::App;
use crate::caller::{Access, Caller};
use crate::error::ApiError;
use crate::request::{Request, RequestContext, ok, reply};
use crate::routes::me::no_content;

/// Largest picture, in bytes.
const PICTURE_BYTES: usize = 256 * 1024;

/// Every JPEG begins so.
const JPEG: [u8; 3] = [0xff, 0xd8, 0xff];

/// A device that is not revoked.
#[derive(Clone, Debug)]
pub(crate) struct Device(pub(crate) DeviceRow);

impl Caller for Device {
    const ACCESS: Access = Access::Device;

    async fn admit(app: &App, context: &RequestContext) -> Result<Self, ApiError> {
        of_certificate(app, context).await.map(Self)
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Stored {
    sha256: String,
    bytes: usize,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Known {
    device: String,
}

/// Whether this device is known and may speak. On the devices' listener.
#[utoipa::path(get, path = "/device/v1/health", tag = "devices", responses((status = 200, body = Known)))]
pub(crate) async fn health(_: App, Device(device): Device, _: Request) -> Result<Response, ApiError> {
    std::future::ready(ok(&Known { device: device.code })).await
}

/// Takes a picture: 201 when it is new, 200 when it was here already. On the devices' listener.
#[utoipa::path(put, path = "/device/v1/evidence/{sha256}", tag = "devices", params(("sha256" = String, Path, pattern = "^[0-9a-fA-F]{64}$")),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 201, body = Stored), (status = 200, body = Stored), (status = 400, body = crate::Problem),
        (status = 413, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn put_evidence(
    app: App,
    Device(device): Device,
    mut request: Request,
) -> Result<Response, ApiError> {
    let body = request.body(PICTURE_BYTES).await?;
    let hash = sha256(request.part("sha256"))
        .ok_or_else(|| ApiError::invalid("sha256", "64 hex digits in the address"))?;
    must_be_picture(&body, &hash)?;
    let size = body.len();
    app.evidence.put(&place(device.site_id, &hash), body.into()).await.map_err(ApiError::internal)?;
    let bytes = i32::try_from(size).map_err(ApiError::internal)?;
    let known = keep(&app, &device, &hash, bytes).await?;
    let status = if known { StatusCode::OK } else { StatusCode::CREATED };
    metrics::counter!("boomgate_evidence_total", "known" => known.to_string()).increment(1);
    reply(status, &Stored { sha256: hex::encode(hash), bytes: size })
}

/// Takes a picture of the lane as it is now, which an order asked for; it is shown and not kept. On the devices' listener.
#[utoipa::path(put, path = "/device/v1/previews/{command}", tag = "devices", params(("command" = Uuid, Path)),
    request_body(content = Vec<u8>, content_type = "image/jpeg"),
    responses((status = 204, description = "shown"), (status = 400, body = crate::Problem), (status = 409, body = crate::Problem),
        (status = 413, body = crate::Problem), (status = 422, body = crate::Problem)))]
pub(crate) async fn put_preview(
    app: App,
    Device(device): Device,
    mut request: Request,
) -> Result<Response, ApiError> {
    let command: CommandId =
        request.part("command").parse().map_err(|_| ApiError::invalid("command", "the id of an order"))?;
    let body = request.body(PICTURE_BYTES).await?;
    must_be_jpeg(&body)?;
    let client = app.client().await?;
    previews::take(&client, (device.site_id, device.lane_id), command, body.to_vec()).await?;
    metrics::counter!("boomgate_preview_frames_total").increment(1);
    Ok(no_content())
}

/// Enters a picture in the index and, when it is new, in the live feed. Returns whether it was known.
async fn keep(app: &App, device: &DeviceRow, hash: &[u8; 32], bytes: i32) -> Result<bool, ApiError> {
    let (site, at) = (device.site_id, Timestamp::now());
    let mut client = app.client().await?;
    let tx = client.transaction().await.map_err(StoreError::from)?;
    sites::lock(&tx, site).await?;
    let before = evidence::store(&tx, site, hash, device.id, bytes, at).await?;
    if before.as_ref().is_some_and(|row| row.stored_at.is_some()) {
        return Ok(true);
    }
    let arrival = before.and_then(|row| row.arrival_id).map(|arrival| arrival.as_uuid());
    let picture = LiveEvent::Picture(PictureEvent { evidence: hex::encode(hash), arrival });
    live_feed::append(&tx, site, at, Some(device.lane_id), picture).await?;
    tx.commit().await.map_err(StoreError::from)?;
    live_feed::wake(&client, &[site.as_uuid()]).await;
    Ok(false)
}

fn must_be_picture(body: &[u8], hash: &[u8; 32]) -> Result<(), ApiError> {
    if <[u8; 32]>::from(Sha256::digest(body)) != *hash {
        let why = "the picture's SHA-256 is not the name it was put under".into();
        return Err(ApiError::Unprocessable { code: "PICTURE-OTHER-HASH", why });
    }
    must_be_jpeg(body)
}

fn must_be_jpeg(body: &[u8]) -> Result<(), ApiError> {
    if body.starts_with(&JPEG) {
        Ok(())
    } else {
        Err(ApiError::Unprocessable { code: "PICTURE-NOT-JPEG", why: "the picture is not a JPEG".into() })
    }
}

/// The path of a picture in the object store.
pub fn place(site: SiteId, hash: &[u8; 32]) -> Path {
    Path::from(format!("{site}/{}.jpg", hex::encode(hash)))
}

pub(crate) fn sha256(name: &str) -> Option<[u8; 32]> {
    hex::decode(name).ok()?.try_into().ok()
}

/// The live device of the connection's certificate; the TLS layer has verified the chain.
async fn of_certificate(app: &App, context: &RequestContext) -> Result<DeviceRow, ApiError> {
    let certificate = context.peer.certificate.as_deref().ok_or(ApiError::NotLoggedIn)?;
    let identity = identity(certificate).ok_or(ApiError::Forbidden)?;
    let row = devices::by_code(&app.client().await?, &identity.device).await?.ok_or(ApiError::Forbidden)?;
    let fingerprint = Sha256::digest(certificate);
    let own = row.accepts_certificate(fingerprint.as_slice(), Timestamp::now());
    let here = row.site_code == identity.site.as_str() && row.lane_code == identity.lane.as_str();
    if row.revoked_at.is_some() || !own || !here {
        return Err(ApiError::Forbidden);
    }
    if row.certificate_until.is_none()
        && let Some(until) = end(certificate)
    {
        devices::note_certificate_end(&app.client().await?, row.site_id, row.id, until).await?;
    }
    Ok(row)
}

/// When a certificate ends.
fn end(certificate: &[u8]) -> Option<Timestamp> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    Timestamp::from_second(parsed.validity().not_after.timestamp()).ok()
}

/// Exactly one device name, as at the MQTT listener.
fn identity(certificate: &[u8]) -> Option<DeviceIdentity> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let names = &parsed.subject_alternative_name().ok()??.value.general_names;
    let mut uris = names.iter().filter_map(|name| {
        let GeneralName::URI(uri) = name else { return None };
        Some(uri.parse().ok())
    });
    let first = uris.next()??;
    uris.next().is_none().then_some(first)
}
