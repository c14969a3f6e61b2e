//! Where PostgreSQL's programs are on this machine, and which of several to take.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{ClusterError, io_error};

const OLDEST_MAJOR: u32 = 15;

/// A folder with `initdb` and `postgres` of one major version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    pub dir: PathBuf,
    pub major: u32,
}

impl Binaries {
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Those of the loadable libraries that are installed beside the programs.
    pub(super) fn having<'a>(&self, libraries: &[&'a str]) -> Vec<&'a str> {
        let places = ["../lib", "../lib/postgresql", "../lib64/pgsql", "../lib/pgsql"];
        let is_there = |library: &&&str| {
            places.iter().any(|place| self.dir.join(place).join(format!("{library}.so")).exists())
        };
        libraries.iter().filter(is_there).copied().collect()
    }

    /// The newest binaries, or for a cluster that exists those of its own major version.
    pub(super) fn find(given: Option<&Path>, pgdata: &Path) -> Result<Self, ClusterError> {
        let candidates = given.map_or_else(candidates, |dir| vec![dir.to_owned()]);
        let mut found: Vec<Self> = candidates.iter().filter_map(|dir| Self::probe(dir)).collect();
        found.sort_by_key(|binaries| binaries.major);
        let newest =
            found.last().cloned().ok_or_else(|| ClusterError::NoBinaries { looked: listed(&candidates) })?;
        match made_by(pgdata)? {
            None => Ok(newest),
            Some(version) => same_major(&found, &version).ok_or_else(|| ClusterError::Version {
                path: pgdata.to_owned(),
                found: version,
                installed: majors(&found),
            }),
        }
    }

    fn probe(dir: &Path) -> Option<Self> {
        let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
        let major = major_of(&String::from_utf8_lossy(&output.stdout))?;
        (major >= OLDEST_MAJOR && dir.join("initdb").exists()).then(|| Self { dir: dir.to_owned(), major })
    }
}

/// "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)" is 15.
fn major_of(version: &str) -> Option<u32> {
    let number = version.split_whitespace().nth(2)?;
    number.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

fn made_by(pgdata: &Path) -> Result<Option<String>, ClusterError> {
    if !pgdata.exists() {
        return Ok(None);
    }
    let path = pgdata.join("PG_VERSION");
    let text = fs::read_to_string(&path).map_err(io_error("read", &path))?;
    Ok(Some(text.trim().to_owned()))
}

fn same_major(found: &[Binaries], version: &str) -> Option<Binaries> {
    found.iter().find(|binaries| binaries.major.to_string() == version).cloned()
}

fn majors(found: &[Binaries]) -> String {
    let mut majors: Vec<String> = found.iter().map(|binaries| binaries.major.to_string()).collect();
    majors.dedup();
    majors.join(", ")
}

fn listed(dirs: &[PathBuf]) -> String {
    dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn candidates() -> Vec<PathBuf> {
    let mut dirs = versioned("/usr/lib/postgresql", "bin");
    dirs.extend(versioned("/usr", "bin").into_iter().filter(|dir| dir.to_string_lossy().contains("/pgsql-")));
    dirs.push("/usr/local/pgsql/bin".into());
    dirs.extend(told_by_pg_config());
    dirs.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    dirs.retain(|dir| dir.join("postgres").exists());
    dirs
}

fn versioned(root: &str, leaf: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().join(leaf)).filter(|dir| dir.is_dir()).collect()
}

fn told_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_the_banner() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("nonsense"), None);
    }

    #[test]
    fn a_cluster_of_another_version_is_refused_with_advice() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("PG_VERSION"), "9\n").unwrap();
        let error = Binaries::find(None, root.path()).unwrap_err();
        assert!(error.to_string().contains("install postgresql-9"), "{error}");
    }

    #[test]
    fn a_folder_without_binaries_is_named() {
        let root = tempfile::tempdir().unwrap();
        let error = Binaries::find(Some(root.path()), &root.path().join("pgdata")).unwrap_err();
        assert!(error.to_string().contains(&root.path().display().to_string()), "{error}");
    }
}
