//! The schema: every statement can be prepared, and what must always hold is held.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use boomgate_store::testing::TestDatabase;

fn statements(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(statements(&path)) } else { found.push(path) }
    }
    found
}

#[tokio::test]
async fn every_statement_can_be_prepared() {
    let database = TestDatabase::new().await;
    let client = database.pool.get().await.unwrap();
    let paths = statements(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/queries")));
    assert!(paths.len() > 10, "only {} statements found", paths.len());
    let mut refused = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        if let Err(error) = client.prepare(&text).await {
            let reason = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
            refused.push(format!("{}: {reason}", path.display()));
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
