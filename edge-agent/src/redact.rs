//! Removes secrets from texts for logs and terminals: above all the password in a camera's address.
//!
//! Everything this program writes for people goes through here (`output.rs`), so that no message has to think of it. Rather
//! too much is hidden than too little.

use std::borrow::Cow;

const HIDDEN: &str = "***";
/// Ends an address in running text.
const ENDS: [char; 5] = [' ', '\t', '\n', '"', '\''];
/// Names whose value is a secret, in a query or in a GStreamer pipeline.
const SECRETS: [&str; 6] = ["password=", "passwd=", "pwd=", "pass=", "user-pw=", "token="];

/// The text without what stands before the `@` of an address, and without the values of secret parameters.
pub fn secrets(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    let suspicious = text.contains("://") || SECRETS.iter().any(|name| lower.contains(name));
    if suspicious { Cow::Owned(values(&users(text))) } else { Cow::Borrowed(text) }
}

/// Hides user and password. A password may itself hold `@`, `/` or `:`, so the last `@` of the address counts.
fn users(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let end = after.find(ENDS).unwrap_or(after.len());
        let host = after[..end].rfind('@').map_or(0, |at| at + 1);
        if host > 0 {
            out.push_str(HIDDEN);
            out.push('@');
        }
        rest = &after[host..];
    }
    out + rest
}

fn values(text: &str) -> String {
    let mut text = text.to_owned();
    for name in SECRETS {
        let mut from = 0;
        while let Some(found) = text[from..].to_ascii_lowercase().find(name) {
            let value = from + found + name.len();
            let quoted = text[value..].trim_start_matches('\\').starts_with('"');
            let begin =
                if quoted { value + text[value..].find('"').map_or(0, |quote| quote + 1) } else { value };
            let ends: &[char] = if quoted { &['"', '\\'] } else { &[' ', '\t', '\n', '"', '\'', '&', '\\'] };
            let end = text[begin..].find(ends).map_or(text.len(), |end| begin + end);
            text.replace_range(begin..end, HIDDEN);
            from = begin + HIDDEN.len();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_of_writing_a_camera_lets_its_password_through() {
        for (written, shown) in [
            ("rtsp://user:s3cret@10.0.0.2/s", "rtsp://***@10.0.0.2/s"),
            ("rtsp://user:s3cr@t/s3cret@10.0.0.2/s", "rtsp://***@10.0.0.2/s"),
            (
                "camera \"rtsp://u:s3cret@h/1\" and http://u:s3cret@h",
                "camera \"rtsp://***@h/1\" and http://***@h",
            ),
            ("http://h/snap?user=a&password=s3cret&x=1", "http://h/snap?user=a&password=***&x=1"),
            (
                "rtspsrc location=rtsp://h/1 user-id=a user-pw=s3cret ! decodebin",
                "rtspsrc location=rtsp://h/1 user-id=a user-pw=*** ! decodebin",
            ),
            ("user-pw=\"s3cret x\" ! y", "user-pw=\"***\" ! y"),
            ("PWD=s3cret", "PWD=***"),
        ] {
            assert_eq!(secrets(written), shown);
        }
    }

    #[test]
    fn what_holds_no_secret_is_as_it_was() {
        for text in ["/dev/video0", "https://gate.example:8444/x", "a@b.example wrote", "", "über 3 s ://"] {
            assert_eq!(secrets(text), text);
        }
    }
}
