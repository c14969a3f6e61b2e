//! The highest number given out, noted before the event leaves: it makes the gap after a killed program exact.
//!
//! Numbers are reserved durably in blocks, so after a crash the whole rest of a block may have been used. This file says
//! how far it was. It is written without waiting for the disk, which outlives the program but not the machine; so it counts
//! only while the same kernel runs, and after a power cut the block is the gap as before.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A random id per start of the kernel (random(4)).
const KERNEL: &str = "/proc/sys/kernel/random/boot_id";

pub struct Mark {
    file: File,
    kernel: String,
}

impl Mark {
    /// Opens the file beside this database; its number stays until the first note.
    pub fn open(database: &Path) -> io::Result<Mark> {
        let kernel = kernel()?;
        let options =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path(database));
        Ok(Mark { file: options?, kernel })
    }

    /// Notes that numbers up to this one may be used from now on.
    pub fn note(&self, seq: u64) -> io::Result<()> {
        // Always the same length, in one write: a reader finds one number or the other.
        self.file.write_all_at(format!("{} {seq:020}\n", self.kernel).as_bytes(), 0)
    }
}

/// The highest number noted while this kernel runs; none if that is not known.
pub fn noted(database: &Path) -> Option<u64> {
    let text = fs::read_to_string(path(database)).ok()?;
    let (kernel_then, seq) = text.strip_suffix('\n')?.split_once(' ')?;
    (kernel_then == kernel().ok()?).then(|| seq.parse().ok()).flatten()
}

fn kernel() -> io::Result<String> {
    Ok(fs::read_to_string(KERNEL)?.trim().to_owned())
}

fn path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".mark");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_note_counts_and_only_under_the_kernel_that_made_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("spool.db");
        assert_eq!(noted(&database), None);
        let mark = Mark::open(&database).unwrap();
        assert_eq!(noted(&database), None, "nothing was noted");
        mark.note(7).unwrap();
        mark.note(12_345).unwrap();
        assert_eq!(noted(&database), Some(12_345));
        let other =
            fs::read_to_string(path(&database)).unwrap().replacen(|c: char| c.is_ascii_hexdigit(), "x", 1);
        fs::write(path(&database), other).unwrap();
        assert_eq!(noted(&database), None);
    }
}
