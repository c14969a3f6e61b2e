//! Which wire of a lane is on which pin, as configured; the same on every build, so that a file can be checked anywhere.

use std::ops::RangeInclusive;

use serde::Deserialize;

/// Header pins by BCM number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wiring {
    pub arming: InputWire,
    pub safety: InputWire,
    #[serde(default)]
    pub photocell: Option<InputWire>,
    pub boom_open: InputWire,
    pub boom_closed: InputWire,
    pub fire: InputWire,
    pub reset: InputWire,
    /// Opens on the spot, whatever the server says.
    #[serde(default)]
    pub key_switch: Option<InputWire>,
    pub open_relay: OutputWire,
    pub close_relay: OutputWire,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputWire {
    pub pin: u8,
    /// The level that means occupied, open, closed, fire or pressed.
    pub active: Active,
    /// The detector's own fault contact; active means the line cannot be trusted.
    #[serde(default)]
    pub fault_pin: Option<u8>,
    #[serde(default)]
    pub fault_active: Active,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputWire {
    pub pin: u8,
    /// The level that energises the relay.
    pub active: Active,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Active {
    #[default]
    High,
    Low,
}

/// Highest BCM number on a 40-pin header.
const HIGHEST_PIN: u8 = 27;
/// Pins that are pulled up until a program says otherwise; all others are pulled down (BCM2835 and later, "GPIO pull-up").
const PULLED_UP: RangeInclusive<u8> = 0..=8;
/// Read by the firmware at boot to learn what board is plugged on.
const ID_EEPROM: RangeInclusive<u8> = 0..=1;
/// SDA and SCL, with resistors to 3.3 V on the board.
const I2C: RangeInclusive<u8> = 2..=3;
/// TXD and RXD; the console speaks on them at boot unless it is switched off.
const UART: RangeInclusive<u8> = 14..=15;

impl Wiring {
    /// What is wrong with it, each fault with the key it is about.
    pub fn faults(&self) -> Vec<(String, String)> {
        let pins = self.pins();
        let mut faults = Vec::new();
        for (index, (name, pin)) in pins.iter().enumerate() {
            if *pin > HIGHEST_PIN {
                let what = format!("pin {pin} is not on the header; BCM numbers go from 0 to 27");
                faults.push((name.clone(), what));
            }
            if ID_EEPROM.contains(pin) {
                let what = format!("pin {pin} belongs to the board's ID EEPROM; take one from 4 to 27");
                faults.push((name.clone(), what));
            }
            if let Some((other, _)) = pins[..index].iter().find(|(_, taken)| taken == pin) {
                faults.push((name.clone(), format!("pin {pin} is already used by {other}")));
            }
        }
        let relays = [("open_relay", &self.open_relay), ("close_relay", &self.close_relay)];
        faults.extend(relays.into_iter().filter_map(|(name, relay)| Some((name.to_owned(), relay.fault()?))));
        faults
    }

    /// What works only if the Pi is set up for it.
    pub fn warnings(&self) -> Vec<(String, String)> {
        let bus = |pin: u8| match pin {
            _ if I2C.contains(&pin) => Some("I2C (fixed pull-ups on the board); keep dtparam=i2c_arm=off"),
            _ if UART.contains(&pin) => Some("the serial port; keep enable_uart=0 and the console off it"),
            _ => None,
        };
        let pins = self.pins().into_iter();
        pins.filter_map(|(name, pin)| Some((name, format!("pin {pin} is also {}", bus(pin)?)))).collect()
    }

    fn pins(&self) -> Vec<(String, u8)> {
        let inputs = [
            ("arming", Some(&self.arming)),
            ("safety", Some(&self.safety)),
            ("photocell", self.photocell.as_ref()),
            ("boom_open", Some(&self.boom_open)),
            ("boom_closed", Some(&self.boom_closed)),
            ("fire", Some(&self.fire)),
            ("reset", Some(&self.reset)),
            ("key_switch", self.key_switch.as_ref()),
        ];
        let wires = inputs.iter().filter_map(|(name, wire)| Some((*name, (*wire)?)));
        let mut pins: Vec<(String, u8)> = Vec::new();
        for (name, wire) in wires {
            pins.push((name.to_owned(), wire.pin));
            pins.extend(wire.fault_pin.map(|pin| (format!("{name}.fault_pin"), pin)));
        }
        pins.push(("open_relay".to_owned(), self.open_relay.pin));
        pins.push(("close_relay".to_owned(), self.close_relay.pin));
        pins
    }
}

impl OutputWire {
    /// From power on until this program has the pin, its pull decides what the relay does.
    fn fault(&self) -> Option<String> {
        let (pin, at_boot) =
            (self.pin, if PULLED_UP.contains(&self.pin) { Active::High } else { Active::Low });
        if UART.contains(&pin) {
            return Some(format!(
                "pin {pin} is the serial port, which speaks at boot: the boom would move with it"
            ));
        }
        (self.active == at_boot && pin <= HIGHEST_PIN && !ID_EEPROM.contains(&pin)).then(|| {
            let (pull, level, other, range) = match at_boot {
                Active::High => ("up", "high", "low", "9 to 27"),
                Active::Low => ("down", "low", "high", "4 to 8"),
            };
            format!(
                "pin {pin} is pulled {pull} from power on until the program starts, and active = \"{level}\" energises the \
                 relay by just that: the boom would move at every boot. Take a relay with active = \"{other}\", or a pin \
                 from {range}"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wiring(arming: u8, reset: u8, open: &str, close: &str) -> Wiring {
        toml::from_str(&format!(
            "arming = {{ pin = {arming}, active = 'low' }}\nsafety = {{ pin = 5, active = 'low' }}\n\
             boom_open = {{ pin = 13, active = 'low' }}\nboom_closed = {{ pin = 19, active = 'low' }}\n\
             fire = {{ pin = 26, active = 'high' }}\nreset = {{ pin = {reset}, active = 'low' }}\n\
             open_relay = {{ {open} }}\nclose_relay = {{ {close} }}"
        ))
        .unwrap()
    }

    fn keys(found: Vec<(String, String)>) -> Vec<String> {
        found.into_iter().map(|(key, _)| key).collect()
    }

    const GOOD: [&str; 2] = ["pin = 20, active = 'high'", "pin = 21, active = 'high'"];

    #[test]
    fn a_pin_used_twice_and_one_off_the_header_are_both_named() {
        assert_eq!(keys(wiring(5, 40, GOOD[0], GOOD[1]).faults()), ["safety", "reset"]);
        assert_eq!(keys(wiring(4, 21, GOOD[0], GOOD[1]).faults()), ["close_relay"]);
    }

    #[test]
    fn a_relay_that_its_pin_energises_at_boot_is_refused() {
        for (pin, active, right) in [
            (4, "low", true),
            (4, "high", false),
            (8, "high", false),
            (8, "low", true),
            (9, "low", false),
            (9, "high", true),
            (23, "low", false),
            (27, "high", true),
            (14, "high", false),
            (15, "low", false),
        ] {
            let open = format!("pin = {pin}, active = '{active}'");
            let faults = wiring(6, 25, &open, GOOD[1]).faults();
            assert_eq!(faults.is_empty(), right, "{open}: {faults:?}");
            assert!(
                faults.iter().all(|(key, what)| key == "open_relay" && what.contains("boot")),
                "{faults:?}"
            );
        }
    }

    #[test]
    fn pins_with_another_use_are_refused_or_warned_of() {
        let taken = wiring(1, 3, GOOD[0], GOOD[1]);
        assert_eq!(
            (keys(taken.faults()), keys(taken.warnings())),
            (vec!["arming".into()], vec!["reset".into()])
        );
        assert_eq!(keys(wiring(15, 25, GOOD[0], GOOD[1]).warnings()), ["arming"]);
        assert!(wiring(6, 25, GOOD[0], GOOD[1]).warnings().is_empty());
    }
}
