//! Notifications to systemd: ready once, then the watchdog as long as the event loop runs (sd_notify(3)).
//!
//! A frozen loop stops the signs, and the unit's watchdog then ends the program, which releases the relays.

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

/// How often a sign of life is given, well within the shortest watchdog time that makes sense.
const INTERVAL: Duration = Duration::from_secs(2);

/// The supervisor's socket, if there is a supervisor.
pub struct Supervisor {
    socket: Option<UnixDatagram>,
    last: Option<Instant>,
}

impl Supervisor {
    /// The socket named by `NOTIFY_SOCKET`; without one every sign goes nowhere.
    pub fn from_environment() -> Supervisor {
        let connect = |path: std::ffi::OsString| {
            let socket = UnixDatagram::unbound().ok()?;
            socket.connect(path).ok()?;
            socket.set_nonblocking(true).ok()?;
            Some(socket)
        };
        Supervisor { socket: std::env::var_os("NOTIFY_SOCKET").and_then(connect), last: None }
    }

    /// Called in every turn of the loop. The first call also reports that the program is ready.
    pub fn alive(&mut self) {
        let Some(socket) = &self.socket else { return };
        let sign: &[u8] = match self.last {
            None => b"READY=1\nWATCHDOG=1",
            Some(last) if last.elapsed() >= INTERVAL => b"WATCHDOG=1",
            Some(_) => return,
        };
        // A supervisor that does not listen just now gets the next sign.
        let _ = socket.send(sign);
        self.last = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sign_says_ready_and_the_next_waits() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).unwrap();
        let socket = UnixDatagram::unbound().unwrap();
        socket.connect(&path).unwrap();
        let mut supervisor = Supervisor { socket: Some(socket), last: None };
        supervisor.alive();
        supervisor.alive();
        let mut received = [0; 64];
        let length = listener.recv(&mut received).unwrap();
        assert_eq!(&received[..length], b"READY=1\nWATCHDOG=1");
        listener.set_nonblocking(true).unwrap();
        assert!(listener.recv(&mut received).is_err());
    }
}
