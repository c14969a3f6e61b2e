//! The agent's file: what may stand in it, and everything that is wrong with it at once.
//!
//! Raw sections are what serde reads, unknown keys refused; [`Config`] is what the program uses. Reading is pure;
//! [`Config::surroundings`] looks at the machine (files, built-in features).

mod address;
mod limits;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use boomgate_domain::decide::{Direction, OfflinePolicy};
use boomgate_domain::ids::{DeviceCode, LaneCode, SiteCode};
use boomgate_domain::lane::LaneConfig;
use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::reading::Thresholds;
use boomgate_domain::reason::Lang;
use boomgate_plate_reader::recogniser::{Choice, DetectorKind};
use ed25519_dalek::VerifyingKey;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::gpio::wiring::Wiring;
use crate::redact;

const SECTIONS: [&str; 10] =
    ["server", "spool", "gpio", "camera", "reader", "timings", "offline", "sign", "evidence", "sim"];
const NAMES: [&str; 6] = ["site", "lane", "device", "direction", "time_scale", "time_zone"];
const MAX_EVENTS: u64 = 1_000_000;
const MAX_EVIDENCE_MIB: u64 = 512;
const MQTT_PORT: u16 = 8883;

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

/// The address of a camera. It may hold a password, so it is shown without.
#[derive(Clone, PartialEq, Eq)]
pub struct CameraSource(String);

impl CameraSource {
    pub fn new(source: impl Into<String>) -> CameraSource {
        CameraSource(source.into())
    }

    /// With its password, for whoever opens it.
    pub fn whole(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CameraSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact::secrets(&self.0))
    }
}

impl fmt::Debug for CameraSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", redact::secrets(&self.0))
    }
}

#[derive(Clone, Debug)]
pub struct Reader {
    pub models: Choice,
    pub grammar: Grammar,
    pub thresholds: Thresholds,
}

/// One thing wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub path: String,
    pub what: String,
}

