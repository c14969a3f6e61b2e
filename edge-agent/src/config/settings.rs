//! What the program uses of its file.

use std::path::PathBuf;

use boomgate_domain::decide::OfflinePolicy;
use boomgate_domain::direction::Direction;
use boomgate_domain::ids::{DeviceCode, LaneCode, SiteCode};
use boomgate_domain::lane::LaneConfig;
use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::reading::Thresholds;
use boomgate_domain::reason::Lang;
use boomgate_plate_reader::recogniser::ModelPaths;
use ed25519_dalek::VerifyingKey;
use jiff::tz::TimeZone;

use super::camera_source::CameraSource;
use crate::gpio::wiring::Wiring;

#[derive(Clone, Debug)]
pub struct Config {
    /// Where it stands.
    pub file: PathBuf,
    pub site: SiteCode,
    pub lane: LaneCode,
    pub device: DeviceCode,
    pub direction: Direction,
    /// How much faster lane time runs than the clock; 1 unless the lane is simulated.
    pub time_scale: f64,
    pub time_zone: TimeZone,
    pub server: Server,
    pub spool: PathBuf,
    pub max_events: u64,
    pub gpio: GpioKind,
    pub camera: CameraKind,
    pub reader: Reader,
    /// The lane machine's settings, in lane time.
    pub machine: LaneConfig,
    pub offline: OfflinePolicy,
    pub language: Lang,
    pub evidence: PathBuf,
    pub max_evidence_bytes: u64,
    /// The control socket of a simulated lane.
    pub control: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub struct Server {
    pub mqtt_host: String,
    pub mqtt_port: u16,
    /// `https://host:port`, without a slash at the end.
    pub https: String,
    pub ca: PathBuf,
    pub cert: PathBuf,
    pub key: PathBuf,
    pub sign_key: PathBuf,
    pub public_key: VerifyingKey,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpioKind {
    Sim,
    Pi(Wiring),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraKind {
    Sim,
    /// Anything OpenCV's VideoCapture opens.
    OpenCv(CameraSource),
    Folder(PathBuf),
}

#[derive(Clone, Debug)]
pub struct Reader {
    pub models: ModelPaths,
    pub grammar: Grammar,
    pub thresholds: Thresholds,
}
