use proptest::prelude::*;

use super::*;

fn faults(text: &str) -> Vec<(i32, &'static str, &'static str)> {
    read(text.as_bytes()).unwrap().faults.iter().map(|one| (one.line, one.column, one.code)).collect()
}

#[test]
fn files_of_spreadsheets_are_read_whatever_separates_their_values() {
    for text in [
        "plate,contact_name,phone\r\nbö-ab 123,Ann,+421 900\r\n",
        "\u{feff}Plate;Contact name;Phone number\r\nbö-ab 123;Ann;'+421 900\r\n",
        "biển số\tTên\tđiện thoại\nbö-ab 123\tAnn\t+421 900",
        "plate,contact,phone,notes\n\"bö-ab 123\",\"Ann\",\" +421 900 \"\n\n,,,\n",
    ] {
        let file = read(text.as_bytes()).unwrap();
        assert_eq!((file.lines, file.faulty), (1, 0), "{text}");
        let facts = &file.vehicles[0].facts;
        assert_eq!(facts.plate.plate().as_str(), "BOAB123");
        assert_eq!(facts.plate.text(), "bö-ab 123", "what was typed is kept");
        assert_eq!((&*facts.contact_name, &*facts.phone), ("Ann", "+421 900"));
        assert_eq!(file.vehicles[0].line, 2);
    }
}

#[test]
fn every_fault_of_every_line_is_told_at_once() {
    let text = "plate,type,country,name\nAB1,plane,Slovakia,x\n,car,SK,y\nab-1,car,sk,z\nAB 2,CAR,sk,ok\nAB3,,,a,b\nA\u{7}4,,,\n";
    assert_eq!(
        faults(text),
        [
            (2, "country", "NO-COUNTRY"),
            (2, "vehicle_type", "NO-VEHICLE-TYPE"),
            (3, "plate", "NO-PLATE"),
            (4, "plate", "PLATE-TWICE"),
            (6, "notes", "TOO-MANY-VALUES"),
            (7, "plate", "NO-PLATE"),
        ]
    );
    let file = read(text.as_bytes()).unwrap();
    assert_eq!((file.lines, file.faulty, file.vehicles.len()), (6, 5, 1));
    assert_eq!(file.vehicles[0].facts.kind, Some(VehicleType::Car));
    let long = format!("plate,notes\nAB1,{}\n", "x".repeat(LONGEST_NOTES + 1));
    assert_eq!(faults(&long), [(2, "notes", "TOO-LONG")]);
}

#[test]
fn what_is_no_file_of_vehicles_is_refused_with_what_to_do() {
    let why = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert!(why(b"").contains("first line names the columns"));
    assert!(why(b"name,phone\n").contains("no column \"plate\""));
    assert!(why(b"plate,colour\n").contains("\"colour\", which is not known; known are plate, country"));
    assert!(why(b"plate,licence plate\n").contains("twice"));
    assert!(why(b"plate\nAB1\nM\xdcNCHEN\n").contains("line 3 is not UTF-8: save the file as \"CSV UTF-8\""));
}

#[test]
fn a_fault_counts_its_line_behind_values_over_several_lines() {
    let text = "plate,notes\nAB1,\"two\nlines\"\n??,x\n\n\n??,y\n";
    let wanted = [(4, "plate", "NO-PLATE"), (7, "plate", "NO-PLATE")];
    assert_eq!(faults(text), wanted);
    assert_eq!(
        faults(&text.replace('\n', "\r\n")),
        wanted,
        "a line was counted late where it ends with CR and LF"
    );
}

proptest! {
    #[test]
    fn any_bytes_are_a_file_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(file) = read(&bytes) {
            prop_assert_eq!(file.vehicles.len() + file.faulty, file.lines);
        }
    }

    #[test]
    fn any_lines_under_a_good_header_are_counted(body in "[A-Z0-9;,\"'\n\u{feff}ö=+-]{0,200}") {
        if let Ok(file) = read(format!("plate;country;notes\n{body}").as_bytes()) {
            prop_assert_eq!(file.vehicles.len() + file.faulty, file.lines);
        }
    }
}
