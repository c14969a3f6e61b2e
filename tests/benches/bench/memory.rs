//! Resident memory: the server without lanes and with two hundred that have sent a hello, one agent, and Mosquitto with
//! as many connections as yardstick. A fresh process each round.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use boomgate::issuer::{AgentFile, write_keys};
use boomgate_schemas::topic::{Leaf, Topic};
use boomgate_tests::programs::{Process, program};
use boomgate_tests::wait;

use crate::Plan;
use crate::figures::{Section, Target};
use crate::line::{Client, Line};
use crate::mosquitto::Mosquitto;
use crate::park::{LaneKeys, Park};
use crate::processes::resident_mib;

const LANES: usize = 200;
/// Until what a process does after its start is done.
const SETTLE: Duration = Duration::from_secs(2);

pub async fn measure(plan: &Plan) -> Result<Section> {
    let mut section =
        Section::new("memory", "resident MiB of a fresh process; Mosquitto with as many mTLS connections");
    // Beside the many, one for the agent of each round: its numbers begin anew with its folder.
    let mut park = Park::open(LANES + plan.rounds).await?;
    let mosquitto = Mosquitto::start(park.dir(), &park.dir().join("data/pki")).await?;
    for round in 0..plan.rounds {
        if round > 0 {
            park.stop_server().await;
            park.start_server().await?;
        }
        server(&mut section, &park, round).await?;
        agent(&mut section, &park, round).await?;
        yardstick(&mut section, &park, &mosquitto).await?;
    }
    mosquitto.process.stop().await;
    park.close().await?;
    section.bar("server with 200 lanes, MiB", "server_200_lanes_mib", Target::AtMost(120.0));
    Ok(section)
}

async fn server(section: &mut Section, park: &Park, round: usize) -> Result<()> {
    tokio::time::sleep(SETTLE).await;
    section.add("server_0_lanes_mib", resident_mib(park.server_pid())?);
    let mut lines = Vec::with_capacity(LANES);
    for lane in &park.lanes[..LANES] {
        lines.push(Line::connect(lane, park.server_key, park.server().mqtt).await?);
    }
    tokio::time::sleep(SETTLE).await;
    section.add("server_200_lanes_mib", resident_mib(park.server_pid())?);
    for line in &mut lines {
        // One event a round.
        line.resume(round as u64);
        line.decide().await?.context("a car was not decided")?;
    }
    section.add("server_200_lanes_after_a_car_each_mib", resident_mib(park.server_pid())?);
    Ok(())
}

/// A real `edge-agent` with a simulated yard, once the server has heard it.
async fn agent(section: &mut Section, park: &Park, round: usize) -> Result<()> {
    let lane = &park.lanes[LANES + round];
    let config = write_agent(park, lane, round)?;
    let mut command = Command::new(program("edge-agent"));
    command.arg("run").arg("--exit-with-parent").arg("--config").arg(&config);
    let before = greeted(park, lane).await?;
    let agent = Process::start(&mut command, &config.with_file_name("agent.log"));
    wait::until("the server hears the agent", async || {
        let now = greeted(park, lane).await.ok()?;
        (now != before).then_some(())
    })
    .await;
    tokio::time::sleep(SETTLE).await;
    section.add("agent_mib", resident_mib(agent.pid().as_raw())?);
    agent.stop().await;
    Ok(())
}

fn write_agent(park: &Park, lane: &LaneKeys, round: usize) -> Result<PathBuf> {
    let dir = park.dir().join(format!("agent-{round}"));
    write_keys(&dir, &lane.keys, &park.pki.ca_pem()?)?;
    let control = dir.join("control.sock");
    let hardware = format!(
        "[gpio]\nkind = \"sim\"\n\n[camera]\nkind = \"sim\"\n\n[reader]\ncountries = [\"SK\"]\n\n[sim]\ncontrol = {:?}\n",
        control.display().to_string()
    );
    let server = park.server();
    AgentFile {
        dir: &dir,
        identity: &lane.identity,
        direction: lane.direction,
        mqtt: format!("localhost:{}", server.mqtt),
        https: format!("https://localhost:{}", server.device_https),
        server_key: park.server_key.to_bytes(),
        hardware: &hardware,
        time_scale: 1.0,
        time_zone: "Europe/Vienna",
        language: "en",
    }
    .write()
}

/// When the server last heard a greeting of this lane, as text.
async fn greeted(park: &Park, lane: &LaneKeys) -> Result<Option<String>> {
    let client = park.pool.get().await?;
    let query =
        "select s.epoch::text from device_state s join devices d on d.id = s.device_id where d.code = $1";
    Ok(client.query_one(query, &[&lane.identity.device.as_str()]).await?.get(0))
}

async fn yardstick(section: &mut Section, park: &Park, mosquitto: &Mosquitto) -> Result<()> {
    section.add("mosquitto_0_mib", resident_mib(mosquitto.process.pid().as_raw())?);
    let _clients = connect_all(park, mosquitto.tls).await?;
    tokio::time::sleep(SETTLE).await;
    section.add("mosquitto_200_mib", resident_mib(mosquitto.process.pid().as_raw())?);
    Ok(())
}

async fn connect_all(park: &Park, port: u16) -> Result<Vec<Client>> {
    let mut clients = Vec::with_capacity(LANES);
    for lane in &park.lanes[..LANES] {
        let topic = Topic::new(lane.identity.site.clone(), lane.identity.lane.clone(), Leaf::Up);
        let filters = [Leaf::Ack, Leaf::Cmd].map(|leaf| topic.with_leaf(leaf).to_string());
        let tls = Some(Arc::clone(&lane.tls));
        clients.push(Client::connect(lane.identity.device.as_str(), port, tls, &filters).await?);
    }
    Ok(clients)
}
