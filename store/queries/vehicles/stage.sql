copy staged_vehicles (line, id, plate, plate_typed, country, vehicle_type, contact_name, phone, owner, notes, people_key) from stdin (format binary)
