//! What `check-config` and `doctor` say of a configuration that cannot be used.

use std::path::Path;
use std::process::{Command, Output};

use boomgate::pki::Pki;
use boomgate_tests::programs::program;
use boomgate_tests::scratch::Scratch;

/// Of sysexits.h.
const BAD_CONFIG: i32 = 78;
const QUIET: &str = "[metrics]\nlisten = 'off'\n";

/// `boomgate NAME` on this configuration and environment.
fn run(dir: &Path, name: &str, config: &str, environment: &[(&str, &str)]) -> Output {
    let file = dir.join("boomgate.toml");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(program("boomgate"));
    for name in ["DATABASE_URL", "DATABASE_URL_FILE", "RUST_LOG", "BOOMGATE_CONFIG"] {
        command.env_remove(name);
    }
    command.arg(name).arg("--config").arg(&file).current_dir(dir).envs(environment.iter().copied());
    command.output().unwrap()
}

fn output_text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}

fn checked(dir: &Path, config: &str, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = run(dir, "check-config", config, environment);
    (output.status.code(), output_text(&output))
}

#[test]
fn a_database_password_with_an_at_sign_was_called_good_and_a_part_of_it_was_shown() {
    let scratch = Scratch::new();
    let dir = scratch.path();
    for sign in ["@", "#", "/", "?", "%zz", " "] {
        let address = format!("postgresql://boomgate:Zqxa{sign}Zqxb@127.0.0.1:1/boomgate");
        let file = dir.join("address");
        std::fs::write(&file, &address).unwrap();
        let in_file = format!("[database]\nurl = {}\n", toml::Value::from(address.as_str()));
        for (field, config, environment) in [
            ("database.url: ", in_file.as_str(), vec![]),
            ("database.url_file: ", "[database]\nurl_file = 'address'\n", vec![]),
            ("DATABASE_URL: ", "", vec![("DATABASE_URL", address.as_str())]),
            ("DATABASE_URL_FILE: ", "", vec![("DATABASE_URL_FILE", file.to_str().unwrap())]),
        ] {
            for command in ["check-config", "doctor", "migrate"] {
                let output = run(dir, command, config, &environment);
                let text = output_text(&output);
                assert_eq!(output.status.code(), Some(BAD_CONFIG), "{command} {sign} {field}: {text}");
                assert!(text.contains(field) && text.contains("write @ as %40, # as %23"), "{text}");
                assert!(!text.contains("Zqx"), "{command} shows a part of the password: {text}");
            }
        }
    }
    // Written as the message says, it is understood; what is wrong then is said without it.
    let address = "[database]\nurl = 'postgresql://boomgate:Zqxa%40%23Zqxb@127.0.0.1:1/boomgate'\n";
    assert_eq!(checked(dir, address, &[]).0, Some(0));
    let doctor = output_text(&run(dir, "doctor", address, &[]));
    assert!(doctor.contains("missing  database") && !doctor.contains("Zqx"), "{doctor}");
}

#[test]
fn a_line_that_cannot_be_read_was_shown_with_the_password_in_it() {
    let scratch = Scratch::new();
    for config in [
        "[database]\nurl = \"postgresql://boomgate:Zqx\"Zqx@127.0.0.1/boomgate\"\n",
        "[database]\nurl = postgresql://boomgate:Zqx@127.0.0.1/boomgate\n",
        "[database]\nurll = \"postgresql://boomgate:Zqx@127.0.0.1/boomgate\"\n",
        "[database]\nconnections = \"host=127.0.0.1 password=Zqx\"\n",
        "database = \"postgresql://boomgate:Zqx@127.0.0.1/boomgate\"\n",
        "[database]\npassword = \"Zqx\"\n",
        "[database]\nurl = \"host=127.0.0.1 password='Zqx\n",
        "[metrics]\ntoken = \"Zqx\"\n",
        "[database]\npwd = \"Zqx\"\n",
    ] {
        let (code, text) = checked(scratch.path(), config, &[]);
        assert!(
            code == Some(BAD_CONFIG) && text.contains("line ") && !text.contains("Zqx"),
            "{config}: {text}"
        );
    }
    let (_, text) = checked(scratch.path(), "[api]\nlisten_on = 'x'\n", &[]);
    assert!(text.contains("listen_on = 'x'"), "other lines are shown: {text}");
}

