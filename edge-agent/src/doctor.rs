//! A self-test for the person at the lane: each check says what it found and what to do about it.

mod chain;
mod storage;
mod time;

use std::sync::mpsc;
use std::time::{Duration, Instant};

use boomgate_plate_reader::advice::{Taken, advise};
use boomgate_plate_reader::grey::Grey;
use boomgate_plate_reader::reading_settings::shot;
use boomgate_plate_reader::recogniser::Recogniser;
use image::RgbImage;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::agent;
use crate::camera::{Camera, CameraError};
use crate::clock::{Clock, wall_ms};
use crate::config::{CameraKind, Config};
use crate::hardware::Hardware;
use crate::private_files::{self, TooPermissive};
use crate::spool::lock::{self, Holder};
use crate::uplink::certificate::Expiry;
use crate::uplink::keys;
use chain::chain;

const CONNECT: Duration = Duration::from_secs(5);
/// Frames the view is judged by.
const FRAMES: usize = 3;
/// A network camera takes some seconds to answer at first.
const FIRST_FRAME: Duration = Duration::from_secs(12);
/// After so long whatever the camera hangs in is left behind.
const CAMERA_TIMEOUT: Duration = Duration::from_secs(40);

/// One line of the self-test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    /// What was found, or what is wrong and what to do.
    pub outcome: Result<String, String>,
}

/// Looks at everything a lane needs. Moves nothing: the boom stays as it is, and so does a program that runs the lane now.
pub async fn examine(config: &Config) -> Vec<Check> {
    let running = lock::holder(&config.spool);
    let hardware = Hardware::new(config, &Clock::start(1.0));
    let mut checks = vec![
        check("files", surroundings(config)),
        check("keys", keys(config)),
        check("certificate", certificate(config)),
        check("permissions", permissions(config)),
        check("spool", storage::spool(config, running.as_ref())),
        check("wires", wires(config, &hardware, running.as_ref())),
        check("server", server(config).await),
        check("clock", time::clock(config).await),
    ];
    if let (Some(running), CameraKind::OpenCv(_)) = (&running, &config.camera) {
        checks.push(check("camera and reader", Ok(untouched(running))));
        return checks;
    }
    let camera = hardware.camera(config).map_err(chain);
    let recogniser = agent::recogniser(config).map_err(chain);
    checks.push(check("camera and reader", within(CAMERA_TIMEOUT, move || see(camera, recogniser))));
    checks
}

/// What the work finds, unless it hangs.
fn within(
    limit: Duration,
    work: impl FnOnce() -> Result<String, String> + Send + 'static,
) -> Result<String, String> {
    let (done, outcome) = mpsc::channel();
    std::thread::spawn(move || drop(done.send(work())));
    let hangs = |_| Err(format!("no answer within {} s; check the camera and its cable", limit.as_secs()));
    outcome.recv_timeout(limit).unwrap_or_else(hangs)
}

fn check(name: &'static str, outcome: Result<String, String>) -> Check {
    Check { name, outcome }
}

fn surroundings(config: &Config) -> Result<String, String> {
    let faults: Vec<String> =
        config.surroundings().iter().map(|fault| format!("{}: {}", fault.path, fault.what)).collect();
    if faults.is_empty() { Ok("all there".into()) } else { Err(faults.join("; ")) }
}

fn keys(config: &Config) -> Result<String, String> {
    keys::tls_config(&config.server).map_err(|error| error.to_string())?;
    keys::signing_key(&config.server.sign_key).map_err(|error| error.to_string())?;
    Ok("certificate, its key and the signing key are readable".into())
}

fn certificate(config: &Config) -> Result<String, String> {
    let expiry = Expiry::of(&config.server).map_err(|error| error.to_string())?;
    let remaining = expiry.remaining_at(wall_ms().div_euclid(1_000));
    if remaining.is_urgent() {
        return Err(format!("{remaining}; renew it on the server (boomgate device renew) and copy it here"));
    }
    Ok(remaining.to_string())
}

fn permissions(config: &Config) -> Result<String, String> {
    let open: Vec<String> = private_files::too_open(config).iter().map(TooPermissive::advice).collect();
    if open.is_empty() {
        Ok("keys, configuration, spool and pictures are this user's alone".into())
    } else {
        Err(open.join("; "))
    }
}

/// Taking the pins would release the relays of the program that uses them.
fn wires(config: &Config, hardware: &Hardware, running: Option<&Holder>) -> Result<String, String> {
    if let Some(running) = running {
        return Ok(untouched(running));
    }
    let mut wires = hardware.wires(config).map_err(chain)?;
    let inputs = wires.inputs.read().map_err(|error| error.to_string())?;
    Ok(format!("{inputs:?}; relays released"))
}

fn untouched(running: &Holder) -> String {
    format!("in use by {running}; left alone. End it to have this checked")
}

async fn server(config: &Config) -> Result<String, String> {
    let address = (config.server.mqtt_host.as_str(), config.server.mqtt_port);
    let begun = Instant::now();
    match timeout(CONNECT, TcpStream::connect(address)).await {
        Ok(Ok(_)) => {
            Ok(format!("{}:{} answers after {} ms", address.0, address.1, begun.elapsed().as_millis()))
        }
        Ok(Err(error)) => {
            Err(format!("{}:{}: {error}; check the address and the network", address.0, address.1))
        }
        Err(_) => Err(format!("{}:{} does not answer within 5 s; check the network", address.0, address.1)),
    }
}

fn see(
    camera: Result<Box<dyn Camera>, String>,
    recogniser: Result<Recogniser, String>,
) -> Result<String, String> {
    let (mut camera, recogniser) = (camera?, recogniser?);
    let (mut shots, mut took, mut size) = (Vec::with_capacity(FRAMES), Duration::ZERO, (0, 0));
    for _ in 0..FRAMES {
        let picture = frame(camera.as_mut()).map_err(|error| chain(error.into()))?;
        size = picture.dimensions();
        let grey = Grey::of(&picture).ok_or("the camera gave an empty picture")?;
        let begun = Instant::now();
        let sightings = recogniser.look(&grey).map_err(|error| error.to_string())?;
        took = begun.elapsed();
        shots.push(shot(&grey, &sightings));
    }
    let (health, took) = (advise(&shots, Taken::Anytime), took.as_millis());
    Ok(format!("{}x{}, {took} ms per frame, view {} of 100: {}", size.0, size.1, health.score, health.advice))
}

fn frame(camera: &mut dyn Camera) -> Result<RgbImage, CameraError> {
    let begun = Instant::now();
    loop {
        match camera.frame() {
            Err(CameraError::Silent { .. }) if begun.elapsed() < FIRST_FRAME => {}
            outcome => return outcome,
        }
    }
}