/// Everything that is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub struct BadConfig {
    pub file: PathBuf,
    pub faults: Vec<Fault>,
}

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be used:", self.file.display())?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {}: {}", fault.path, fault.what))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawServer {
    mqtt: String,
    https: String,
    ca: PathBuf,
    cert: PathBuf,
    key: PathBuf,
    sign_key: PathBuf,
    public_key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSpool {
    path: PathBuf,
    max_events: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGpio {
    kind: String,
    pins: Option<Wiring>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCamera {
    kind: String,
    source: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawReader {
    detector: Option<PathBuf>,
    detector_kind: DetectorKind,
    refiner: Option<PathBuf>,
    reader: Option<PathBuf>,
    reader_config: Option<PathBuf>,
    countries: Vec<String>,
    thresholds: Thresholds,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawSign {
    language: Option<Lang>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawEvidence {
    folder: Option<PathBuf>,
    max_mib: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSim {
    control: PathBuf,
}

impl Config {
    /// Reads a file; its relative paths are relative to it.
    pub fn read(file: &Path) -> Result<Config, BadConfig> {
        let alone = |what: String| BadConfig {
            file: file.to_owned(),
            faults: vec![Fault { path: "file".into(), what }],
        };
        let text = std::fs::read_to_string(file).map_err(|error| alone(error.to_string()))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        match Config::parse(&text, folder) {
            Ok(config) => Ok(Config { file: file.to_owned(), ..config }),
            Err(faults) => Err(BadConfig { file: file.to_owned(), faults }),
        }
    }

    pub fn parse(text: &str, folder: &Path) -> Result<Config, Vec<Fault>> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            vec![Fault { path: "file".into(), what: error.to_string().trim_end().to_owned() }]
        })?;
        let mut raw = Raw { table, folder: folder.to_owned(), faults: Vec::new() };
        let config = raw.config();
        match config {
            Some(config) if raw.faults.is_empty() => Ok(config),
            _ => Err(raw.faults),
        }
    }

    /// What is right only if somebody has seen to it.
    pub fn warnings(&self) -> Vec<Fault> {
        let GpioKind::Pi(wiring) = &self.gpio else { return Vec::new() };
        let named = |(key, what)| Fault { path: format!("gpio.pins.{key}"), what };
        wiring.warnings().into_iter().map(named).collect()
    }

    /// What this machine and this build lack for the file.
    pub fn surroundings(&self) -> Vec<Fault> {
        let fault = |path: &str, what: String| Fault { path: path.to_owned(), what };
        let files = [
            ("server.ca", Some(&self.server.ca)),
            ("server.cert", Some(&self.server.cert)),
            ("server.key", Some(&self.server.key)),
            ("server.sign_key", Some(&self.server.sign_key)),
            ("reader.detector", self.reader.models.detector.as_ref()),
            ("reader.refiner", self.reader.models.refiner.as_ref()),
            ("reader.reader", self.reader.models.readers.first()),
            ("reader.reader_config", self.reader.models.reader_config.as_ref()),
        ];
        let mut faults: Vec<Fault> = files
            .iter()
            .filter_map(|(path, file)| Some((path, (*file)?)))
            .filter(|(_, file)| !file.is_file())
            .map(|(path, file)| fault(path, format!("there is no file {}", file.display())))
            .collect();
        match &self.camera {
            CameraKind::OpenCv(_) if !cfg!(feature = "opencv") => faults.push(fault(
                "camera.kind",
                "this program was built without OpenCV; build it with the feature opencv, or use folder"
                    .into(),
            )),
            CameraKind::Folder(path) if !path.exists() => {
                faults.push(fault("camera.source", format!("there is no {}", path.display())));
            }
            CameraKind::OpenCv(_) | CameraKind::Folder(_) | CameraKind::Sim => {}
        }
        if matches!(self.gpio, GpioKind::Pi(_)) && !cfg!(feature = "rppal") {
            let what =
                "this program was built without GPIO; build it with the feature rppal on a Raspberry Pi";
            faults.push(fault("gpio.kind", what.into()));
        }
        faults
    }
}

/// A file half read, with the faults found so far.
struct Raw {
    table: Table,
    folder: PathBuf,
    faults: Vec<Fault>,
}

impl Raw {
    fn config(&mut self) -> Option<Config> {
        self.refuse_unknown();
        let site = self.name("site", SiteCode::parse);
        let lane = self.name("lane", LaneCode::parse);
        let device = self.name("device", DeviceCode::parse);
        let direction = self.direction();
        let time_zone = self.time_zone();
        let server = self.server();
        let (spool, max_events) = self.spool().unzip();
        let gpio = self.gpio();
        let camera = self.camera();
        let time_scale = self.time_scale(gpio.as_ref());
        let reader = self.reader();
        let machine = self.machine(direction.unwrap_or(Direction::Entry), time_scale.unwrap_or(1.0));
        let offline = self.optional("offline").unwrap_or_default();
        let sign: RawSign = self.optional("sign").unwrap_or_default();
        let evidence: RawEvidence = self.optional("evidence").unwrap_or_default();
        if evidence.max_mib == Some(0) {
            self.fault("evidence.max_mib", "0 leaves no room for a single picture; leave it out for 512");
        }
        let control = self.control(gpio.as_ref(), camera.as_ref());
        Some(Config {
            file: self.at("agent.toml".into()),
            site: site?,
            lane: lane?,
            device: device?,
            direction: direction?,
            time_scale: time_scale?,
            time_zone: time_zone?,
            server: server?,
            spool: spool?,
            max_events: max_events?,
            gpio: gpio?,
            camera: camera?,
            reader: reader?,
            machine: machine?,
            offline,
            language: sign.language.unwrap_or(Lang::En),
            evidence: self.at(evidence.folder.unwrap_or_else(|| "evidence".into())),
            max_evidence_bytes: evidence.max_mib.unwrap_or(MAX_EVIDENCE_MIB).saturating_mul(1 << 20),
            control: control?,
        })
    }

    fn fault(&mut self, path: &str, what: impl Into<String>) {
        self.faults.push(Fault { path: path.to_owned(), what: what.into() });
    }

    /// The value, or its fault noted under this key.
    fn checked<T>(&mut self, path: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|what| self.fault(path, what)).ok()
    }

    fn at(&self, path: PathBuf) -> PathBuf {
        self.folder.join(path)
    }

    fn refuse_unknown(&mut self) {
        let known = |key: &String| SECTIONS.contains(&key.as_str()) || NAMES.contains(&key.as_str());
        let unknown: Vec<String> = self.table.keys().filter(|key| !known(key)).cloned().collect();
        for key in unknown {
            let what = format!("unknown key; known are {}, [{}]", NAMES.join(", "), SECTIONS.join("], ["));
            self.fault(&key, what);
        }
    }

    /// A section that must be there.
    fn section<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        if self.table.get(name).is_none_or(|value| !value.is_table()) {
            self.fault(name, "this section is missing");
            return None;
        }
        self.optional(name)
    }

    fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        let value = self.table.get(name)?.clone();
        match value.try_into() {
            Ok(section) => Some(section),
            Err(error) => {
                self.fault(name, error.to_string().trim_end().replace('\n', " "));
                None
            }
        }
    }

    fn text(&mut self, key: &str) -> Option<String> {
        match self.table.get(key) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => {
                let what = format!("a text is expected, not {}", other.type_str());
                self.fault(key, what);
                None
            }
            None => None,
        }
    }

    fn name<T, E: fmt::Display>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        if !self.table.contains_key(key) {
            self.fault(key, "this key is missing");
            return None;
        }
        let text = self.text(key)?;
        parse(&text).map_err(|error| self.fault(key, error.to_string())).ok()
    }

    fn direction(&mut self) -> Option<Direction> {
        match self.name("direction", |text| Ok::<String, String>(text.to_owned()))?.as_str() {
            "entry" => Some(Direction::Entry),
            "exit" => Some(Direction::Exit),
            other => {
                self.fault("direction", format!("{other:?} is neither \"entry\" nor \"exit\""));
                None
            }
        }
    }

    fn time_zone(&mut self) -> Option<TimeZone> {
        let Some(name) = self.text("time_zone") else { return Some(TimeZone::UTC) };
        TimeZone::get(&name).map_err(|error| self.fault("time_zone", error.to_string())).ok()
    }

    fn time_scale(&mut self, gpio: Option<&GpioKind>) -> Option<f64> {
        let scale = match self.table.get("time_scale") {
            None => return Some(1.0),
            Some(Value::Float(scale)) => *scale,
            Some(Value::Integer(scale)) => *scale as f64,
            Some(_) => f64::NAN,
        };
        if !(1.0..=100.0).contains(&scale) {
            self.fault("time_scale", "a number from 1 to 100 is expected");
            return None;
        }
        if scale != 1.0 && matches!(gpio, Some(GpioKind::Pi(_))) {
            self.fault("time_scale", "only a simulated lane may run faster than the clock");
            return None;
        }
        Some(scale)
    }

    fn server(&mut self) -> Option<Server> {
        let raw: RawServer = self.section("server")?;
        let mqtt = self.checked("server.mqtt", address::host_port(&raw.mqtt, MQTT_PORT));
        let https = self.checked("server.https", address::https_url(&raw.https));
        let public_key = verifying_key(&raw.public_key);
        if let Err(what) = &public_key {
            self.fault("server.public_key", what.clone());
        }
        let mqtt = mqtt?;
        Some(Server {
            mqtt_host: mqtt.host,
            mqtt_port: mqtt.port,
            https: https?,
            ca: self.at(raw.ca),
            cert: self.at(raw.cert),
            key: self.at(raw.key),
            sign_key: self.at(raw.sign_key),
            public_key: public_key.ok()?,
        })
    }

    fn spool(&mut self) -> Option<(PathBuf, u64)> {
        let raw: RawSpool = self.section("spool")?;
        let max_events = raw.max_events.unwrap_or(MAX_EVENTS);
        if max_events < 1_000 {
            self.fault("spool.max_events", format!("{max_events} is too few; at least 1000"));
        }
        Some((self.at(raw.path), max_events))
    }

    fn gpio(&mut self) -> Option<GpioKind> {
        let raw: RawGpio = self.section("gpio")?;
        match (raw.kind.as_str(), raw.pins) {
            ("sim", None) => Some(GpioKind::Sim),
            ("sim", Some(_)) => {
                self.fault("gpio.pins", "a simulated lane has no pins");
                None
            }
            ("pi", Some(wiring)) => {
                for (key, what) in wiring.faults() {
                    self.fault(&format!("gpio.pins.{key}"), what);
                }
                Some(GpioKind::Pi(wiring))
            }
            ("pi", None) => {
                self.fault("gpio.pins", "kind \"pi\" needs its pins");
                None
            }
            (other, _) => {
                self.fault("gpio.kind", format!("{other:?} is neither \"sim\" nor \"pi\""));
                None
            }
        }
    }

    fn camera(&mut self) -> Option<CameraKind> {
        let raw: RawCamera = self.section("camera")?;
        match (raw.kind.as_str(), raw.source) {
            ("sim", None) => Some(CameraKind::Sim),
            ("sim", Some(_)) => {
                self.fault("camera.source", "a simulated camera has no source");
                None
            }
            ("opencv", Some(source)) if !source.is_empty() => Some(CameraKind::OpenCv(CameraSource(source))),
            ("folder", Some(source)) if !source.is_empty() => {
                Some(CameraKind::Folder(self.at(source.into())))
            }
            ("opencv" | "folder", _) => {
                self.fault("camera.source", format!("kind {:?} needs a source", raw.kind));
                None
            }
            (other, _) => {
                self.fault("camera.kind", format!("{other:?} is none of \"sim\", \"opencv\", \"folder\""));
                None
            }
        }
    }

    fn reader(&mut self) -> Option<Reader> {
        let raw: RawReader =
            if self.table.contains_key("reader") { self.section("reader")? } else { RawReader::default() };
        if raw.detector_kind == DetectorKind::Boxes && raw.detector.is_none() {
            self.fault("reader.detector_kind", "\"boxes\" needs a detector; the shipped one gives corners");
        }
        if raw.reader_config.is_some() && raw.reader.is_none() {
            self.fault("reader.reader_config", "it describes a reader, and none is named");
        }
        for (key, what) in limits::threshold_faults(&raw.thresholds) {
            self.fault(&format!("reader.thresholds.{key}"), what);
        }
        let grammar = match Grammar::for_countries(&raw.countries) {
            Ok(grammar) => grammar,
            Err(error) => {
                self.fault("reader.countries", error.to_string());
                return None;
            }
        };
        let models = Choice {
            detector: raw.detector.map(|path| self.at(path)),
            detector_kind: raw.detector_kind,
            refiner: raw.refiner.map(|path| self.at(path)),
            readers: raw.reader.into_iter().map(|path| self.at(path)).collect(),
            reader_config: raw.reader_config.map(|path| self.at(path)),
        };
        Some(Reader { models, grammar, thresholds: raw.thresholds })
    }

    /// The defaults of the direction with the file's settings laid over them.
    fn machine(&mut self, direction: Direction, scale: f64) -> Option<LaneConfig> {
        let mut settings = match Value::try_from(LaneConfig::for_direction(direction)) {
            Ok(Value::Table(settings)) => settings,
            _ => Table::new(),
        };
        let own = match self.table.get("timings") {
            Some(Value::Table(own)) => own.clone(),
            Some(_) => {
                self.fault("timings", "this must be a section");
                return None;
            }
            None => Table::new(),
        };
        if own.contains_key("direction") {
            self.fault("timings.direction", "the direction stands at the top of the file");
        }
        lay_over(&mut settings, own);
        match Value::Table(settings).try_into::<LaneConfig>() {
            Ok(machine) => {
                for (key, what) in limits::timing_faults(&machine) {
                    self.fault(&format!("timings.{key}"), what);
                }
                Some(in_lane_time(machine, scale))
            }
            Err(error) => {
                self.fault("timings", error.to_string().trim_end().replace('\n', " "));
                None
            }
        }
    }

    fn control(&mut self, gpio: Option<&GpioKind>, camera: Option<&CameraKind>) -> Option<Option<PathBuf>> {
        let simulated = gpio == Some(&GpioKind::Sim);
        if camera == Some(&CameraKind::Sim) && gpio.is_some() && !simulated {
            self.fault("camera.kind", "a simulated camera needs simulated wires: gpio.kind = \"sim\"");
        }
        match self.table.contains_key("sim").then(|| self.section::<RawSim>("sim")) {
            None => Some(None),
            Some(_) if gpio.is_some() && !simulated => {
                self.fault("sim", "a real lane has no control socket");
                None
            }
            Some(raw) => raw.map(|raw| Some(self.at(raw.control))),
        }
    }
}

