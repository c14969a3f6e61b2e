//! After an unattended run: compares the simulator's journal with PostgreSQL, checks the invariants and prints one JSON line.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::Result;
use boomgate_domain::ids::SiteId;
use boomgate_schemas::yard::Report;
use boomgate_store::Pool;
use boomgate_store::proof::{self, Numbers, Order, Passage, ReadPlate};
use serde::Serialize;
use uuid::Uuid;

use super::control::LaneReport;
use super::traffic::{Car, Outcome};

/// What the simulator saw, outside the system under test.
#[derive(Default)]
pub struct Journal {
    pub lane_reports: Vec<LaneReport>,
    pub outcomes: Vec<Outcome>,
    pub payments: u64,
}

/// The last line of an unattended run.
#[derive(Debug, Serialize)]
pub struct Verdict {
    pub cars: usize,
    pub outcomes: BTreeMap<&'static str, usize>,
    pub decisions: BTreeMap<String, i64>,
    pub stays_opened: i64,
    pub stays_closed: i64,
    pub charged: i64,
    pub paid: i64,
    pub plates_exact: usize,
    pub plates_wrong: usize,
    /// Readings the lane itself did not trust; they take the way of the ticket.
    pub plates_unsure: usize,
    pub decision_ms: DecisionTimes,
    pub local_decisions: usize,
    /// Passages of the journal that PostgreSQL does not have.
    pub lost: usize,
    /// Passages, events or stays that PostgreSQL has more than once.
    pub duplicated: i64,
    pub seconds: f64,
    pub invariants: BTreeMap<&'static str, bool>,
    /// What is broken, in words.
    pub broken: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct DecisionTimes {
    pub loop_to_command: Percentiles,
    pub publish_to_command: Percentiles,
}

#[derive(Debug, Default, Serialize)]
pub struct Percentiles {
    pub p50: i64,
    pub p95: i64,
    pub p99: i64,
}

impl Verdict {
    pub fn is_good(&self) -> bool {
        self.lost == 0 && self.duplicated == 0 && self.invariants.values().all(|holds| *holds)
    }
}

/// The rows of the site in PostgreSQL, read at one time.
struct Facts {
    passages: Vec<Passage>,
    numbers: Vec<Numbers>,
    orders: Vec<Order>,
    stays: proof::StayCounts,
    books: proof::LedgerTotals,
    decisions: Vec<proof::DecisionCount>,
    readings: Vec<ReadPlate>,
}

/// Whether every device has sent everything it has, and nothing is queued.
pub async fn is_settled(pool: &Pool, site: SiteId) -> Result<bool> {
    let client = pool.get().await?;
    let numbers = proof::numbers(&client, site).await?;
    let acknowledged =
        numbers.iter().all(|device| device.backlog == 0 && device.kept_upto + 1 >= device.next_seq);
    let orders = proof::orders(&client, site).await?;
    Ok(acknowledged && orders.iter().all(|order| !order.state.is_open()))
}

/// Judges a run.
pub async fn judge(
    pool: &Pool,
    site: SiteId,
    cars: &[Car],
    journal: &Journal,
    seconds: f64,
) -> Result<Verdict> {
    let facts = read(pool, site).await?;
    let (lost, mut broken) = (lost_passages(&facts, journal), Vec::new());
    let invariants = BTreeMap::from([
        ("I1", one_passage_one_change(&facts, journal, &mut broken)),
        ("I2", told_is_stored_once(&facts, &mut broken)),
        ("I3", gaps_are_declared(&facts, &mut broken)),
        ("I4", movements_have_orders(&facts, journal, &mut broken)),
        ("I5", never_closed_on_a_car(journal, &mut broken)),
        ("I6", books_agree(&facts, journal, &mut broken)),
    ]);
    let reading = readings(&facts, cars, journal);
    Ok(Verdict {
        cars: cars.len(),
        outcomes: super::traffic::count(&journal.outcomes),
        decisions: facts.decisions.iter().map(|row| (row.code.clone(), row.times)).collect(),
        stays_opened: facts.stays.opened,
        stays_closed: facts.stays.closed,
        charged: facts.stays.charged,
        paid: facts.stays.paid,
        plates_exact: reading.exact,
        plates_wrong: reading.wrong,
        plates_unsure: reading.unsure,
        decision_ms: decision_times(journal),
        local_decisions: decided(journal).filter(|(local, _, _)| *local).count(),
        lost,
        duplicated: duplicates(&facts),
        seconds: (seconds * 10.0).round() / 10.0,
        invariants,
        broken,
    })
}

async fn read(pool: &Pool, site: SiteId) -> Result<Facts> {
    let client = pool.get().await?;
    Ok(Facts {
        passages: proof::passages(&client, site).await?,
        numbers: proof::numbers(&client, site).await?,
        orders: proof::orders(&client, site).await?,
        stays: proof::stays(&client, site).await?,
        books: proof::books(&client, site).await?,
        decisions: proof::decisions(&client, site).await?,
        readings: proof::readings(&client, site).await?,
    })
}

/// Arrivals whose car the simulator saw cross the boom.
#[expect(clippy::wildcard_enum_match_arm, reason = "one kind of report is looked for")]
fn crossed(journal: &Journal) -> impl Iterator<Item = (&str, Option<Uuid>)> {
    journal.lane_reports.iter().filter_map(|one| match &one.report {
        Report::Passed { arrival, .. } => Some((one.lane.as_str(), *arrival)),
        _ => None,
    })
}

fn lost_passages(facts: &Facts, journal: &Journal) -> usize {
    let known: HashSet<Uuid> = crossings(facts).filter_map(|passage| passage.arrival_id).collect();
    crossed(journal).filter(|(_, arrival)| arrival.is_none_or(|arrival| !known.contains(&arrival))).count()
}

/// Passages through the boom, as PostgreSQL has them.
fn crossings(facts: &Facts) -> impl Iterator<Item = &Passage> {
    facts.passages.iter().filter(|passage| passage.kind.as_deref() != Some("backed_out"))
}

fn duplicates(facts: &Facts) -> i64 {
    let passages: i64 = crossings(facts)
        .filter(|passage| passage.arrival_id.is_some())
        .map(|passage| passage.times - 1)
        .sum();
    let events: i64 = facts.numbers.iter().map(|device| device.events - device.different).sum();
    passages + events + facts.stays.entered_twice + facts.stays.left_twice
}

fn one_passage_one_change(facts: &Facts, journal: &Journal, broken: &mut Vec<String>) -> bool {
    let seen = |entry: bool| crossed(journal).filter(|(lane, _)| lane.starts_with("in-") == entry).count();
    let counted = |direction: &str| -> i64 {
        crossings(facts)
            .filter(|passage| passage.direction.as_deref() == Some(direction))
            .map(|passage| passage.times)
            .sum()
    };
    let (seen_in, seen_out) = (seen(true), seen(false));
    let left = facts.stays.closed + facts.stays.exit_only;
    let facts_agree = counted("entry") == count(seen_in) && counted("exit") == count(seen_out);
    let stays_agree = facts.stays.opened == count(seen_in) && left == count(seen_out);
    let holds = facts_agree && stays_agree && duplicates(facts) == 0;
    if !holds {
        broken.push(format!(
            "I1: seen {seen_in} in and {seen_out} out; told {} and {}; stays opened {}, ended by an exit {left}",
            counted("entry"),
            counted("exit"),
            facts.stays.opened
        ));
    }
    holds
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn told_is_stored_once(facts: &Facts, broken: &mut Vec<String>) -> bool {
    all(facts.numbers.iter(), broken, |device| {
        let stored = device.events == device.different && device.kept_upto + 1 >= device.next_seq;
        (!stored).then(|| {
            format!(
                "I2: {} said {} events, {} are kept, {} stored",
                device.code,
                device.next_seq - 1,
                device.kept_upto,
                device.events
            )
        })
    })
}

fn gaps_are_declared(facts: &Facts, broken: &mut Vec<String>) -> bool {
    all(facts.numbers.iter(), broken, |device| {
        let covered = device.different + device.declared_lost + device.rejected;
        (covered != device.kept_upto).then(|| {
            format!(
                "I3: {}: {} numbers, but {} stored, {} declared lost, {} rejected",
                device.code, device.kept_upto, device.different, device.declared_lost, device.rejected
            )
        })
    })
}

/// Every drive of a boom names an order that exists (and each order drives at most once), or a rule of the lane.
#[expect(clippy::wildcard_enum_match_arm, reason = "one kind of report is looked for")]
fn movements_have_orders(facts: &Facts, journal: &Journal, broken: &mut Vec<String>) -> bool {
    let orders: HashMap<Uuid, &Order> = facts.orders.iter().map(|order| (order.id, order)).collect();
    let mut moved: HashSet<(Uuid, String)> = HashSet::new();
    let drives = journal.lane_reports.iter().filter_map(|one| match &one.report {
        Report::Drive { request, command, rule, .. } => Some((one.lane.as_str(), request, command, rule)),
        _ => None,
    });
    all(drives, broken, |(lane, request, command, rule)| match (command, rule) {
        (Some(id), _) => match orders.get(id) {
            None => Some(format!("I4: {lane} moved ({request}) for the unknown order {id}")),
            Some(order) if order.arrival_id.is_none() && !order.by_person => {
                Some(format!("I4: order {id} names neither arrival nor person"))
            }
            Some(order) if order.counter.is_none() => Some(format!("I4: order {id} was never sent")),
            Some(_) if !moved.insert((*id, request.clone())) => {
                Some(format!("I4: order {id} moved {lane} twice"))
            }
            Some(_) => None,
        },
        (None, Some(_)) => None,
        (None, None) => Some(format!("I4: {lane} moved ({request}) without order or rule")),
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "one kind of report is looked for")]
fn never_closed_on_a_car(journal: &Journal, broken: &mut Vec<String>) -> bool {
    let drives = journal.lane_reports.iter().filter_map(|one| match &one.report {
        Report::Drive { request, safety, .. } if request == "close" => Some((one.lane.as_str(), safety)),
        _ => None,
    });
    all(drives, broken, |(lane, safety)| {
        (safety != "clear").then(|| format!("I5: {lane} drove close while the safety loop was {safety}"))
    })
}

fn books_agree(facts: &Facts, journal: &Journal, broken: &mut Vec<String>) -> bool {
    let books = &facts.books;
    let taken = i64::try_from(journal.payments).unwrap_or(i64::MAX);
    let holds =
        books.sum == 0 && books.crooked == 0 && books.paid == books.received && books.payments == taken;
    if !holds {
        broken.push(format!("I6: {books:?}, but {taken} payments were made"));
    }
    holds
}

/// Whether `fault` finds nothing; what it finds is written down.
fn all<T>(
    items: impl Iterator<Item = T>,
    broken: &mut Vec<String>,
    mut fault: impl FnMut(T) -> Option<String>,
) -> bool {
    let before = broken.len();
    for item in items {
        broken.extend(fault(item));
    }
    broken.len() == before
}

struct Readings {
    exact: usize,
    wrong: usize,
    unsure: usize,
}

/// Compares readings with the plates that were shown. Only accepted readings count as wrong.
#[expect(clippy::wildcard_enum_match_arm, reason = "one kind of report is looked for")]
fn readings(facts: &Facts, cars: &[Car], journal: &Journal) -> Readings {
    let plates: HashMap<&str, &str> = cars.iter().map(|car| (car.id.as_str(), car.plate.as_str())).collect();
    let of_arrival: HashMap<Uuid, &str> = journal
        .lane_reports
        .iter()
        .filter_map(|one| match &one.report {
            Report::Arrival { car, arrival } => Some((*arrival, *plates.get(car.as_str())?)),
            _ => None,
        })
        .collect();
    let mut readings = Readings { exact: 0, wrong: 0, unsure: 0 };
    for read in &facts.readings {
        let Some(truth) = of_arrival.get(&read.arrival_id) else { continue };
        match (read.verdict.as_deref(), read.plate.as_deref()) {
            (Some("accept"), Some(plate)) if plate == *truth => readings.exact += 1,
            (Some("accept"), _) => readings.wrong += 1,
            _ => readings.unsure += 1,
        }
    }
    readings
}

#[expect(clippy::wildcard_enum_match_arm, reason = "one kind of report is looked for")]
fn decided(journal: &Journal) -> impl Iterator<Item = (bool, Option<i64>, Option<i64>)> {
    journal.lane_reports.iter().filter_map(|one| match &one.report {
        Report::Decision { local, loop_to_command_ms, publish_to_command_ms, .. } => {
            Some((*local, *loop_to_command_ms, *publish_to_command_ms))
        }
        _ => None,
    })
}

fn decision_times(journal: &Journal) -> DecisionTimes {
    DecisionTimes {
        loop_to_command: percentiles(decided(journal).filter_map(|(_, time, _)| time).collect()),
        publish_to_command: percentiles(decided(journal).filter_map(|(_, _, time)| time).collect()),
    }
}

fn percentiles(mut times: Vec<i64>) -> Percentiles {
    if times.is_empty() {
        return Percentiles::default();
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    Percentiles { p50: at(50), p95: at(95), p99: at(99) }
}
