//! docker-compose.yml and the Dockerfiles say only what the product has: services, keys, paths, ports, programs. No
//! image is built here; entry points, scripts and health checks run as plain processes.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use boomgate::config::Config;
use boomgate_store::Address;
use boomgate_store::testing::TestDatabase;
use boomgate_tests::programs::program;
use yaml_rust2::{Yaml, YamlLoader};

const OUR_PROGRAMS: [&str; 2] = ["boomgate", "edge-agent"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

// ---- the compose file

struct Compose(Yaml);

impl Compose {
    fn read() -> Self {
        Self(YamlLoader::load_from_str(&read("docker-compose.yml")).unwrap().remove(0))
    }

    fn services(&self) -> BTreeMap<String, Service> {
        let services = self.0["services"].as_hash().unwrap();
        services.iter().map(|(name, body)| (text(name), Service(merged(body)))).collect()
    }

    fn declared(&self, what: &str) -> BTreeSet<String> {
        self.0[what].as_hash().unwrap().keys().map(text).collect()
    }
}

/// With its `<<` worked in, as compose does: what stands beside wins.
fn merged(yaml: &Yaml) -> Yaml {
    let Some(own) = yaml.as_hash() else { return yaml.clone() };
    let merge = Yaml::from_str("<<");
    let base = own.get(&merge).map(merged);
    let mut all = base.and_then(Yaml::into_hash).unwrap_or_default();
    for (key, value) in own.iter().filter(|(key, _)| **key != merge) {
        all.replace(key.clone(), value.clone());
    }
    Yaml::Hash(all)
}

fn text(yaml: &Yaml) -> String {
    yaml.clone().into_string().unwrap()
}

struct Service(Yaml);

impl Service {
    fn list(&self, key: &str) -> Vec<String> {
        self.0[key].as_vec().into_iter().flatten().map(text).collect()
    }

    fn environment(&self) -> BTreeMap<String, String> {
        let pairs = self.0["environment"].as_hash();
        pairs.into_iter().flatten().map(|(key, value)| (text(key), text(value))).collect()
    }

    /// `(from, to)` of each volume.
    fn volumes(&self) -> Vec<(String, String)> {
        let split = |volume: String| {
            let mut parts = volume.split(':').map(str::to_owned);
            (parts.next().unwrap(), parts.next().unwrap())
        };
        self.list("volumes").into_iter().map(split).collect()
    }

    /// Published ports: what the container must listen on.
    fn ports(&self) -> BTreeSet<u16> {
        self.list("ports").iter().map(|port| port.rsplit(':').next().unwrap().parse().unwrap()).collect()
    }

    fn image(&self) -> String {
        text(&self.0["image"])
    }

    fn is_ours(&self) -> bool {
        self.image().starts_with("boomgate-")
    }
}

#[test]
fn compose_names_the_services_of_the_product_and_keeps_lanes_in_a_profile() {
    let services = Compose::read().services();
    let always: Vec<&str> = services
        .iter()
        .filter(|(_, service)| service.0["profiles"].is_badvalue())
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(always, ["postgres", "server"]);
    let lanes: Vec<&str> = services.keys().filter_map(|name| name.strip_prefix("lane-")).collect();
    assert_eq!(lanes, ["in-1", "in-2", "out-1", "out-2"]);
    let setup = read("docker/demo-setup");
    for lane in lanes {
        let service = &services[&format!("lane-{lane}")];
        let config = format!("/lanes/{lane}/agent.toml");
        assert!(setup.contains(&format!("make_lane {lane} ")), "nobody makes {lane}");
        assert_eq!(service.list("command")[..3], ["run".to_owned(), "--config".to_owned(), config.clone()]);
        assert_eq!(service.environment()["AGENT_CONFIG"], config);
    }
    for (name, service) in services.iter().filter(|(_, service)| service.is_ours()) {
        assert_eq!(service.0["read_only"].as_bool(), Some(true), "{name}");
        assert_eq!(service.list("cap_drop"), ["ALL"], "{name}");
    }
}

#[test]
fn everything_compose_refers_to_is_there() {
    let compose = Compose::read();
    let services = compose.services();
    let (volumes, secrets) = (compose.declared("volumes"), compose.declared("secrets"));
    let built: BTreeSet<String> =
        services.values().filter(|service| !service.0["build"].is_badvalue()).map(Service::image).collect();
    for (name, service) in &services {
        let file = service.0["build"]["dockerfile"].as_str();
        if let Some(file) = file {
            let target = text(&service.0["build"]["target"]);
            assert!(
                stages(&read(file)).iter().any(|stage| stage.name == target),
                "{name}: no stage {target} in {file}"
            );
        }
        assert!(
            !service.is_ours() || built.contains(&service.image()),
            "{name}: nothing builds {}",
            service.image()
        );
        for (from, to) in service.volumes() {
            let known =
                if from.starts_with("./") { root().join(&from).is_file() } else { volumes.contains(&from) };
            assert!(known, "{name}: {from} for {to}");
        }
        for secret in service.list("secrets") {
            assert!(secrets.contains(&secret), "{name}: secret {secret}");
        }
        for (key, value) in service.environment().iter().filter(|(key, _)| key.ends_with("_FILE")) {
            let secret =
                value.strip_prefix("/run/secrets/").unwrap_or_else(|| panic!("{name}: {key} is no secret"));
            assert!(service.list("secrets").contains(&secret.to_owned()), "{name}: {key}");
        }
        let waits: Vec<String> = match service.0["depends_on"].as_hash() {
            Some(hash) => hash.keys().map(text).collect(),
            None => service.list("depends_on"),
        };
        assert!(waits.iter().all(|other| services.contains_key(other)), "{name} waits for {waits:?}");
    }
    for secret in secrets {
        let file = text(&compose.0["secrets"][secret.as_str()]["file"]);
        assert!(
            file.starts_with("docker/secrets/") && read("docker/make-secrets").contains(&secret),
            "{file}"
        );
    }
    assert!(read("docker/secrets/.gitignore").lines().any(|line| line == "*"));
}

#[test]
fn the_servers_configuration_is_good_and_its_ports_and_paths_are_those_of_compose_and_image() {
    let config =
        Config::parse(&read("docker/boomgate.toml"), Path::new("/etc/boomgate"), "boomgate.toml").unwrap();
    let listens: BTreeSet<u16> =
        [config.api.listen.port(), config.broker.listen.port(), config.device_https.port()].into();
    let file = read("docker/server.Dockerfile");
    let image = stage(&file, "server");
    let exposed: BTreeSet<u16> = image.words("EXPOSE").iter().map(|port| port.parse().unwrap()).collect();
    let services = Compose::read().services();
    let server = &services["server"];
    assert_eq!(listens, exposed);
    assert_eq!(listens, server.ports());
    assert!(
        [config.api.listen, config.broker.listen, config.device_https]
            .iter()
            .all(|at| at.ip().is_unspecified())
    );
    let people = server.list("ports").into_iter().find(|port| port.ends_with(":8480")).unwrap();
    assert!(
        people.starts_with("127.0.0.1:") || config.api.tls.is_some(),
        "people's plain HTTP stays on the machine"
    );
    let data = config.data.to_str().unwrap();
    assert_eq!(image.json("VOLUME"), [data]);
    let volumes = server.volumes();
    assert!(volumes.iter().any(|(_, to)| to == data), "{volumes:?}");
    let given = image
        .words("ENV")
        .into_iter()
        .find_map(|pair| pair.strip_prefix("BOOMGATE_CONFIG=").map(str::to_owned));
    let given = given.unwrap();
    assert!(volumes.iter().any(|(from, to)| from == "./docker/boomgate.toml" && *to == given));
    assert!(image.text.contains(&format!("COPY docker/boomgate.toml {given}")));
    // The lanes of the demo reach the server under a name of its certificate.
    assert!(
        config.hosts.contains(&"server".to_owned())
            && read("docker/demo-setup").contains("SERVER_HOST:-server")
    );
}

#[test]
fn the_server_reads_the_keys_that_compose_sets() {
    let scratch = tempfile::tempdir().unwrap();
    let config = root().join("docker/boomgate.toml");
    let secret = scratch.path().join("database_url");
    let server = Compose::read().services().remove("server").unwrap();
    let keys: Vec<String> = server.environment().into_keys().collect();
    assert_eq!(keys, ["DATABASE_URL_FILE", "RUST_LOG"]);
    let check = || {
        clean("boomgate")
            .arg("check-config")
            .env("BOOMGATE_CONFIG", &config)
            .env("DATABASE_URL_FILE", &secret)
            .output()
            .unwrap()
    };
    let missing = check();
    assert_eq!(missing.status.code(), Some(78));
    assert!(
        output_text(&missing).contains("DATABASE_URL_FILE: ")
            && output_text(&missing).contains(secret.to_str().unwrap()),
        "{}",
        output_text(&missing)
    );
    fs::write(&secret, "postgresql://boomgate:x@postgres:5432/boomgate?sslmode=disable\n").unwrap();
    let good = check();
    assert!(good.status.success(), "{}", output_text(&good));
}

#[test]
fn the_example_of_a_lane_is_good() {
    let file = root().join("docker/agent.toml");
    let checked =
        clean("edge-agent").args(["check-config", "--file-only", "--config"]).arg(file).output().unwrap();
    assert!(checked.status.success(), "{}", output_text(&checked));
}

// ---- the Dockerfiles

struct Stage {
    name: String,
    base: String,
    /// Its instructions, continued lines joined, without comments.
    text: String,
}

fn stages(dockerfile: &str) -> Vec<Stage> {
    let joined = dockerfile.replace("\\\n", " ");
    let mut stages: Vec<Stage> = Vec::new();
    for line in joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["FROM", base, "AS", name] => {
                stages.push(Stage {
                    name: (*name).to_owned(),
                    base: (*base).to_owned(),
                    text: String::new(),
                });
            }
            ["FROM", ..] => panic!("a stage without a name: {line}"),
            _ => {
                if let Some(stage) = stages.last_mut() {
                    stage.text.push_str(line);
                    stage.text.push('\n');
                }
            }
        }
    }
    stages
}