fn lay_over(settings: &mut Table, own: Table) {
    for (key, value) in own {
        match (settings.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => drop(settings.insert(key, value)),
        }
    }
}

/// What waits for the network, the reader or this program's own samples takes real time, however fast the lane runs.
fn in_lane_time(machine: LaneConfig, scale: f64) -> LaneConfig {
    let real = |ms: u64| (ms as f64 * scale) as u64;
    let line = |mut line: boomgate_domain::loops::LoopConfig| {
        line.stale_ms = real(line.stale_ms);
        line
    };
    LaneConfig {
        arming: line(machine.arming),
        safety: line(machine.safety),
        photocell: machine.photocell.map(line),
        reading_timeout_ms: real(machine.reading_timeout_ms),
        decision_timeout_ms: real(machine.decision_timeout_ms),
        ..machine
    }
}

fn verifying_key(text: &str) -> Result<VerifyingKey, String> {
    let bytes = hex::decode(text).map_err(|error| format!("not hexadecimal: {error}"))?;
    let bytes: [u8; 32] =
        bytes.try_into().map_err(|bytes: Vec<u8>| format!("{} bytes where 32 are needed", bytes.len()))?;
    VerifyingKey::from_bytes(&bytes).map_err(|_| "not an Ed25519 public key".to_owned())
}
