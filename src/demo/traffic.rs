//! Cars and their drivers: who comes, how long they stay, whether they pay. Random, but the same for the same seed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use boomgate_schemas::yard::{DriverBehaviour, NewCar, Order, Report};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, broadcast};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::api_client::ApiClient;
use super::control::{Control, LaneReport, Reports};

/// Cars on the ramp of one lane at a time; more wait outside.
const RAMP: usize = 2;

/// A driver who waits this long, in simulated time, gives up and reverses.
const DRIVER_WAIT_MS: u64 = 120_000;

/// Real time after which a car that reports nothing any more is given up by the demo.
const STUCK: Duration = Duration::from_secs(90);

/// How often an operator looks for a car that calls.
const TRIES: u32 = 8;

/// Share of cars of each kind, in percent; the rest are visitors.
const SUBSCRIBERS: u32 = 40;
const BLOCKED: u32 = 6;
const PLATELESS: u32 = 4;
const BACKING_OUT: u32 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Subscriber,
    Visitor,
    Blocked,
    /// No plate to be read: the way of the ticket, here of the operator.
    Plateless,
}

/// A car and what its driver means to do.
#[derive(Clone, Debug)]
pub struct Car {
    pub id: String,
    /// What is on the plate; the truth readings are compared with.
    pub plate: String,
    pub country: &'static str,
    pub kind: Kind,
    photo: Option<PathBuf>,
    changes_mind: bool,
    stays: Duration,
}

/// The cars of one run: fixed by the seed.
pub struct Fleet {
    pub cars: Vec<Car>,
}

impl Fleet {
    /// `count` cars with rendered plates, or with the photographs of `photos`.
    pub fn new(seed: u64, count: usize, photos: Option<&Path>) -> Result<Self> {
        let mut rng = StdRng::seed_from_u64(seed);
        let photos = photos.map(photographs).transpose()?;
        let cars = (0..count).map(|number| Car::new(number, &mut rng, photos.as_deref())).collect();
        Ok(Self { cars })
    }

    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Car> {
        self.cars.iter().filter(move |car| car.kind == kind)
    }
}

impl Car {
    fn new(number: usize, rng: &mut StdRng, photos: Option<&[(PathBuf, String)]>) -> Self {
        let kind = kind(rng.random_range(0..100));
        let (country, rendered) = plate(rng, number);
        let photo = photos.map(|photos| photos[number % photos.len()].clone());
        let (photo, plate) = match photo {
            Some((file, truth)) => (Some(file), truth),
            None if kind == Kind::Plateless => (None, String::new()),
            None => (None, rendered),
        };
        Self {
            id: format!("car-{number}"),
            plate,
            country,
            kind,
            photo,
            changes_mind: rng.random_range(0..100) < BACKING_OUT,
            stays: Duration::from_millis(rng.random_range(2_000..20_000)),
        }
    }

    fn order(&self, drive: DriverBehaviour) -> Order {
        Order::Car(NewCar {
            car: self.id.clone(),
            plate: self.plate.clone(),
            country: self.country.to_owned(),
            photo: self.photo.clone(),
            drive,
            patience_ms: DRIVER_WAIT_MS,
        })
    }
}

fn kind(percent: u32) -> Kind {
    match percent {
        0..SUBSCRIBERS => Kind::Subscriber,
        p if p < SUBSCRIBERS + BLOCKED => Kind::Blocked,
        p if p < SUBSCRIBERS + BLOCKED + PLATELESS => Kind::Plateless,
        _ => Kind::Visitor,
    }
}

/// A plate no other car of the run has: the number is part of it. Italy issues no I, O, Q and U.
fn plate(rng: &mut StdRng, number: usize) -> (&'static str, String) {
    let mut letter = || char::from(b"ABCDEFHJKLMNPRSTVXYZ"[rng.random_range(0..20)]);
    let digits = number % 1000;
    match number % 3 {
        0 => ("SK", format!("BA{digits:03}{}{}", letter(), letter())),
        1 => ("PL", format!("WX{:05}", 10_000 + number)),
        _ => ("IT", format!("{}{}{digits:03}{}{}", letter(), letter(), letter(), letter())),
    }
}

/// Pictures with a truth line beside them: `file x y w h TEXT`.
fn photographs(dir: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(dir).with_context(|| format!("--photos {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            found.extend(photograph(dir, &path)?);
        }
    }
    found.sort();
    if found.is_empty() {
        bail!("--photos {}: no picture with a .txt truth line (file x y w h TEXT)", dir.display());
    }
    Ok(found)
}

fn photograph(dir: &Path, truth: &Path) -> Result<Option<(PathBuf, String)>> {
    let text = std::fs::read_to_string(truth).with_context(|| truth.display().to_string())?;
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [file, _, _, _, _, plate] = fields[..] else { return Ok(None) };
    let picture = std::fs::canonicalize(dir).unwrap_or(dir.to_owned()).join(file);
    if !picture.is_file() {
        bail!("{}: the picture {file} is missing", truth.display());
    }
    Ok(Some((picture, plate.to_owned())))
}

/// How it ended for one car.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Visited,
    Rejected,
    ChangedMind,
    Stuck,
}