fn stage(dockerfile: &str, name: &str) -> Stage {
    stages(dockerfile).into_iter().find(|stage| stage.name == name).unwrap()
}

impl Stage {
    fn last(&self, instruction: &str) -> Option<&str> {
        self.text
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix(instruction)?.strip_prefix(' '))
            .map(str::trim)
    }

    fn words(&self, instruction: &str) -> Vec<String> {
        let lines = self.text.lines().filter_map(|line| line.strip_prefix(instruction)?.strip_prefix(' '));
        lines.flat_map(str::split_whitespace).map(str::to_owned).collect()
    }

    fn json(&self, instruction: &str) -> Vec<String> {
        let value = self.last(instruction).unwrap_or_else(|| panic!("{}: no {instruction}", self.name));
        serde_json::from_str(value).unwrap_or_else(|error| panic!("{instruction} {value}: {error}"))
    }

    fn health(&self) -> Vec<String> {
        let check = self.last("HEALTHCHECK").unwrap_or_else(|| panic!("{}: no HEALTHCHECK", self.name));
        let (_, command) = check.split_once("CMD ").unwrap();
        serde_json::from_str(command).unwrap()
    }
}

#[test]
fn images_are_built_in_stages_run_as_nobody_special_and_can_be_asked_how_they_are() {
    for (file, finals) in [
        ("docker/server.Dockerfile", vec!["server"]),
        ("docker/agent.Dockerfile", vec!["agent", "agent-camera", "demo-cars"]),
    ] {
        let dockerfile = read(file);
        let stages = stages(&dockerfile);
        let (builders, images): (Vec<&Stage>, Vec<&Stage>) =
            stages.iter().partition(|stage| ["web", "build"].contains(&stage.name.as_str()));
        assert_eq!(images.iter().map(|stage| stage.name.as_str()).collect::<Vec<_>>(), finals, "{file}");
        let rust = read("Cargo.toml")
            .lines()
            .find_map(|line| Some(line.strip_prefix("rust-version = \"")?.trim_end_matches('"').to_owned()))
            .unwrap();
        let build = builders.iter().find(|stage| stage.name == "build").unwrap();
        assert_eq!(build.base, format!("rust:{rust}-bookworm"));
        for last in images {
            assert_eq!(last.last("USER"), Some("10001:10001"), "{file} {}", last.name);
            let parent = stages.iter().find(|stage| stage.name == last.base).unwrap_or(last);
            assert!(!parent.health().is_empty());
            for name in last.words("COPY").iter().filter(|word| word.starts_with("docker/")) {
                assert!(root().join(name).is_file(), "{file} copies {name}");
            }
        }
        let ignored = read(&format!("{file}.dockerignore"));
        for secret in [".git", "target", "docker/secrets"] {
            assert!(ignored.lines().any(|line| line == secret), "{secret} would go to the builder of {file}");
        }
    }
}

