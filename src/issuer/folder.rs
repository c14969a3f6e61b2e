//! The folder of a device's keys: checked before anything changes, cleaned up when the command fails.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Everything that is written there; nothing of it is ever written over.
const FILES: [&str; 5] = ["device.key", "sign.key", "device.pem", "ca.pem", "agent.toml"];
/// What a file is called until it is whole.
const PARTS: [&str; 4] = ["device.part", "sign.part", "ca.part", "agent.part"];

/// A folder that can be written. Unless it is kept, the files and folders made since are removed.
#[derive(Debug)]
pub struct NewFolder {
    path: PathBuf,
    /// Folders that were not there, the outermost first.
    made: Vec<PathBuf>,
    kept: bool,
}

impl NewFolder {
    /// Makes the folder where it is missing and tries to write there.
    ///
    /// # Errors
    /// Why no device's files can be written there.
    pub fn open(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        if let Some(file) = FILES.iter().find(|file| fs::symlink_metadata(path.join(file)).is_ok()) {
            return Err(format!("{shown} holds {file} already; choose another folder or move it away"));
        }
        let mut folder = Self { path: path.to_owned(), made: Vec::new(), kept: false };
        folder
            .make()
            .and_then(|()| folder.probe())
            .map_err(|error| format!("{shown} cannot be written: {error}"))?;
        Ok(folder)
    }

    /// Everything is written: nothing is removed any more.
    pub fn keep(mut self) {
        self.kept = true;
    }

    fn make(&mut self) -> std::io::Result<()> {
        let missing = self.path.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
        let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        for path in missing.into_iter().rev() {
            fs::create_dir(&path)?;
            self.made.push(path);
        }
        Ok(())
    }

    /// Writes a file instead of reading permissions: so it also finds read-only file systems and quotas.
    fn probe(&self) -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".boomgate-").tempfile_in(&self.path)?;
        file.write_all(&[0; 16 * 1024])?;
        file.as_file().sync_all()
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        for file in FILES.iter().chain(&PARTS) {
            drop(fs::remove_file(self.path.join(file)));
        }
        for path in self.made.iter().rev() {
            drop(fs::remove_dir(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_of_a_folder_that_was_not_kept_and_nothing_else_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        let (own, deep) = (dir.path().join("own.txt"), dir.path().join("a/b"));
        fs::write(&own, "mine").unwrap();
        let folder = NewFolder::open(&deep).unwrap();
        fs::write(deep.join("device.key"), "secret").unwrap();
        drop(folder);
        assert!(!dir.path().join("a").exists());
        drop(NewFolder::open(dir.path()).unwrap());
        assert_eq!(fs::read_to_string(&own).unwrap(), "mine");
        NewFolder::open(&deep).unwrap().keep();
        assert!(deep.is_dir());
    }

    #[test]
    fn a_folder_that_cannot_be_written_or_holds_a_devices_files_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [file.join("pi-1"), file, "/proc/pi-1".into()] {
            let error = NewFolder::open(&path).unwrap_err();
            assert!(error.contains(&format!("{} cannot be written", path.display())), "{error}");
        }
        for name in FILES {
            let other = tempfile::tempdir().unwrap();
            fs::write(other.path().join(name), "").unwrap();
            let error = NewFolder::open(other.path()).unwrap_err();
            assert!(error.contains(&format!("holds {name} already")), "{error}");
        }
    }
}
