//! Lists, a page at a time.

use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T: ToSchema> {
    pub(crate) items: Vec<T>,
    /// Give this as `cursor` for the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
}

impl<T: ToSchema> Page<T> {
    /// A list that is never long.
    pub(crate) const fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }

    /// Of rows of which one more was read than a page holds, to know whether there is a next one.
    pub(crate) fn of<R, E>(
        mut rows: Vec<R>,
        limit: u16,
        cursor: impl Fn(&R) -> String,
        show: impl FnMut(R) -> Result<T, E>,
    ) -> Result<Self, E> {
        let more = rows.len() > usize::from(limit);
        rows.truncate(limit.into());
        let next_cursor = rows.last().filter(|_| more).map(cursor);
        Ok(Self { items: rows.into_iter().map(show).collect::<Result<_, E>>()?, next_cursor })
    }
}