#[test]
fn programs_packages_and_features_of_the_images_exist() {
    for (file, package, manifest) in [
        ("docker/server.Dockerfile", "boomgate", "Cargo.toml"),
        ("docker/agent.Dockerfile", "boomgate-edge-agent", "edge-agent/Cargo.toml"),
    ] {
        let dockerfile = read(file);
        let build = stage(&dockerfile, "build");
        let manifest = read(manifest);
        assert!(manifest.contains(&format!("name = \"{package}\"")));
        assert!(build.text.contains(&format!("--package {package} ")), "{file}");
        for feature in
            ["opencv", "rppal"].iter().filter(|feature| dockerfile.contains(&format!("FEATURES={feature}")))
        {
            assert!(manifest.contains(&format!("{feature} = [")), "{file}: feature {feature}");
        }
        let made = build
            .words("RUN")
            .into_iter()
            .find_map(|word| word.strip_prefix("target/release/").map(str::to_owned))
            .unwrap();
        assert!(OUR_PROGRAMS.contains(&made.as_str()) && program(&made).is_file());
        let image = stages(&dockerfile).into_iter().find(|stage| stage.text.contains("ENTRYPOINT")).unwrap();
        assert!(
            image.text.contains(&format!("COPY --from=build /usr/local/bin/{made} /usr/local/bin/{made}"))
        );
        assert_eq!(image.json("ENTRYPOINT"), [made]);
    }
}

