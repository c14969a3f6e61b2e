//! Frozen bytes, grammar, AsyncAPI and code are held together here.
//!
//! To add a message: add its sample below, run with `BOOMGATE_WRITE_GOLDEN=1` once, and commit the new file. Existing
//! files are never edited: lanes in the field speak them.
#![allow(clippy::unwrap_used, reason = "a test")]

mod samples;

use std::fs;
use std::path::PathBuf;

use boomgate_schemas::down::Ack;
use boomgate_schemas::strict;
use boomgate_schemas::topic::Leaf;
use boomgate_schemas::up::{Hello, UpBatch, View};
use samples::Sample;

fn golden_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/v1").join(format!("{name}.hex"))
}

fn golden_bytes(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(golden_file(name)).unwrap_or_else(|error| panic!("golden {name}: {error}"));
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}

fn write_missing(sample: &Sample) {
    if std::env::var_os("BOOMGATE_WRITE_GOLDEN").is_some() && !golden_file(sample.name).exists() {
        let text: Vec<String> = sample.bytes.chunks(32).map(hex::encode).collect();
        fs::write(golden_file(sample.name), text.join("\n") + "\n").unwrap();
    }
}

#[test]
fn every_sample_is_written_as_its_golden_bytes() {
    for sample in samples::all() {
        write_missing(&sample);
        assert_eq!(hex::encode(&sample.bytes), hex::encode(golden_bytes(sample.name)), "{}", sample.name);
    }
}

#[test]
fn every_golden_file_is_read_and_written_back_alike() {
    let mut read = 0;
    for entry in fs::read_dir(golden_file("x").parent().unwrap()).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        let sample = samples::all().into_iter().find(|sample| sample.name == name);
        let sample = sample.unwrap_or_else(|| panic!("golden {name} has no sample"));
        let bytes = golden_bytes(&name);
        assert_eq!((sample.rewrite)(&bytes).unwrap(), bytes, "{name}");
        read += 1;
    }
    assert_eq!(read, samples::all().len());
}

#[test]
fn every_golden_file_fits_the_grammar() {
    let grammar = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/messages.cddl")).unwrap();
    for sample in samples::all() {
        cddl_cat::validate_cbor_bytes(sample.rule, &grammar, &golden_bytes(sample.name))
            .unwrap_or_else(|error| panic!("{} against {}: {error}", sample.name, sample.rule));
    }
}

#[test]
fn the_grammar_refuses_what_the_decoder_refuses() {
    let grammar = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/messages.cddl")).unwrap();
    let wrong = strict::encode(&serde_json::json!({"have": "text"}));
    assert!(cddl_cat::validate_cbor_bytes("sync", &grammar, &wrong).is_err());
    assert!(boomgate_schemas::up::SyncRequest::decode(&wrong).is_err());
}

#[test]
fn a_view_beyond_its_limits_is_refused_by_grammar_and_decoder_alike() {
    let grammar = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/messages.cddl")).unwrap();
    let good = Hello::decode(&golden_bytes("hello-view")).unwrap();
    let seen = good.view.clone().unwrap();
    let dull = View { score: 101, ..seen.clone() };
    let crowded = View { plates: 1001, ..seen.clone() };
    let wordy = View { advice: "x".repeat(401), ..seen.clone() };
    for view in [dull, crowded, wordy, View { advice: String::new(), ..seen }] {
        let wrong = Hello { view: Some(view), ..good.clone() }.encode();
        assert!(cddl_cat::validate_cbor_bytes("hello", &grammar, &wrong).is_err(), "{wrong:?}");
        assert!(Hello::decode(&wrong).is_err());
    }
}

#[test]
fn a_lane_from_before_the_view_is_still_understood() {
    assert_eq!(Hello::decode(&golden_bytes("hello")).unwrap().view, None);
}

#[test]
fn a_lane_and_a_server_from_before_the_renumbering_are_still_understood() {
    assert_eq!(Hello::decode(&golden_bytes("hello")).unwrap().spool, None);
    assert_eq!(UpBatch::decode(&golden_bytes("up-passage")).unwrap().events[0].was, None);
    assert_eq!(Ack::decode(&golden_bytes("ack")).unwrap().above, None);
}

#[test]
fn unknown_fields_of_a_later_version_are_tolerated() {
    let later = strict::encode(&serde_json::json!({"have": 4, "later": true}));
    assert_eq!(boomgate_schemas::up::SyncRequest::decode(&later).unwrap().have, 4);
}

#[test]
fn the_asyncapi_document_names_every_topic_and_only_those() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/asyncapi.yaml")).unwrap();
    let document = &yaml_rust2::YamlLoader::load_from_str(&text).unwrap()[0];
    let channels = document["channels"].as_hash().unwrap();
    assert_eq!(channels.len(), Leaf::ALL.len());
    for leaf in Leaf::ALL {
        let address = document["channels"][leaf.as_str()]["address"].as_str().unwrap();
        assert_eq!(address, format!("bg/v1/{{site}}/{{lane}}/{}", leaf.as_str()));
        let reference = format!("#/channels/{}", leaf.as_str());
        let operations = document["operations"].as_hash().unwrap();
        let operation =
            operations.values().find(|one| one["channel"]["$ref"].as_str() == Some(&reference)).unwrap();
        let action = if leaf.is_from_lane() { "send" } else { "receive" };
        assert_eq!(operation["action"].as_str(), Some(action), "{reference}");
    }
}
