//! Logs on standard error. A log that cannot be written, on a full disk or a closed pipe, is counted and lost; it never
//! ends the program.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// `RUST_LOG` chooses; the router's own chatter names clients on every connect and stays out.
pub fn init(json: bool, default: &str) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{default},rumqttd=off,deadpool=error")));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .log_internal_errors(false)
        .with_writer(BestEffortStderr);
    if json { builder.json().init() } else { builder.init() }
}

/// Standard error; see the head of this module.
struct BestEffortStderr;

impl<'a> MakeWriter<'a> for BestEffortStderr {
    type Writer = LossyWriter<io::StderrLock<'static>>;

    fn make_writer(&'a self) -> Self::Writer {
        LossyWriter(io::stderr().lock())
    }
}

/// Passes on what it can, and says that all went well.
struct LossyWriter<W>(W);

impl<W: Write> Write for LossyWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.write_all(bytes).is_err() {
            metrics::counter!("boomgate_log_lines_lost_total").increment(1);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        drop(self.0.flush());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_takes_every_line_away_and_nothing_else() {
        let mut log = LossyWriter(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
        assert_eq!(log.write(b"a line\n").unwrap(), 7);
        log.write_all(b"another\n").unwrap();
        log.flush().unwrap();
    }
}
