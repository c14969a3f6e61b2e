//! The columns of a file of vehicles: their names, in the order in which they are exported.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Plate,
    Country,
    VehicleType,
    ContactName,
    Phone,
    Owner,
    Notes,
}

/// Each with its name in an export and other names people give it.
const NAMES: [(Column, &str, &[&str]); 7] = [
    (Column::Plate, "plate", &["license plate", "licence plate", "number plate", "registration", "biển số"]),
    (Column::Country, "country", &["quốc gia"]),
    (Column::VehicleType, "vehicle_type", &["type", "vehicle type", "loại xe"]),
    (Column::ContactName, "contact_name", &["contact", "contact name", "name", "driver", "tên", "họ tên"]),
    (Column::Phone, "phone", &["telephone", "phone number", "mobile", "điện thoại", "số điện thoại"]),
    (Column::Owner, "owner", &["company", "holder", "chủ xe", "công ty"]),
    (Column::Notes, "notes", &["note", "comment", "ghi chú"]),
];

impl Column {
    pub(super) const ALL: [Self; 7] = [
        Self::Plate,
        Self::Country,
        Self::VehicleType,
        Self::ContactName,
        Self::Phone,
        Self::Owner,
        Self::Notes,
    ];

    /// As it is called in an export.
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(column, ..)| *column == self).map_or("", |(_, name, _)| name)
    }

    /// By any of its names, in any case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let named = |(_, name, others): &&(Self, &str, &[&str])| *name == text || others.contains(&&*text);
        NAMES.iter().find(named).map(|(column, ..)| *column)
    }
}
