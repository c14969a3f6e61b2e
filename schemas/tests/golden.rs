//! Frozen bytes, grammar, AsyncAPI and code are held together here.
//!
//! To add a message: add its sample below, run with `BOOMGATE_WRITE_GOLDEN=1` once, and commit the new file. Existing
//! files are never edited: lanes in the field send and expect these bytes.
#![allow(clippy::unwrap_used, reason = "a test")]

mod samples;

use std::fs;
use std::path::PathBuf;

use boomgate_schemas::down::Ack;
use boomgate_schemas::strict;
use boomgate_schemas::topic::Leaf;
use boomgate_schemas::up::{
    CommandResult, Event, EventBody, Gap, Hello, ReportedMode, SyncRequest, UpBatch, View,
};
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
    assert!(SyncRequest::decode(&wrong).is_err());
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

/// A hello with one number changed.
fn odd_hellos() -> Vec<Hello> {
    let good = || Hello::decode(&golden_bytes("hello")).unwrap();
    vec![
        Hello { uptime_ms: u64::MAX, ..good() },
        Hello { wall_ms: i64::MAX, ..good() },
        Hello { wall_ms: i64::MIN, ..good() },
        Hello { next_seq: 1 << 53, ..good() },
        Hello { next_seq: 0, ..good() },
        Hello { acked_seq: 1 << 53, ..good() },
        Hello { backlog: u64::MAX, ..good() },
        Hello { command_counter: u64::MAX, ..good() },
        Hello { command_counter: 1 << 53, ..good() },
        Hello { list_version: i64::MAX as u64, ..good() },
        Hello { faults: vec!["FAULT-CAMERA".into(); 65], ..good() },
        Hello { lane_mode: Some(ReportedMode { version: 1 << 53, mode: "open".into() }), ..good() },
    ]
}

/// An event with one number changed.
fn odd_events() -> Vec<Event> {
    let good = || UpBatch::decode(&golden_bytes("up-fault")).unwrap().events.remove(0);
    let EventBody::Result(result) = &UpBatch::decode(&golden_bytes("up-result")).unwrap().events[0].body
    else {
        panic!("up-result holds a result")
    };
    let gap = |first, last| EventBody::Gap(Gap { first, last, reason: "crash".into() });
    vec![
        Event { seq: 1 << 53, ..good() },
        Event { seq: u64::MAX, ..good() },
        Event { seq: 0, ..good() },
        Event { was: Some(0), ..good() },
        Event { was: Some(u64::MAX), ..good() },
        Event { at_ms: i64::MAX, ..good() },
        Event { uptime_ms: u64::MAX, ..good() },
        Event { body: EventBody::Result(CommandResult { counter: u64::MAX, ..result.clone() }), ..good() },
        Event { body: gap(0, 5), ..good() },
        Event { seq: 9, body: gap(u64::MAX, u64::MAX), ..good() },
    ]
}

#[test]
fn a_number_near_the_end_of_its_integer_was_believed() {
    let grammar = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/messages.cddl")).unwrap();
    for odd in odd_hellos() {
        let bytes = odd.encode();
        assert!(Hello::decode(&bytes).is_err(), "{odd:?}");
        assert!(cddl_cat::validate_cbor_bytes("hello", &grammar, &bytes).is_err(), "{odd:?}");
    }
    for odd in odd_events() {
        let bytes = UpBatch { events: vec![odd.clone()] }.encode();
        assert!(UpBatch::decode(&bytes).is_err(), "{odd:?}");
        assert!(cddl_cat::validate_cbor_bytes("up", &grammar, &bytes).is_err(), "{odd:?}");
    }
    let ack = Ack { above: Some(u64::MAX), ..Ack::decode(&golden_bytes("ack")).unwrap() };
    assert!(Ack::decode(&ack.encode()).is_err());
    let sync = SyncRequest { have: u64::MAX }.encode();
    assert!(SyncRequest::decode(&sync).is_err());
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
    assert_eq!(SyncRequest::decode(&later).unwrap().have, 4);
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
