//! Which wire of a lane is on which pin, as configured; the same on every build, so that a file can be checked anywhere.

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

impl Wiring {
    /// What is wrong with it, each fault with the key it is about.
    pub fn faults(&self) -> Vec<(String, String)> {
        let pins = self.pins();
        let mut faults = Vec::new();
        for (index, (name, pin)) in pins.iter().enumerate() {
            if *pin > HIGHEST_PIN {
                faults.push((
                    name.clone(),
                    format!("pin {pin} is not on the header; BCM numbers go from 0 to 27"),
                ));
            }
            if let Some((other, _)) = pins[..index].iter().find(|(_, taken)| taken == pin) {
                faults.push((name.clone(), format!("pin {pin} is already used by {other}")));
            }
        }
        faults
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_used_twice_and_one_off_the_header_are_both_named() {
        let wiring: Wiring = toml::from_str(
            "arming = { pin = 5, active = 'low' }\nsafety = { pin = 5, active = 'low' }\n\
             boom_open = { pin = 13, active = 'low' }\nboom_closed = { pin = 19, active = 'low' }\n\
             fire = { pin = 26, active = 'high' }\nreset = { pin = 40, active = 'low' }\n\
             open_relay = { pin = 20, active = 'low' }\nclose_relay = { pin = 21, active = 'low' }",
        )
        .unwrap();
        let keys: Vec<String> = wiring.faults().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["safety", "reset"]);
    }
}
