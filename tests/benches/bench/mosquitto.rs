//! Mosquitto on a configuration of its own: a plain listener, and one with the same certificates as our listener.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use boomgate_tests::programs::Process;
use boomgate_tests::wait;

/// A running Mosquitto. Killed when dropped.
pub struct Mosquitto {
    pub process: Process,
    pub plain: u16,
    pub tls: u16,
}

impl Mosquitto {
    /// `pki` is the folder with `ca.pem`, `server.pem` and `server.key`.
    pub async fn start(dir: &Path, pki: &Path) -> Result<Self> {
        let (plain, tls) = (free_port()?, free_port()?);
        let config = dir.join("mosquitto.conf");
        let text = format!(
            "per_listener_settings true\nuser root\npersistence false\nset_tcp_nodelay true\nlog_type error\n\
             max_inflight_messages 100\nlistener {plain} 127.0.0.1\nallow_anonymous true\n\
             listener {tls} 127.0.0.1\nallow_anonymous true\nrequire_certificate true\n\
             cafile {pki}/ca.pem\ncertfile {pki}/server.pem\nkeyfile {pki}/server.key\n",
            pki = pki.display(),
        );
        std::fs::write(&config, text)?;
        let process =
            Process::start(Command::new(program()?).arg("-c").arg(&config), &dir.join("mosquitto.log"));
        wait::until("mosquitto listens", async || {
            let listens =
                [plain, tls].into_iter().all(|port| TcpStream::connect(("127.0.0.1", port)).is_ok());
            listens.then_some(())
        })
        .await;
        Ok(Self { process, plain, tls })
    }
}

fn program() -> Result<&'static str> {
    let places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"];
    let found = places.into_iter().find(|path| Path::new(path).exists());
    found.context("mosquitto is not installed (apt-get install mosquitto)")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