#[test]
fn key_and_certificate_files_that_are_missing_or_do_not_fit_were_called_good() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let scratch = Scratch::new();
    let dir = scratch.path();
    let api = "[api]\ncert = 'server.pem'\nkey = 'server.key'\n";
    let (code, text) = checked(dir, api, &[]);
    assert_eq!(code, Some(BAD_CONFIG));
    for words in [
        format!("api.cert: {}/server.pem cannot be read", dir.display()),
        format!("api.key: {}/server.key cannot be read", dir.display()),
    ] {
        assert!(text.contains(&words), "{words}: {text}");
    }
    Pki::open_or_create(&dir.join("other"), &[]).unwrap();
    Pki::open_or_create(&dir.join("data/pki"), &[]).unwrap();
    std::fs::copy(dir.join("data/pki/server.pem"), dir.join("server.pem")).unwrap();
    std::fs::copy(dir.join("other/server.key"), dir.join("server.key")).unwrap();
    let (code, text) = checked(dir, api, &[]);
    assert!(code == Some(BAD_CONFIG) && text.contains("do not go together"), "{text}");
    std::fs::copy(dir.join("data/pki/server.key"), dir.join("server.key")).unwrap();
    assert_eq!(checked(dir, api, &[]).0, Some(0));
    for name in ["server.key", "server.pem", "ca.pem"] {
        let (file, away) = (dir.join("data/pki").join(name), dir.join("away"));
        std::fs::rename(&file, &away).unwrap();
        let (code, text) = checked(dir, "", &[]);
        assert!(code == Some(BAD_CONFIG) && text.contains(&format!("{name} is missing beside")), "{text}");
        std::fs::rename(&away, &file).unwrap();
    }
    std::fs::write(dir.join("empty"), "\n").unwrap();
    let (code, text) = checked(dir, "[metrics]\ntoken_file = 'empty'\n", &[]);
    assert!(
        code == Some(BAD_CONFIG) && text.contains("metrics.token_file: ") && text.contains("is empty"),
        "{text}"
    );
    let (code, text) = checked(dir, "[pki]\nhosts = ['gate.example.org:8883']\n", &[]);
    assert!(
        code == Some(BAD_CONFIG) && text.contains("pki.hosts: ") && text.contains("has a port"),
        "{text}"
    );
    let names = "[pki]\nhosts = ['*.example.org', '10.0.0.7', '2001:db8::7']\n";
    assert_eq!(checked(dir, names, &[]).0, Some(0));
}

#[test]
fn one_port_twice_was_called_good() {
    let scratch = Scratch::new();
    for (config, one, other) in [
        (
            "[api]\nlisten = '127.0.0.1:8444'\n",
            "device_https.listen: 0.0.0.0:8444",
            "api.listen (127.0.0.1:8444)",
        ),
        ("[broker]\nlisten = '0.0.0.0:8480'\n", "broker.listen: 0.0.0.0:8480", "api.listen (127.0.0.1:8480)"),
        (
            "[broker]\nplain = '127.0.0.1:8883'\n",
            "broker.plain: 127.0.0.1:8883",
            "broker.listen (0.0.0.0:8883)",
        ),
        (
            "[metrics]\nlisten = '127.0.0.1:8480'\n",
            "metrics.listen: 127.0.0.1:8480",
            "api.listen (127.0.0.1:8480)",
        ),
        (
            "[device_https]\nlisten = '[::]:8480'\n",
            "device_https.listen: [::]:8480",
            "api.listen (127.0.0.1:8480)",
        ),
    ] {
        let (code, text) = checked(scratch.path(), config, &[]);
        assert!(code == Some(BAD_CONFIG) && text.contains(one) && text.contains(other), "{config}: {text}");
    }
    // Another broker is used: ours takes no port.
    let other = "[broker]\nlisten = '0.0.0.0:8480'\n[broker.external]\nhost = '127.0.0.1'\nport = 1883\n";
    assert_eq!(checked(scratch.path(), other, &[]).0, Some(0));
}

#[test]
fn an_empty_database_url_counted_as_set() {
    let scratch = Scratch::new();
    let empty = [("DATABASE_URL", ""), ("DATABASE_URL_FILE", ""), ("BOOMGATE_CONFIG", "")];
    let (code, text) = checked(scratch.path(), QUIET, &empty);
    assert!(code == Some(0) && text.contains("is good"), "{text}");
    let unused = [("DATABASE_URL", " "), ("DATABASE_URL_FILE", "missing")];
    let (code, text) = checked(scratch.path(), QUIET, &unused);
    assert!(code == Some(BAD_CONFIG) && text.contains("DATABASE_URL_FILE: "), "{text}");
    let (code, text) = checked(scratch.path(), "[database]\nurl = ''\n", &[]);
    assert!(
        code == Some(BAD_CONFIG) && text.contains("database.url: ") && text.contains("is empty"),
        "{text}"
    );
    let both = [("DATABASE_URL", "host=/run user=u"), ("DATABASE_URL_FILE", "also")];
    let (code, text) = checked(scratch.path(), QUIET, &both);
    assert!(code == Some(BAD_CONFIG) && text.contains("are both set; keep one"), "{text}");
    // Without an address there is a private one, also for a command.
    let list = run(scratch.path(), "migrate", QUIET, &empty);
    assert!(list.status.success(), "{}", output_text(&list));
}
