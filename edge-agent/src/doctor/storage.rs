//! Whether the spool can be written, and what is queued in it. Changes nothing in it, and does not need the running agent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

use super::chain::chain;
use crate::config::Config;
use crate::spool::lock::Holder;
use crate::spool::store::Store;

/// What must fit for the spool to count as writable: SQLite's log grows in steps of some pages.
const PROBE: usize = 64 * 1024;
/// Below this the disk is as good as full.
const FREE_MIB: u64 = 32;

pub(super) fn spool(config: &Config, running: Option<&Holder>) -> Result<String, String> {
    let path = &config.spool;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let room = writable(folder, path)?;
    let program = running.map(|running| format!("; in use by {running}")).unwrap_or_default();
    if !path.exists() {
        return Ok(format!("none yet; {} is made at the first start{room}{program}", path.display()));
    }
    let store = Store::inspect(path).map_err(|error| chain(error.into()))?;
    let waiting = store.count().map_err(|error| chain(error.into()))?;
    let dead = store.dead_letters().map_err(|error| chain(error.into()))?.len();
    Ok(format!("{waiting} events wait for the server, {dead} dead letters{room}{program}"))
}

/// Writes a little beside the spool and removes it again; says how much room there is.
fn writable(folder: &Path, spool: &Path) -> Result<String, String> {
    let free = statvfs(folder).ok().map(|disk| disk.blocks_available() * disk.fragment_size() / (1 << 20));
    let probed = Probe::write(folder).and_then(|()| existing_is_writable(spool));
    if let Err(failure) = probed {
        return Err(advice(&failure, folder, free));
    }
    match free {
        Some(free) if free < FREE_MIB => Err(format!(
            "the disk of {} is nearly full ({free} MiB free): make room, or events are lost soon",
            folder.display()
        )),
        Some(free) => Ok(format!(", {free} MiB free")),
        None => Ok(String::new()),
    }
}

fn existing_is_writable(spool: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(spool) {
        Err(failure) if failure.kind() != ErrorKind::NotFound => Err(failure),
        Ok(_) | Err(_) => Ok(()),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "an enum of another crate with many kinds")]
fn advice(failure: &io::Error, folder: &Path, free: Option<u64>) -> String {
    let folder = folder.display();
    let consequence = "until then the lane opens by its own rules and keeps its facts in memory only";
    match failure.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            let free = free.unwrap_or(0);
            format!("the disk of {folder} is full ({free} MiB free): make room; {consequence}")
        }
        ErrorKind::ReadOnlyFilesystem => {
            format!("the disk of {folder} is read-only: remount it, or replace the card; {consequence}")
        }
        ErrorKind::PermissionDenied => {
            format!("{folder} or the spool in it may not be written by this user: chown them; {consequence}")
        }
        ErrorKind::NotFound => {
            format!("there is no folder {folder}: make it, or mount its disk; {consequence}")
        }
        _ => format!("{folder} cannot be written: {failure}; {consequence}"),
    }
}

/// A file that is gone again whatever happens.
struct Probe(PathBuf);

impl Probe {
    fn write(folder: &Path) -> io::Result<()> {
        let probe = Probe(folder.join(format!(".edge-agent-probe-{}", std::process::id())));
        let mut file = File::create(&probe.0)?;
        file.write_all(&[0; PROBE])?;
        file.sync_all()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
