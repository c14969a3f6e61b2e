//! What a story measured, in its own output: `cargo nextest run --success-output final` shows it.

/// One figure, with what it is.
#[expect(clippy::print_stdout, reason = "the test's own voice")]
pub fn show(text: impl std::fmt::Display) {
    println!("{text}");
}
