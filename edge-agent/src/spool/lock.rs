//! One program per spool: an exclusive lock on a file beside the database.
//!
//! Two programs that number events from one file would use each other's numbers. The lock is the kernel's (flock), so it
//! ends with the process however that ends; what the file says of its holder is for people. Where the lock file cannot be
//! made (a full or read-only disk) the folder itself is locked.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A self-test holds a shared lock for an instant; a program that starts just then waits for it to end.
const LOCK_WAIT: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(20);
/// More than a holder ever writes.
const LONGEST: u64 = 256;

/// Held as long as this value lives.
#[derive(Debug)]
pub struct SpoolLock {
    file: File,
    /// Whether it is on the lock file; else on the folder, until there is room for the file.
    on_file: bool,
}

/// The process that holds the spool, as the lock file names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    pub pid: Option<u32>,
    pub started: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("the spool is in use by {0}; end that program first, or give this one a folder of its own")]
    Held(Holder),
    #[error("the spool cannot be locked")]
    Io(#[from] io::Error),
}

impl SpoolLock {
    /// Takes the lock of this database, or returns its holder.
    pub fn acquire(database: &Path) -> Result<SpoolLock, LockError> {
        let path = lock_path(database);
        let made =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        match made {
            Ok(mut file) => {
                exclusive(&file, &path)?;
                // Without room for the words the lock still holds.
                let _ = introduce(&mut file);
                Ok(SpoolLock { file, on_file: true })
            }
            Err(_) => {
                let file = File::open(&path).or_else(|_| File::open(folder(database)))?;
                exclusive(&file, &path)?;
                Ok(SpoolLock { file, on_file: false })
            }
        }
    }

    /// Moves a lock that had to be taken on the folder to the lock file, once that can be made.
    pub fn settle(&mut self, database: &Path) -> Result<(), LockError> {
        if self.on_file {
            // The holder's line may be missing on a full disk.
            let _ = introduce(&mut self.file);
            return Ok(());
        }
        // The lock file itself may be what is held, opened for reading; a process does not contend with itself once
        // that one is given up.
        let _ = self.file.unlock();
        *self = SpoolLock::acquire(database)?;
        Ok(())
    }
}

/// The process that uses this database, found without taking the lock; none if there is none.
pub fn holder(database: &Path) -> Option<Holder> {
    let path = lock_path(database);
    let file = File::open(&path).or_else(|_| File::open(folder(database))).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(Holder::read(&path)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn exclusive(file: &File, path: &Path) -> Result<(), LockError> {
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) if begun.elapsed() < LOCK_WAIT => std::thread::sleep(POLL),
            Err(TryLockError::WouldBlock) => return Err(LockError::Held(Holder::read(path))),
        }
    }
}

fn introduce(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "pid {}\nstarted {:.0}\n", std::process::id(), Timestamp::now())
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn folder(database: &Path) -> &Path {
    match database.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

impl Holder {
    fn read(path: &Path) -> Holder {
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
        if read.is_err() {
            return Holder::default();
        }
        let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
        Holder { pid: value("pid ").and_then(|pid| pid.parse().ok()), started: value("started ") }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "process {pid}")?,
            None => write!(f, "another process")?,
        }
        self.started.as_ref().map_or(Ok(()), |started| write!(f, ", running since {started}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it_and_a_look_takes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("spool.db");
        assert_eq!(holder(&database), None);
        let lock = SpoolLock::acquire(&database).unwrap();
        let Err(LockError::Held(found)) = SpoolLock::acquire(&database) else { panic!("two holders") };
        assert_eq!(found.pid, Some(std::process::id()));
        assert!(found.to_string().contains("running since 20"), "{found}");
        assert_eq!(holder(&database), Some(found));
        drop(lock);
        assert_eq!(holder(&database), None);
        SpoolLock::acquire(&database).unwrap();
    }

    #[test]
    fn where_no_lock_file_can_be_made_the_folder_is_locked() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("spool.db");
        // A folder in the file's place fails for every user, root included.
        std::fs::create_dir(lock_path(&database)).unwrap();
        let mut lock = SpoolLock::acquire(&database).unwrap();
        assert!(matches!(SpoolLock::acquire(&database), Err(LockError::Held(_))));
        std::fs::remove_dir(lock_path(&database)).unwrap();
        lock.settle(&database).unwrap();
        assert_eq!(holder(&database).and_then(|holder| holder.pid), Some(std::process::id()));
    }
}
