//! Evidence pictures: one JPEG per arrival, named by its SHA-256, stored in a folder until the server has it.
//!
//! The signed arrival carries the hash, so the picture needs no signature of its own. The folder is bounded: when it is
//! full the oldest picture goes. Knows nothing of what is on a picture.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use image::{ExtendedColorType, RgbImage};
use rand::Rng;
use reqwest::{Client, StatusCode};
use rustls::ClientConfig;
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tracing::{debug, info, warn};

/// Largest body the server takes.
const MAX_BYTES: usize = 256 * 1024;
const LONG_SIDE: u32 = 1280;
const QUALITIES: [u8; 4] = [80, 65, 50, 35];
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(20);

/// A picture to be stored and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub sha256: [u8; 32],
    pub jpeg: Vec<u8>,
}

/// A JPEG of at most 256 KiB; None if even the smallest does not fit or the picture cannot be encoded.
pub fn encode(picture: &RgbImage) -> Option<Evidence> {
    let long = picture.width().max(picture.height());
    if long > LONG_SIDE {
        let side = |pixels: u32| (u64::from(pixels) * u64::from(LONG_SIDE) / u64::from(long)).max(1) as u32;
        return encode(&resize(picture, side(picture.width()), side(picture.height()), FilterType::Triangle));
    }
    let jpeg = QUALITIES
        .iter()
        .filter_map(|&quality| jpeg(picture, quality))
        .find(|jpeg| jpeg.len() <= MAX_BYTES)?;
    Some(Evidence { sha256: Sha256::digest(&jpeg).into(), jpeg })
}

fn jpeg(picture: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(MAX_BYTES);
    let (width, height) = picture.dimensions();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(picture, width, height, ExtendedColorType::Rgb8)
        .ok()?;
    Some(bytes)
}

/// The folder and its sender.
#[derive(Clone)]
pub struct EvidenceStore {
    folder: PathBuf,
    max_bytes: u64,
    fresh: Arc<Notify>,
}

impl EvidenceStore {
    /// A folder that cannot be made now is tried again with each picture: a lane runs without its pictures.
    pub fn open(folder: &Path, max_bytes: u64) -> EvidenceStore {
        if let Err(failure) = make_folder(folder) {
            warn!(error = %failure, folder = %folder.display(), "cannot store evidence pictures");
        }
        EvidenceStore { folder: folder.to_owned(), max_bytes, fresh: Arc::new(Notify::new()) }
    }

