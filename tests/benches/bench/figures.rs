//! Rounds of figures and what they amount to. Knows nothing of what is measured.

use serde_json::{Map, Value, json};

/// One measured thing, a value per round.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Dots make levels in the JSON: `at_100.publish_to_command_ms.p50`.
    pub name: String,
    pub rounds: Vec<f64>,
}

/// What a figure should be.
#[derive(Clone, Debug)]
pub struct Bar {
    pub what: String,
    pub value: f64,
    pub target: Target,
}

#[derive(Clone, Copy, Debug)]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// One part of the bench.
#[derive(Clone, Debug)]
pub struct Section {
    pub name: &'static str,
    /// What the figures mean, for the reader of the table.
    pub note: &'static str,
    pub figures: Vec<Figure>,
    pub bars: Vec<Bar>,
}

impl Figure {
    pub fn median(&self) -> f64 {
        median(&self.rounds)
    }
}

impl Bar {
    pub fn is_met(&self) -> bool {
        match self.target {
            Target::AtLeast(bar) => self.value >= bar,
            Target::AtMost(bar) => self.value <= bar,
        }
    }
}

impl Section {
    pub fn new(name: &'static str, note: &'static str) -> Self {
        Self { name, note, figures: Vec::new(), bars: Vec::new() }
    }

    /// One more round of a figure.
    pub fn add(&mut self, name: &str, value: f64) {
        match self.figures.iter_mut().find(|figure| figure.name == name) {
            Some(figure) => figure.rounds.push(value),
            None => self.figures.push(Figure { name: name.to_owned(), rounds: vec![value] }),
        }
    }

    /// One more round of a distribution.
    pub fn add_quantiles(&mut self, name: &str, sorted: &[f64]) {
        for (leaf, q) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            self.add(&format!("{name}.{leaf}"), quantile(sorted, q));
        }
    }

    /// The median over the rounds; NaN for what was not measured.
    pub fn median(&self, name: &str) -> f64 {
        self.figures.iter().find(|figure| figure.name == name).map_or(f64::NAN, Figure::median)
    }

    pub fn bar(&mut self, what: &str, figure: &str, target: Target) {
        let value = self.median(figure);
        self.bars.push(Bar { what: what.to_owned(), value, target });
    }

    /// Medians by name, all rounds beside them, and the bars.
    pub fn json(&self) -> Value {
        let mut found = Map::new();
        let mut rounds = Map::new();
        for figure in &self.figures {
            put(&mut found, &figure.name, json!(rounded(figure.median())));
            rounds.insert(
                figure.name.clone(),
                figure.rounds.iter().map(|value| json!(rounded(*value))).collect(),
            );
        }
        let bars = self.bars.iter().map(|bar| {
            let (relation, target) = match bar.target {
                Target::AtLeast(bar) => ("at_least", bar),
                Target::AtMost(bar) => ("at_most", bar),
            };
            json!({ "what": bar.what, "value": rounded(bar.value), relation: target, "met": bar.is_met() })
        });
        found.insert("bars".into(), bars.collect());
        found.insert("every_round".into(), rounds.into());
        found.into()
    }
}

fn put(into: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(into.insert(path.to_owned(), value)),
        Some((first, rest)) => {
            let inner = into.entry(first).or_insert_with(|| Map::new().into());
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// The nearest value of a sorted list; NaN of an empty one.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let last = sorted.len().saturating_sub(1) as f64;
    sorted.get((last * q).round() as usize).copied().unwrap_or(f64::NAN)
}
