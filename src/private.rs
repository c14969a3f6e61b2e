//! Folders and files that other users of the machine must not read, and whether they can.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::sys::stat::{Mode, umask};
use nix::unistd::Uid;

use crate::config::Config;

/// Makes everything this process writes from now on its user's own.
pub fn restrict_umask() {
    umask(Mode::from_bits_truncate(0o077));
}

/// Makes the folder, or closes one that is there already to everybody else.
pub fn folder(path: &Path) -> Result<()> {
    close(path, 0o700)
}

/// The data folder: its private PostgreSQL runs as another user when we are root, who must be able to pass through.
pub fn data_folder(path: &Path) -> Result<()> {
    close(path, if Uid::effective().is_root() { 0o711 } else { 0o700 })
}

fn close(path: &Path, mode: u32) -> Result<()> {
    let made = fs::DirBuilder::new().recursive(true).mode(mode).create(path);
    made.with_context(|| format!("cannot create {}", path.display()))?;
    let meta = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    // Another owner's folder is that owner's to close; `doctor` says so.
    if meta.mode() & 0o777 & !mode != 0 && meta.uid() == Uid::effective().as_raw() {
        let closed = fs::set_permissions(path, fs::Permissions::from_mode(meta.mode() & mode));
        closed.with_context(|| format!("cannot restrict {}", path.display()))?;
    }
    Ok(())
}

/// What others can read though they should not, each with the command that ends it.
pub fn leaks(config: &Config, file: &Path) -> Vec<String> {
    let data_mode = if Uid::effective().is_root() { 0o711 } else { 0o700 };
    let mut found = Vec::new();
    found.extend(leak(&config.data, data_mode));
    for (path, own) in [(config.data.join("evidence"), 0o700), (config.pki.clone(), 0o755)] {
        found.extend(leak(&path, own));
    }
    for key in keys(&config.pki) {
        found.extend(leak(&key, 0o600));
    }
    if config.secret_in_file {
        found.extend(leak(file, 0o640));
    }
    found
}

fn leak(path: &Path, most: u32) -> Option<String> {
    let mode = match fs::metadata(path) {
        Ok(meta) => meta.mode() & 0o777,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => return Some(format!("{}: {error}", path.display())),
    };
    let path = path.display();
    (mode & !most != 0).then(|| format!("{path} has mode {mode:03o}: chmod {:o} {path}", mode & most))
}

fn keys(pki: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(pki).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "key")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_folder_that_is_open_already_is_closed() {
        let dir = tempfile::tempdir().unwrap();
        let (new, old) = (dir.path().join("new"), dir.path().join("old"));
        fs::create_dir(&old).unwrap();
        fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
        for path in [&new, &old] {
            folder(path).unwrap();
            assert_eq!(mode(path), 0o700, "{}", path.display());
        }
    }

    #[test]
    fn every_open_key_and_folder_is_named_with_the_command_that_closes_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("boomgate.toml");
        fs::write(&file, "[database]\nurl = 'postgresql://u:secret@127.0.0.1/x'").unwrap();
        let config = Config::load(&file).unwrap();
        data_folder(&config.data).unwrap();
        folder(&config.data.join("evidence")).unwrap();
        folder(&config.pki).unwrap();
        let key = config.pki.join("ca.key");
        fs::write(&key, "secret").unwrap();
        for (path, open, closed) in
            [(config.data.join("evidence"), 0o755, 0o700), (key, 0o644, 0o600), (file.clone(), 0o644, 0o640)]
        {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            let found = leaks(&config, &file);
            let command = format!("chmod {closed:o} {}", path.display());
            assert!(found.iter().any(|line| line.contains(&command)), "{command}: {found:?}");
            fs::set_permissions(&path, fs::Permissions::from_mode(closed)).unwrap();
        }
        assert_eq!(leaks(&config, &file), Vec::<String>::new());
    }
}