    /// Keeps a picture; done when it is a whole file. Blocks on the disk.
    pub fn keep(&self, evidence: &Evidence) -> std::io::Result<()> {
        make_folder(&self.folder)?;
        self.make_room(evidence.jpeg.len() as u64)?;
        let name = hex::encode(evidence.sha256);
        let half = self.folder.join(format!("{name}.part"));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&half)?;
        file.write_all(&evidence.jpeg)?;
        std::fs::rename(&half, self.folder.join(format!("{name}.jpg")))?;
        self.fresh.notify_one();
        Ok(())
    }

    fn make_room(&self, needed: u64) -> std::io::Result<()> {
        let pictures = self.pictures()?;
        let mut held: u64 = pictures.iter().map(|picture| picture.bytes).sum();
        for oldest in &pictures {
            if held + needed <= self.max_bytes {
                break;
            }
            warn!("the evidence folder is full; dropped its oldest picture");
            std::fs::remove_file(&oldest.path)?;
            held -= oldest.bytes;
        }
        Ok(())
    }

    /// The stored pictures, oldest first.
    fn pictures(&self) -> std::io::Result<Vec<StoredPicture>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "jpg") {
                // A picture may be gone by now: it was sent.
                if let Ok(data) = std::fs::metadata(&path) {
                    let written = data.modified().unwrap_or(std::time::UNIX_EPOCH);
                    found.push(StoredPicture { path, bytes: data.len(), written });
                }
            }
        }
        found.sort_by_key(|picture| picture.written);
        Ok(found)
    }

    /// Sends the stored pictures until the task is dropped: PUT by hash over mutual TLS, deleted when the server has them.
    pub async fn send_all(self, tls: Arc<ClientConfig>, https: String) {
        let client = client(&tls, TIMEOUT).await;
        let mut pause = FIRST_PAUSE;
        loop {
            let oldest = self.pictures().unwrap_or_default().into_iter().next();
            let Some(picture) = oldest else {
                self.fresh.notified().await;
                continue;
            };
            match send(&client, &https, &picture.path).await {
                UploadResult::Done => pause = FIRST_PAUSE,
                UploadResult::Never(why) => {
                    warn!(why, "the server refused a picture; it is dropped");
                    let _ = std::fs::remove_file(&picture.path);
                }
                UploadResult::Later(why) => {
                    debug!(
                        why,
                        retry_ms = pause.as_millis() as u64,
                        "cannot send a picture; it will be retried"
                    );
                    let wait = pause.mul_f64(rand::rng().random_range(0.5..1.5));
                    tokio::time::sleep(wait).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }
}

/// Readable by its owner alone: pictures of cars are personal data.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The client of the devices' listener.
pub(crate) async fn client(tls: &ClientConfig, timeout: Duration) -> Client {
    loop {
        let built =
            Client::builder().tls_backend_preconfigured(tls.clone()).timeout(timeout).no_proxy().build();
        match built {
            Ok(client) => return client,
            Err(error) => warn!(%error, "no HTTPS client; evidence stays on this lane for now"),
        }
        tokio::time::sleep(LONGEST_PAUSE).await;
    }
}

struct StoredPicture {
    path: PathBuf,
    bytes: u64,
    written: std::time::SystemTime,
}

enum UploadResult {
    Done,
    Later(String),
    Never(String),
}

async fn send(client: &Client, https: &str, path: &Path) -> UploadResult {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let body = match tokio::fs::read(path).await {
        Ok(body) if hex::encode(Sha256::digest(&body)) == name => body,
        Ok(_) => return UploadResult::Never("its content is not what its name says".into()),
        Err(error) => return UploadResult::Never(error.to_string()),
    };
    let url = format!("{https}/device/v1/evidence/{name}");
    match client.put(url).header("content-type", "image/jpeg").body(body).send().await {
        Ok(answer) if answer.status().is_success() => {
            let _ = tokio::fs::remove_file(path).await;
            info!(status = answer.status().as_u16(), "evidence sent");
            UploadResult::Done
        }
        Ok(answer) if is_final(answer.status()) => UploadResult::Never(answer.status().to_string()),
        Ok(answer) => UploadResult::Later(answer.status().to_string()),
        Err(error) => UploadResult::Later(error.to_string()),
    }
}

/// Answers that another try cannot change.
fn is_final(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let bits = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519);
            image::Rgb([bits as u8, (bits >> 8) as u8, (bits >> 16) as u8])
        })
    }

    #[test]
    fn the_worst_picture_fits_the_limit_and_a_large_one_is_made_small() {
        let evidence = encode(&noise(640, 480)).unwrap();
        assert!(evidence.jpeg.len() <= MAX_BYTES);
        let large = encode(&RgbImage::from_pixel(3000, 2000, image::Rgb([90, 120, 60]))).unwrap();
        assert_eq!(image::load_from_memory(&large.jpeg).unwrap().width(), LONG_SIDE);
    }

    #[test]
    fn a_full_folder_drops_its_oldest_picture() {
        let folder = tempfile::tempdir().unwrap();
        let picture = |tag: u8| Evidence { sha256: [tag; 32], jpeg: vec![tag; 400] };
        let evidence_store = EvidenceStore::open(folder.path(), 1_000);
        for tag in 1..=3 {
            evidence_store.keep(&picture(tag)).unwrap();
            let path = folder.path().join(format!("{}.jpg", hex::encode([tag; 32])));
            let written = std::time::UNIX_EPOCH + Duration::from_secs(tag.into());
            if let Ok(file) = std::fs::File::options().write(true).open(path) {
                file.set_modified(written).unwrap();
            }
        }
        let left: Vec<String> = evidence_store
            .pictures()
            .unwrap()
            .iter()
            .map(|p| p.path.file_stem().unwrap().to_string_lossy().into())
            .collect();
        assert_eq!(left, [hex::encode([2; 32]), hex::encode([3; 32])]);
    }
}
