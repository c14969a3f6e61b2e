//! What a demo that was killed left behind in the temporary folder: sockets, data, and a PostgreSQL that still runs.
//!
//! Each folder holds a lock as long as its demo lives; the kernel frees it with the process. Only folders of our own name
//! and user whose lock is free are touched.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use boomgate_store::cluster::Cluster;
use nix::unistd::Uid;
use tempfile::TempDir;

use crate::output;

const PREFIX: &str = "boomgate-demo-";
const LOCK: &str = "in-use";

/// A temporary folder that the next demo removes if this process does not.
pub struct Scratch {
    dir: TempDir,
    _lock: File,
}

impl Scratch {
    pub fn new() -> Result<Self> {
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir().context("no temporary folder")?;
        let path = dir.path().join(LOCK);
        let lock = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        lock.try_lock().with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(Self { dir, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Removes what demos that are gone left in the system's temporary folder. What cannot be removed is left and named.
pub fn remove() {
    for dir in abandoned(&std::env::temp_dir()) {
        let removed = Cluster::discard(&dir.join("data/postgres"))
            .map_err(anyhow::Error::from)
            .and_then(|()| Ok(fs::remove_dir_all(&dir)?));
        if let Err(error) = removed {
            output::note(format!("{} of an earlier demo cannot be removed: {error:#}", dir.display()));
        }
    }
}

fn abandoned(temporary: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(temporary).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| {
        let own = entry.metadata().is_ok_and(|meta| meta.is_dir() && meta.uid() == Uid::effective().as_raw());
        own && entry.file_name().to_string_lossy().starts_with(PREFIX)
    });
    ours.map(|entry| entry.path()).filter(|dir| is_free(dir)).collect()
}

/// Whether nobody holds the folder's lock. One without a lock is just being made, or is none of ours.
fn is_free(dir: &Path) -> bool {
    File::open(dir.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_holds_is_abandoned() {
        let root = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let dir = root.path().join(name);
            fs::create_dir(&dir).unwrap();
            (File::create(dir.join(LOCK)).unwrap(), dir)
        };
        let (held, _) = make("boomgate-demo-held");
        held.try_lock().unwrap();
        let (free, left) = make("boomgate-demo-left");
        drop(free);
        drop(make("somebody-elses"));
        fs::create_dir(root.path().join("boomgate-demo-without-a-lock")).unwrap();
        assert_eq!(abandoned(root.path()), [left]);
    }
}