/// The lanes and the people the drivers deal with.
pub struct Traffic {
    pub entries: Vec<Gate>,
    pub exits: Vec<Gate>,
    pub reports: Reports,
    pub api: Arc<ApiClient>,
    /// Simulated seconds per real second.
    pub speed: f64,
}

pub struct Gate {
    pub lane: String,
    control: Control,
    ramp: Semaphore,
}

impl Gate {
    pub fn new(lane: String, control: Control) -> Self {
        Self { lane, control, ramp: Semaphore::new(RAMP) }
    }
}

impl Traffic {
    /// One car's whole visit. `choice` picks its lanes.
    pub async fn visit(&self, car: &Car, choice: usize) -> Result<Outcome> {
        let entry = &self.entries[choice % self.entries.len()];
        let drive = if car.changes_mind { DriverBehaviour::BackOut } else { DriverBehaviour::Through };
        match self.pass(car, entry, drive).await? {
            Outcome::Visited => {}
            other @ (Outcome::Rejected | Outcome::ChangedMind | Outcome::Stuck) => return Ok(other),
        }
        sleep(car.stays.div_f64(self.speed)).await;
        let exit = &self.exits[(choice / self.entries.len()) % self.exits.len()];
        self.pass(car, exit, DriverBehaviour::Through).await
    }

    /// Drives up to a boom and through it, or not.
    async fn pass(&self, car: &Car, gate: &Gate, drive: DriverBehaviour) -> Result<Outcome> {
        let _place = gate.ramp.acquire().await?;
        let mut reports = self.reports.subscribe();
        gate.control.order(car.order(drive));
        let at_exit = self.exits.iter().any(|exit| exit.lane == gate.lane);
        self.follow(car, gate, at_exit, &mut reports).await
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "few kinds of report end a visit")]
    async fn follow(
        &self,
        car: &Car,
        gate: &Gate,
        at_exit: bool,
        reports: &mut broadcast::Receiver<LaneReport>,
    ) -> Result<Outcome> {
        loop {
            let report = match timeout(STUCK, reports.recv()).await {
                Ok(Ok(report)) => report,
                Ok(Err(RecvError::Lagged(_))) => bail!("the demo lost reports of its lanes"),
                Ok(Err(RecvError::Closed)) | Err(_) => {
                    tracing::error!(
                        car = car.id,
                        lane = gate.lane,
                        "no report about this car within the limit"
                    );
                    return Ok(Outcome::Stuck);
                }
            };
            if report.lane != gate.lane {
                continue;
            }
            match report.report {
                Report::Passed { car: id, .. } if id == car.id => return Ok(Outcome::Visited),
                Report::Left { car: id, why } if id == car.id => return Ok(left(&why)),
                Report::Decision { car: Some(id), arrival: Some(arrival), code, outcome, .. }
                    if id == car.id =>
                {
                    self.react(car, gate, at_exit, arrival, &code, &outcome).await?;
                }
                _ => {}
            }
        }
    }

    /// A driver who must pay pays; who cannot be read calls the operator, who looks and opens.
    async fn react(
        &self,
        car: &Car,
        gate: &Gate,
        at_exit: bool,
        arrival: Uuid,
        code: &str,
        outcome: &str,
    ) -> Result<()> {
        if outcome == "open" || car.kind == Kind::Blocked {
            return Ok(());
        }
        let reason = if at_exit {
            "driver called, stay found by ticket"
        } else {
            "driver called, plate could not be read"
        };
        // A lane that decided alone shows it before its server has heard of the car.
        for _ in 0..TRIES {
            sleep(Duration::from_millis(1500).div_f64(self.speed)).await;
            if outcome == "charge" && self.api.take_cash(&gate.lane, arrival).await?.is_some() {
                return Ok(());
            }
            if self.api.open(&gate.lane, arrival, reason).await? {
                tracing::debug!(lane = gate.lane, code, "operator opens");
                return Ok(());
            }
        }
        Ok(())
    }
}

fn left(why: &str) -> Outcome {
    if why == "backed_out" { Outcome::ChangedMind } else { Outcome::Rejected }
}

/// Counts per outcome, for the report.
pub fn count(outcomes: &[Outcome]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for outcome in outcomes {
        let name = match outcome {
            Outcome::Visited => "visited",
            Outcome::Rejected => "turned_away",
            Outcome::ChangedMind => "changed_mind",
            Outcome::Stuck => "stuck",
        };
        *counts.entry(name).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_cars_and_no_plate_twice() {
        let plates = |seed| {
            Fleet::new(seed, 500, None).unwrap().cars.iter().map(|car| car.plate.clone()).collect::<Vec<_>>()
        };
        assert_eq!(plates(7), plates(7));
        assert_ne!(plates(7), plates(8));
        let mut unique: Vec<String> = plates(7).into_iter().filter(|plate| !plate.is_empty()).collect();
        let count = unique.len();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), count);
    }

    #[test]
    fn a_folder_without_pictures_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let error = Fleet::new(1, 1, Some(dir.path())).err().unwrap().to_string();
        assert!(error.contains("--photos") && error.contains("no picture"), "{error}");
    }
}
