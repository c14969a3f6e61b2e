//! A folder for one story: short enough for sockets, open enough for PostgreSQL's own user, gone afterwards.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Removed when dropped. A failing story first shows the ends of the logs in it.
#[derive(Debug)]
pub struct Scratch(PathBuf);

const SHOWN_LINES: usize = 30;

impl Scratch {
    /// # Panics
    /// When there is no temporary folder to write to.
    pub fn new() -> Self {
        let name = uuid::Uuid::now_v7().simple().to_string();
        let dir = std::env::temp_dir().join(format!("bg-{}", &name[16..]));
        fs::create_dir_all(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
        Self(dir)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Every log in the folder, with its path.
    pub fn logs(&self) -> Vec<(PathBuf, String)> {
        let mut found = Vec::new();
        collect(&self.0, &mut found);
        found
    }

    /// # Panics
    /// When any program panicked, with the line.
    pub fn assert_no_panic(&self) {
        for (path, text) in self.logs() {
            let panic = text.lines().find(|line| line.contains("panicked at") || line.contains("PANIC: "));
            assert!(panic.is_none(), "{}: {}", path.display(), panic.unwrap_or_default());
        }
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for (path, text) in self.logs() {
                let lines: Vec<&str> = text.lines().collect();
                let tail = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
                show(&format!("--- {}\n{tail}\n", path.display()));
            }
        }
        fs::remove_dir_all(&self.0).ok();
    }
}

#[expect(clippy::print_stderr, reason = "the test's own voice")]
fn show(text: &str) {
    eprintln!("{text}");
}

fn collect(dir: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "log") {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned();
            found.push((path, text));
        }
    }
}
