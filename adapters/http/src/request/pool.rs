//! A pool of records for each thread.

use std::cell::RefCell;
use std::sync::Arc;

use http::Version;

use super::record::{InService, RequestRecord};
use super::trail::Trail;
use crate::labels::method::MethodLabel;
use crate::series::route::RouteId;

/// The limit of blank records in a thread's pool. A thread that ends more requests than
/// it begins, as happens where tasks move, frees the rest.
const MOST_SPARE: usize = 64;

thread_local! {
    /// Blank records; the one used last is last.
    #[expect(clippy::vec_box, reason = "a record must not move")]
    static SPARE: RefCell<Vec<Box<RequestRecord>>> = const { RefCell::new(Vec::new()) };
}

/// A pointer to the record of a request, or none. Dropping it ends the request.
///
/// Moving the record itself would copy it right after it is written, by reads as wide as
/// several fields. Such a read waits for all the stores.
#[derive(Debug, Default)]
pub(crate) struct PooledRecord(Option<Box<RequestRecord>>);

impl PooledRecord {
    /// Enters the service; see [`RequestRecord::enter_service`].
    #[inline(always)]
    pub(crate) fn enter_service(&mut self) -> Option<InService<'_>> {
        self.get()?.enter_service()
    }

    #[inline]
    pub(crate) fn get(&mut self) -> Option<&mut RequestRecord> {
        self.0.as_deref_mut()
    }

    /// Takes the record of a request whose body has not ended.
    #[inline]
    pub(crate) fn take_sending(&mut self) -> Self {
        Self(self.0.take_if(|record| record.is_sending()))
    }

    /// Begins a request.
    #[inline(never)]
    pub(crate) fn begin(
        known: Option<RouteId>,
        unmatched: RouteId,
        method: MethodLabel,
        version: Version,
        trail: Option<Arc<Trail>>,
    ) -> Self {
        let mut record = take(unmatched);
        record.begin(known, unmatched, method, version, trail);
        Self(Some(record))
    }

    /// Begins to forward labels to the record in another task.
    pub(crate) fn begin_elsewhere(unset: RouteId, trail: Arc<Trail>) -> Self {
        let mut record = take(unset);
        record.begin_elsewhere(unset, trail);
        Self(Some(record))
    }
}

impl Drop for PooledRecord {
    #[inline]
    fn drop(&mut self) {
        if let Some(record) = self.0.take() {
            give_back(record);
        }
    }
}

/// Takes a blank record from the pool, or allocates one.
#[inline]
fn take(route: RouteId) -> Box<RequestRecord> {
    // Not accessible while the thread exits.
    let spare = SPARE.try_with(|spare| spare.borrow_mut().pop()).ok().flatten();
    spare.unwrap_or_else(|| Box::new(RequestRecord::blank(route)))
}

fn give_back(mut record: Box<RequestRecord>) {
    // Ends it before the list is borrowed, so that no other code runs under the borrow.
    record.end();
    _ = SPARE.try_with(|spare| {
        let mut spare = spare.borrow_mut();
        if spare.len() < MOST_SPARE {
            spare.push(record);
        }
    });
}

#[cfg(test)]
mod tests {
    use tickmark::Registry;

    use super::*;
    use crate::series::families::Families;
    use crate::series::settings::Settings;

    #[test]
    fn ended_record_keeps_no_trail() {
        let families = Families::register(&Registry::new(), &Settings::default()).unwrap();
        let unmatched = RouteId::leak(Box::leak(Box::new(families)), "unmatched", false);
        let trail = Arc::new(Trail::default());
        let (method, version) = (MethodLabel::Get, Version::HTTP_11);
        let records = [
            PooledRecord::begin(None, unmatched, method, version, Some(Arc::clone(&trail))),
            PooledRecord::begin_elsewhere(unmatched, Arc::clone(&trail)),
        ];
        assert_eq!(Arc::strong_count(&trail), 3);
        drop(records);
        assert_eq!(Arc::strong_count(&trail), 1);
    }
}
