//! The file's sections: what serde reads, unknown keys refused, and what is made of it.

use std::path::PathBuf;

use boomgate_domain::direction::Direction;
use boomgate_domain::ids::{DeviceCode, LaneCode, SiteCode};
use boomgate_domain::plate::grammar::Grammar;
use boomgate_domain::reading::Thresholds;
use boomgate_domain::reason::Lang;
use boomgate_plate_reader::recogniser::{DetectorKind, ModelPaths};
use ed25519_dalek::VerifyingKey;
use jiff::tz::TimeZone;
use serde::Deserialize;
use toml::Value;

use super::camera_source::CameraSource;
use super::raw::Raw;
use super::settings::{CameraKind, Config, GpioKind, Reader, Server};
use super::{address, limits};
use crate::gpio::wiring::Wiring;

const SECTIONS: [&str; 10] =
    ["server", "spool", "gpio", "camera", "reader", "timings", "offline", "sign", "evidence", "sim"];
const NAMES: [&str; 6] = ["site", "lane", "device", "direction", "time_scale", "time_zone"];
const MAX_EVENTS: u64 = 1_000_000;
const MAX_EVIDENCE_MIB: u64 = 512;
const MQTT_PORT: u16 = 8883;

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

impl Raw {
    pub(super) fn config(&mut self) -> Option<Config> {
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

    fn refuse_unknown(&mut self) {
        let known = |key: &String| SECTIONS.contains(&key.as_str()) || NAMES.contains(&key.as_str());
        let unknown: Vec<String> = self.table.keys().filter(|key| !known(key)).cloned().collect();
        for key in unknown {
            let what = format!("unknown key; known are {}, [{}]", NAMES.join(", "), SECTIONS.join("], ["));
            self.fault(&key, what);
        }
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
            ("opencv", Some(source)) if !source.is_empty() => {
                Some(CameraKind::OpenCv(CameraSource::new(source)))
            }
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
        let models = ModelPaths {
            detector: raw.detector.map(|path| self.at(path)),
            detector_kind: raw.detector_kind,
            refiner: raw.refiner.map(|path| self.at(path)),
            readers: raw.reader.into_iter().map(|path| self.at(path)).collect(),
            reader_config: raw.reader_config.map(|path| self.at(path)),
        };
        Some(Reader { models, grammar, thresholds: raw.thresholds })
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

fn verifying_key(text: &str) -> Result<VerifyingKey, String> {
    let bytes = hex::decode(text).map_err(|error| format!("not hexadecimal: {error}"))?;
    let bytes: [u8; 32] =
        bytes.try_into().map_err(|bytes: Vec<u8>| format!("{} bytes where 32 are needed", bytes.len()))?;
    VerifyingKey::from_bytes(&bytes).map_err(|_| "not an Ed25519 public key".to_owned())
}
