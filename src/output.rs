//! The only place that writes to the terminal. A reader that went away (`| head`) or a full disk ends nothing.

use std::fmt::Display;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

static RESULT_LOST: AtomicBool = AtomicBool::new(false);

/// A result, on standard output.
pub fn result(text: impl Display) {
    let mut out = stdout().lock();
    if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush())
        && error.kind() != ErrorKind::BrokenPipe
        && !RESULT_LOST.swap(true, Ordering::Relaxed)
    {
        note(format!("boomgate: the result cannot be written: {error}"));
    }
}

/// Whether a result could not be written for another reason than that nobody reads it.
pub fn result_lost() -> bool {
    RESULT_LOST.load(Ordering::Relaxed)
}

/// Progress and trouble, on standard error.
pub fn note(text: impl Display) {
    // There is no other place to report this failure.
    drop(writeln!(stderr().lock(), "{text}"));
}
