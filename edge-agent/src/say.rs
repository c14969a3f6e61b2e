//! What the command line tells people and other programs: the only place that writes to standard output.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks through these two")]

/// A result, on standard output.
pub fn line(text: impl std::fmt::Display) {
    println!("{text}");
}

/// Something that went wrong, on standard error.
pub fn trouble(text: impl std::fmt::Display) {
    eprintln!("{text}");
}