#[test]
fn entry_points_with_their_arguments_are_understood() {
    let mut calls: Vec<(String, Vec<String>)> = Vec::new();
    for (file, name) in [("docker/server.Dockerfile", "server"), ("docker/agent.Dockerfile", "agent")] {
        let image = stage(&read(file), name);
        calls.push((image.json("ENTRYPOINT").remove(0), image.json("CMD")));
    }
    for (name, service) in Compose::read().services() {
        if name.starts_with("lane-") {
            calls.push(("edge-agent".to_owned(), service.list("command")));
        }
    }
    assert_eq!(calls.len(), 6);
    for (name, arguments) in calls {
        // Every option is parsed before help is printed for the subcommand.
        let output = clean(&name).args(&arguments).arg("--help").output().unwrap();
        assert!(
            output.status.success() && output_text(&output).contains("Usage:"),
            "{name} {arguments:?}: {}",
            output_text(&output)
        );
        for option in arguments.iter().filter(|argument| argument.starts_with("--")) {
            assert!(
                output_text(&output).contains(option.as_str()),
                "{name} {arguments:?} does not know {option}"
            );
        }
    }
}

#[test]
fn the_servers_health_check_believes_only_a_ready_server() {
    let command = stage(&read("docker/server.Dockerfile"), "server").health();
    for (status, healthy) in [("200 OK", true), ("503 Service Unavailable", false)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut byte = [0; 1];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                request.push(byte[0]);
            }
            stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).unwrap();
            String::from_utf8_lossy(&request).into_owned()
        });
        let arguments = command[1..].iter().map(|argument| argument.replace("8480", &port));
        let checked = Command::new(&command[0]).args(arguments).output().unwrap();
        assert_eq!(checked.status.success(), healthy, "{status}: {}", output_text(&checked));
        assert_eq!(
            answering.join().unwrap(),
            "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        );
    }
    let closed = Command::new(&command[0])
        .args(command[1..].iter().map(|argument| argument.replace("8480", "1")))
        .output();
    assert!(!closed.unwrap().status.success());
}

