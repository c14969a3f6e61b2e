//! The message about a file that is not valid TOML or has unknown keys. Its lines are shown, except those that may hold a password.

/// Beginnings and parts of what no terminal and no log is to show.
const SECRETS: [&str; 6] = ["postgres", "pass", "pwd", "secret", "token", "://"];

/// What is wrong, and where.
pub(super) fn describe(error: &toml::de::Error, text: &str) -> String {
    let whole = error.to_string();
    let shown_lines =
        whole.lines().filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    let has_secret = |text: &str| {
        let lower = text.to_ascii_lowercase();
        SECRETS.iter().any(|secret| lower.contains(secret))
    };
    // What was found instead of what belongs there stands in the message, too.
    let quotes_value = error.message().contains(": string \"") && has_secret(error.message());
    if !quotes_value && !shown_lines.into_iter().any(has_secret) {
        return whole.trim().replace('\n', "\n  ");
    }
    let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count()) + 1;
    let what = if quotes_value { "a text stands where something else belongs" } else { error.message() };
    format!("line {line} (not shown, it may hold a password): {}", what.replace('\n', "\n  "))
}
