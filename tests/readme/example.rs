use std::time::Duration;
use tickmark::{Bounds, RegisterError, Registry};

fn main() -> Result<(), RegisterError> {
    let registry = Registry::new();
    let served = registry.counter_family("pages_served_total", "Pages served.", ["page"])?;
    let bounds = Bounds::seconds([0.005, 0.05, 0.5])?;
    let latency = registry.histogram("page_seconds", "Time to serve a page.", &bounds)?;

    served.with(["/home"]).inc();
    latency.observe_duration(Duration::from_millis(12));

    print!("{}", tickmark_text::Encoder::new(&registry).encode_to_string());
    Ok(())
}
