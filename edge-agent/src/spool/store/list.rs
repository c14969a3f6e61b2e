//! The offline list: plain entries by tag and kind, and those with terms as they travelled.

use boomgate_domain::listing::ListingKey;
use boomgate_schemas::bytes::Octets;
use boomgate_schemas::down::{ListEntry, ListKind, ListTerms};
use boomgate_schemas::strict;
use rusqlite::{Connection, OptionalExtension, params};

use super::singles::has_table;

/// Name of the number that says which list this is.
pub(super) const VERSION: &str = "list_version";

/// Whether the program that wrote the file before took entries with terms.
pub(super) fn knows_terms(connection: &Connection) -> rusqlite::Result<bool> {
    has_table(connection, "list_terms")
}

/// The list of a program that left terms out is not whole: the server sends it again.
pub(super) fn forget_version(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("delete from meta where name = ?1", [VERSION]).map(drop)
}

/// Takes a whole list in place of the old one.
pub(super) fn replace(change: &Connection, key: &Octets<32>, entries: &[ListTerms]) -> rusqlite::Result<()> {
    change.execute("delete from list_entry", [])?;
    change.execute("delete from list_terms", [])?;
    let mut insert = change
        .prepare_cached("insert or replace into list_entry (tag, kind, until_ms) values (?1, ?2, ?3)")?;
    let mut with_terms = change.prepare_cached("insert into list_terms (tag, body) values (?1, ?2)")?;
    for entry in entries {
        match entry.plain() {
            Some(plain) => {
                insert.execute(params![plain.tag.as_slice(), kind_name(plain.kind), plain.until_ms])?
            }
            None => with_terms.execute(params![entry.tag.as_slice(), strict::encode(entry)])?,
        };
    }
    change.execute("insert or replace into list_key (one, key) values (1, ?1)", [key.as_slice()]).map(drop)
}

/// The key of the list's tags, if there is a list.
pub(super) fn key(connection: &Connection) -> rusqlite::Result<Option<ListingKey>> {
    let key = connection.query_row("select key from list_key", [], |row| row.get(0)).optional()?;
    Ok(key.map(ListingKey::from_bytes))
}

/// The list's entries for a tag.
pub(super) fn entries(connection: &Connection, tag: &[u8; 16]) -> rusqlite::Result<Vec<ListTerms>> {
    let mut select = connection.prepare_cached("select kind, until_ms from list_entry where tag = ?1")?;
    let rows = select.query_map([tag.as_slice()], |row| {
        let kind: String = row.get(0)?;
        let kind = if kind == "block" { ListKind::Block } else { ListKind::Subscription };
        Ok(ListTerms::from(ListEntry { tag: Octets(*tag), kind, until_ms: row.get(1)? }))
    })?;
    let mut found = rows.collect::<Result<Vec<_>, _>>()?;
    if knows_terms(connection)? {
        let mut select = connection.prepare_cached("select body from list_terms where tag = ?1")?;
        for body in select.query_map([tag.as_slice()], |row| row.get::<_, Vec<u8>>(0))? {
            // One of a later program is a right that this one does not know.
            found.extend(strict::decode::<ListTerms>(&body?).ok());
        }
    }
    Ok(found)
}

const fn kind_name(kind: ListKind) -> &'static str {
    match kind {
        ListKind::Subscription => "subscription",
        ListKind::Block => "block",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::*;

    fn entry(tag: u8, kind: ListKind) -> ListTerms {
        ListTerms::from(ListEntry { tag: Octets([tag; 16]), kind, until_ms: None })
    }

    #[test]
    fn a_list_replaces_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("spool.db")).unwrap();
        let later = ListTerms { from_ms: Some(7), counted: true, ..entry(2, ListKind::Subscription) };
        store.replace_list(1, &Octets([1; 32]), &[entry(1, ListKind::Block)]).unwrap();
        let all = [entry(2, ListKind::Subscription), later.clone()];
        store.replace_list(2, &Octets([2; 32]), &all).unwrap();
        assert_eq!(store.listed(&[1; 16]).unwrap(), []);
        assert_eq!(store.listed(&[2; 16]).unwrap(), all);
        assert_eq!(store.list_key().unwrap(), Some(ListingKey::from_bytes([2; 32])));
        assert_eq!(store.begin().unwrap().list_version, 2);
    }

    #[test]
    fn the_list_of_a_program_that_left_terms_out_is_asked_for_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool.db");
        let mut store = Store::open(&path).unwrap();
        store.replace_list(8, &Octets([1; 32]), &[entry(1, ListKind::Block)]).unwrap();
        drop(store);
        let older = Connection::open(&path).unwrap();
        older.execute_batch("drop table list_terms").unwrap();
        drop(older);
        assert_eq!(
            Store::inspect(&path).unwrap().listed(&[1; 16]).unwrap().len(),
            1,
            "read without changing it"
        );
        let mut store = Store::open(&path).unwrap();
        assert_eq!(store.begin().unwrap().list_version, 0);
        assert_eq!(store.listed(&[1; 16]).unwrap().len(), 1, "until then what is known holds");
    }
}
