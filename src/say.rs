//! The only place that writes to the terminal.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is the program's own voice")]

use std::fmt::Display;

/// A result, on standard output.
pub fn result(text: impl Display) {
    println!("{text}");
}

/// Progress and trouble, on standard error.
pub fn note(text: impl Display) {
    eprintln!("{text}");
}
