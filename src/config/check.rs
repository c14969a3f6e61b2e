//! Values of the file, checked one by one.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Collects faults instead of stopping at the first.
pub(super) struct Check {
    pub base: PathBuf,
    pub faults: Vec<String>,
}

impl Check {
    pub(super) fn address(&mut self, field: &str, text: Option<String>, default: &str) -> SocketAddr {
        let text = text.unwrap_or(default.to_owned());
        text.parse().unwrap_or_else(|_| {
            self.fault(field, &format!("{text:?} is not an address like 127.0.0.1:8480 or [::]:8480"));
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }

    pub(super) fn between(
        &mut self,
        field: &str,
        value: Option<usize>,
        default: usize,
        range: std::ops::RangeInclusive<usize>,
    ) -> usize {
        let value = value.unwrap_or(default);
        if !range.contains(&value) {
            self.fault(field, &format!("{value} is outside {} to {}", range.start(), range.end()));
        }
        value
    }

    pub(super) fn path(&self, path: PathBuf) -> PathBuf {
        self.base.join(path)
    }

    pub(super) fn fault(&mut self, field: &str, what: &str) {
        self.faults.push(format!("{field}: {what}"));
    }
}
