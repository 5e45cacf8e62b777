//! How the work of another library differs.

/// A note applies to the operations and subjects that contain its words.
struct Note {
    chapter: &'static str,
    operation: &'static str,
    subject: &'static str,
    says: &'static str,
}

const fn note(
    chapter: &'static str,
    operation: &'static str,
    subject: &'static str,
    says: &'static str,
) -> Note {
    Note { chapter, operation, subject, says }
}

/// Every name contains the empty word; the first note that applies counts.
const NOTES: [Note; 12] = [
    note("", "", ", local", "not exact until flushed"),
    note("", "looked up", "prometheus", "by hash alone: label sets with equal hashes are merged"),
    note(
        "memory",
        "allocations of a later page",
        "",
        "one kept buffer for the whole page, not chunks",
    ),
    note("memory", "allocations of a histogram", "metrics", "keeps each value until its upkeep"),
    note(
        "memory",
        "bytes of a histogram",
        "metrics",
        "cells shared by threads, values kept until its upkeep",
    ),
    note("tails", "", "metrics", UPKEEP),
    note("record", "histogram", "metrics", UPKEEP),
    note("threads", "histogram", "metrics", UPKEEP),
    note("", "HTTP request", "metrics", UPKEEP),
    note("", "histogram of 11 bounds", "hdrhistogram", "no sum, fixed bounds"),
    note("", "histogram of 11 bounds", "metriken", "no sum, fixed bounds"),
    note("", "HTTP request", "metriken", "no sums, fixed bounds"),
];

const UPKEEP: &str = "keeps each value and sums up in its upkeep, which is not timed";

/// Why some libraries stay ahead with the same work.
const STAYS: [Note; 5] = [
    note(
        "record",
        "closed labels",
        "prometheus, in an array",
        "one locked add by an index, contended by threads",
    ),
    note("record", "closed labels", "measured", "one locked add by an index, contended by threads"),
    note(
        "record",
        "closed labels",
        "metriken, sharded",
        "one locked add by an index, in the thread's shard",
    ),
    note("memory", "bytes of a", "", "cells shared by threads, which contend"),
    note("memory", "10,000 histograms, recorded", "", "cells shared by threads, which contend"),
];

/// Returns how a subject's work differs, if it is not the same work done as exactly.
pub(crate) fn difference(chapter: &str, operation: &str, subject: &str) -> Option<&'static str> {
    first(&NOTES, chapter, operation, subject)
}

/// Returns why a subject stays ahead with the same work, if known.
pub(crate) fn stays(chapter: &str, operation: &str, subject: &str) -> Option<&'static str> {
    first(&STAYS, chapter, operation, subject)
}

fn first(notes: &[Note], chapter: &str, operation: &str, subject: &str) -> Option<&'static str> {
    let is_library = |word: &str| {
        // `prometheus` is not `prometheus-client`, and `metrics` is not part of a name.
        word.starts_with(',') && subject.contains(word)
            || subject.strip_prefix(word).is_some_and(|rest| !rest.starts_with('-'))
    };
    let holds = |note: &&Note| {
        chapter.contains(note.chapter)
            && operation.contains(note.operation)
            && is_library(note.subject)
    };
    notes.iter().find(holds).map(|note| note.says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_with_similar_names_are_distinct() {
        let looked_up = "counter by 3 labels, looked up";
        assert!(difference("record", looked_up, "prometheus").is_some());
        assert!(difference("record", looked_up, "prometheus-client").is_none());
        assert!(difference("record", looked_up, "fastmetrics, static labels").is_none());
    }

    #[test]
    fn local_metrics_are_noted_in_every_operation() {
        for operation in
            ["counter, handle", "histogram of 11 bounds, handle", "counter by 2 closed labels"]
        {
            let says = difference("record", operation, "prometheus, in an array, local");
            assert_eq!(says, Some("not exact until flushed"));
        }
    }

    #[test]
    fn memory_has_notes_of_its_own() {
        let metrics = difference(
            "memory",
            "bytes of a histogram of 11 bounds, after one record a thread",
            "metrics",
        );
        assert_eq!(metrics, Some("cells shared by threads, values kept until its upkeep"));
        let page =
            difference("memory", "allocations of a later page, 10,000 histograms", "measured");
        assert_eq!(page, Some("one kept buffer for the whole page, not chunks"));
    }

    #[test]
    fn shared_cells_are_the_same_work() {
        let operation = "bytes of a counter, after one record a thread";
        assert_eq!(difference("memory", operation, "prometheus"), None);
        assert!(stays("memory", operation, "prometheus").is_some());
    }

    #[test]
    fn upkeep_is_noted_where_values_are_recorded() {
        assert!(difference("threads", "histogram of 11 bounds, handle", "metrics").is_some());
        assert_eq!(difference("pages", "histograms, warm", "metrics"), None);
    }

    #[test]
    fn same_work_has_no_note() {
        assert_eq!(difference("record", "counter by 2 closed labels", "measured"), None);
        assert_eq!(difference("record", "histogram of 11 bounds, handle", "prometheus"), None);
    }
}
