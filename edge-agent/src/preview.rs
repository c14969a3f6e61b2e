//! Pictures of the lane for a person who asked to see it: encoded and sent by HTTPS, the newest only.
//!
//! Nothing waits for this: what cannot be sent in time is dropped, and the camera goes on with the next car.

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;
use reqwest::StatusCode;
use rustls::ClientConfig;
use tokio::sync::mpsc;
use tracing::debug;
use uuid::Uuid;

use crate::evidence;

/// For so long after the order pictures are sent.
pub const LENGTH: Duration = Duration::from_secs(60);
/// A picture that is not there by then is of no use any more.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A picture of the lane as it is now.
#[derive(Debug)]
pub struct PreviewFrame {
    /// The order that asked for it.
    pub command: Uuid,
    pub picture: RgbImage,
}

/// Sends pictures until the task is dropped.
pub async fn send_all(mut frames: mpsc::Receiver<PreviewFrame>, tls: Arc<ClientConfig>, https: String) {
    let client = evidence::client(&tls, TIMEOUT).await;
    let mut over = None;
    while let Some(PreviewFrame { command, picture }) = frames.recv().await {
        if over == Some(command) {
            continue;
        }
        let encoded = tokio::task::spawn_blocking(move || evidence::encode(&picture)).await;
        let Some(encoded) = encoded.ok().flatten() else { continue };
        let url = format!("{https}/device/v1/previews/{command}");
        match client.put(url).header("content-type", "image/jpeg").body(encoded.jpeg).send().await {
            Ok(answer) if answer.status() == StatusCode::CONFLICT => over = Some(command),
            Ok(answer) => debug!(status = answer.status().as_u16(), "a picture was sent to be looked at"),
            Err(error) => debug!(%error, "a picture to be looked at was not sent"),
        }
    }
    std::future::pending().await
}