// ---- the scripts

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_setup_makes_lanes_the_agent_takes_and_does_so_once() {
    let (scratch, database) = (tempfile::tempdir().unwrap(), TestDatabase::new().await);
    let config = scratch.path().join("boomgate.toml");
    let lanes = scratch.path().join("lanes");
    fs::create_dir(&lanes).unwrap();
    // The container's own configuration, with the data folder moved.
    let data = scratch.path().join("data").display().to_string();
    fs::create_dir(&data).unwrap();
    fs::write(&config, read("docker/boomgate.toml").replace("/var/lib/boomgate", &data)).unwrap();
    let url = scratch.path().join("database_url");
    fs::write(&url, database.url()).unwrap();
    let programs = program("boomgate").parent().unwrap().display().to_string();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap());
    let setup = || {
        let mut bash = Command::new("bash");
        bash.arg(root().join("docker/demo-setup")).env("PATH", &path).env("LANES_DIR", &lanes);
        bash.env("TARIFF", root().join("provisioning/tariff.demo.toml"));
        bash.env_remove("DATABASE_URL").env("BOOMGATE_CONFIG", &config).env("DATABASE_URL_FILE", &url);
        let output = bash.output().unwrap();
        assert!(output.status.success(), "{}", output_text(&output));
        output_text(&output)
    };
    let first = setup();
    assert!(first.contains("admin may log in as admin with the password"), "{first}");
    let client = database.pool.get().await.unwrap();
    let tariffs = client.query("select name from tariffs", &[]).await.unwrap();
    assert_eq!(tariffs.iter().map(|row| row.get("name")).collect::<Vec<String>>(), ["Demo tariff"]);
    let made = ["in-1", "in-2", "out-1", "out-2"].map(|lane| lanes.join(lane).join("agent.toml"));
    for file in &made {
        let checked = clean("edge-agent").args(["check-config", "--config"]).arg(file).output().unwrap();
        assert!(checked.status.success(), "{}", output_text(&checked));
        let text = fs::read_to_string(file).unwrap();
        assert!(
            text.contains("mqtt = \"server:8883\"") && text.contains("https = \"https://server:8444\""),
            "{text}"
        );
        assert!(file.with_file_name("device.key").is_file());
    }
    let before = made.each_ref().map(|file| fs::read_to_string(file).unwrap());
    assert_eq!(setup(), "", "a second run finds everything made");
    assert_eq!(before, made.each_ref().map(|file| fs::read_to_string(file).unwrap()));
}

#[test]
fn secrets_are_made_once_and_agree() {
    let scratch = tempfile::tempdir().unwrap();
    let script = scratch.path().join("make-secrets");
    fs::copy(root().join("docker/make-secrets"), &script).unwrap();
    let make = || {
        let output = Command::new("bash").arg(&script).output().unwrap();
        assert!(output.status.success(), "{}", output_text(&output));
        let secret = |name: &str| fs::read_to_string(scratch.path().join("secrets").join(name)).unwrap();
        (secret("postgres_password"), secret("database_url"))
    };
    let (password, url) = make();
    assert_eq!(password.len(), 64);
    let postgres = Compose::read().services().remove("postgres").unwrap().environment();
    let wanted = format!(
        "postgresql://{}:{password}@postgres:5432/{}?sslmode=disable",
        postgres["POSTGRES_USER"], postgres["POSTGRES_DB"]
    );
    assert_eq!(url, wanted);
    Address::parse(&url).unwrap();
    assert_eq!(make(), (password, url));
}

#[test]
fn scripts_are_well_formed_and_the_demos_cars_speak_the_yards_language() {
    for script in ["docker/make-secrets", "docker/demo-setup", "docker/demo-cars"] {
        let checked = Command::new("bash").arg("-n").arg(root().join(script)).output().unwrap();
        assert!(checked.status.success(), "{script}: {}", output_text(&checked));
    }
    let cars = read("docker/demo-cars");
    let (_, from) = cars.split_once("printf '{\"do\"").unwrap();
    let order =
        format!("{{\"do\"{}", from.split_once("\\n'").unwrap().0).replace("%d", "1").replace("%s", "BA123AB");
    let order: serde_json::Value = serde_json::from_str(&order).unwrap();
    assert_eq!((&order["do"], &order["drive"]), (&"car".into(), &"through".into()));
    for field in order.as_object().unwrap().keys() {
        assert!(
            ["do", "car", "plate", "country", "photo", "drive", "patience_ms"].contains(&field.as_str()),
            "{field}"
        );
    }
}

/// One of our programs, without the environment of whoever runs the tests.
fn clean(name: &str) -> Command {
    let mut command = Command::new(program(name));
    for key in ["DATABASE_URL", "DATABASE_URL_FILE", "BOOMGATE_CONFIG", "RUST_LOG"] {
        command.env_remove(key);
    }
    command
}

fn output_text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}
