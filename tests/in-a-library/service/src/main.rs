//! An application that puts the metrics of two libraries on one page: see
//! `guide/in-a-library.md`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "prints its page")]

use std::convert::Infallible;

use in_a_library_cache::{Cache, CacheMetrics};
use in_a_library_jobs::Queue;
use tickmark::{RegisterError, Registry};

fn main() -> Result<(), RegisterError> {
    let registry = Registry::global();

    // Two caches: a prefix for each, and a label that all series of one have.
    let in_memory = registry.with_prefix("pages_").with_label("tier", "memory");
    let mut pages = Cache::new(CacheMetrics::register(&in_memory)?);
    let mut users = Cache::new(CacheMetrics::register(&registry.with_prefix("users_"))?);
    _ = pages.get("/home", || "welcome".to_owned());
    _ = pages.get("/home", || "welcome".to_owned());
    _ = users.get("7", || "Ada".to_owned());

    // Two queues: a label value for each, in one family.
    let (mail, reports) = (Queue::new(registry, "mail")?, Queue::new(registry, "reports")?);
    mail.push();
    mail.pop();
    reports.push();

    // Jobs record in statics.
    in_a_library_jobs::init_metrics();
    _ = in_a_library_jobs::run(|| Ok::<_, Infallible>("sent"));

    print!("{}", tickmark_text::Encoder::new(registry).encode_to_string());
    Ok(())
}
