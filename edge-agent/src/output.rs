//! The only place of this program that writes to standard output and standard error.
//!
//! Nothing written here may end a lane: a log on a full disk or a closed pipe is lost, and that is all. Secrets are taken
//! out on the way.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

use crate::redact;

/// Exit status of a program whose reader went away, as a shell would give it (128 + SIGPIPE).
const READER_GONE: i32 = 141;
/// Results could not be written (EX_IOERR of sysexits.h).
const NO_OUTPUT: i32 = 74;

/// A result, on standard output. Without a reader there is nothing left to do, so the program ends.
pub fn line(text: impl Display) {
    let text = text.to_string();
    let written = writeln!(io::stdout().lock(), "{}", redact::secrets(&text));
    match written.map_err(|failure| failure.kind()) {
        Ok(()) => {}
        Err(ErrorKind::BrokenPipe) => std::process::exit(READER_GONE),
        Err(kind) => {
            error(format!("edge-agent: standard output cannot be written: {kind}"));
            std::process::exit(NO_OUTPUT)
        }
    }
}

/// Something that went wrong, on standard error.
pub fn error(text: impl Display) {
    let text = text.to_string();
    let _ = writeln!(io::stderr().lock(), "{}", redact::secrets(&text));
}

/// Where log lines go: standard error, whatever becomes of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log;

impl Write for Log {
    /// Takes whole lines, as `tracing_subscriber` gives them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let _ = io::stderr().lock().write_all(redact::secrets(&text).as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
