//! Files and which need which; circles among them, as text.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// For each file the files it needs, and the names it needs of each.
#[derive(Default)]
pub struct Graph(BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>);

impl Graph {
    pub fn add(&mut self, from: &Path, to: &Path, name: &str) {
        let names = self.0.entry(from.to_owned()).or_default().entry(to.to_owned()).or_default();
        names.insert(name.to_owned());
    }

    /// Shortest circles, one through each file that is in any, each once.
    pub fn circles(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let circles = self.0.keys().filter_map(|file| self.circle_through(file));
        circles
            .filter(|circle| seen.insert(circle.iter().copied().collect::<BTreeSet<_>>()))
            .map(|circle| self.in_words(&circle))
            .collect()
    }

    /// The shortest way from a file back to itself.
    fn circle_through<'g>(&'g self, start: &'g Path) -> Option<Vec<&'g Path>> {
        let mut came_from: BTreeMap<&Path, &Path> = BTreeMap::new();
        let mut waiting = VecDeque::from([start]);
        while let Some(file) = waiting.pop_front() {
            for next in self.0.get(file).into_iter().flat_map(BTreeMap::keys) {
                if next == start {
                    return Some(way(&came_from, start, file));
                }
                if !came_from.contains_key(next.as_path()) {
                    came_from.insert(next, file);
                    waiting.push_back(next);
                }
            }
        }
        None
    }

    fn in_words(&self, circle: &[&Path]) -> String {
        let next = circle.iter().cycle().skip(1);
        let steps = circle.iter().zip(next).map(|(from, to)| {
            let names: Vec<&str> = self.0[*from][*to].iter().map(String::as_str).collect();
            format!("  {} needs {} of {}", short(from), names.join(", "), short(to))
        });
        steps.collect::<Vec<_>>().join("\n") + "\n"
    }
}

fn way<'g>(came_from: &BTreeMap<&'g Path, &'g Path>, start: &'g Path, end: &'g Path) -> Vec<&'g Path> {
    let mut way = vec![end];
    while let Some(&before) = way.last().filter(|file| **file != start).and_then(|file| came_from.get(file)) {
        way.push(before);
    }
    way.reverse();
    way
}

fn short(file: &Path) -> String {
    let text = file.display().to_string();
    text.rsplit_once("/../").map_or(text.clone(), |(_, short)| short.to_owned())
}
