//! The families and series of each preset. Services are polled by hand.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use std::convert::Infallible;
use std::future::pending;

use http::{Method, Request, Response, StatusCode};
use support::{Always, Reply, call, lines, names, ok, request};
use tickmark::{RegisterError, Registry};
use tickmark_http::{HttpMetric, HttpMetrics, HttpMetricsBuilder, MetricsLayer, Preset};
use tower::{Layer, Service, service_fn};

/// Returns whether the engine exposes this family.
fn is_own(name: &str) -> bool {
    name.starts_with("tickmark_")
}

/// Returns the registry after three requests to a route: an answer of 7 bytes, a 503, and
/// a cancelled request.
fn after_three(settings: HttpMetricsBuilder) -> Registry {
    let registry = Registry::new();
    let metrics = settings.build(&registry).unwrap();
    let layer = MetricsLayer::with_routes(metrics, Always(metrics.route("/a/{id}")));
    let seven = async |_: Request<String>| Ok::<_, Infallible>(Response::new("1234567".to_owned()));
    let down = async |_: Request<String>| {
        let response =
            Response::builder().status(StatusCode::SERVICE_UNAVAILABLE).body(String::new());
        Ok::<_, Infallible>(response.unwrap())
    };
    support::read(call(&mut layer.layer(service_fn(seven))));
    support::read(call(&mut layer.layer(service_fn(down))));
    let never = |_: Request<String>| pending::<Result<Reply, Infallible>>();
    drop(layer.layer(service_fn(never)).call(request()));
    registry
}

#[test]
fn presets_expose_their_names() {
    let of = |preset: Preset| {
        let registry = after_three(HttpMetrics::builder().preset(preset).only_listed(true));
        names(&registry).into_iter().filter(|name| !is_own(name)).collect::<Vec<_>>()
    };
    assert_eq!(
        of(Preset::DEFAULT),
        [
            "http_request_duration_seconds",
            "http_request_size_bytes",
            "http_requests",
            "http_requests_aborted",
            "http_requests_in_flight",
            "http_response_size_bytes",
            "metrics_routes_overflow",
        ]
    );
    assert_eq!(
        of(Preset::OTEL),
        [
            "http_server_active_requests",
            "http_server_request_body_size_bytes",
            "http_server_request_duration_seconds",
            "http_server_response_body_size_bytes",
            "metrics_routes_overflow",
        ]
    );
    assert_eq!(
        of(Preset::AXUM),
        [
            "axum_http_requests",
            "axum_http_requests_duration_seconds",
            "axum_http_requests_pending",
            "axum_http_response_body_size",
            "axum_metrics_routes_overflow",
        ]
    );
    assert_eq!(
        of(Preset::EMMETT),
        ["emmett_metrics_routes_overflow", "emmett_request_count", "emmett_request_latency"]
    );
}

#[test]
fn unlisted_metrics_keep_default_names() {
    let registry = after_three(HttpMetrics::builder().preset(Preset::AXUM));
    assert_eq!(
        lines(&registry, "axum_http_requests_aborted_total"),
        [r#"axum_http_requests_aborted_total{path="/a/{id}",reason="cancelled"} 1"#]
    );
    assert_eq!(
        lines(&registry, "axum_http_request_size_bytes_count"),
        [r#"axum_http_request_size_bytes_count{method="GET",path="/a/{id}"} 2"#]
    );
    let registry = after_three(HttpMetrics::builder().preset(Preset::EMMETT).prefix("shop_"));
    assert_eq!(
        lines(&registry, "shop_http_requests_in_flight"),
        [r#"shop_http_requests_in_flight{method="GET"} 0"#],
        "a set prefix replaces that of the preset"
    );
}

/// Bounds have the form of the library whose dashboards the preset serves: before
/// Prometheus 3, `1` and `1.0` are two series.
#[test]
fn presets_write_bounds_as_their_libraries() {
    let rows = [
        (
            Preset::AXUM,
            "axum_http_requests_duration_seconds_bucket",
            ["0.5", "1", "2.5", "5", "10"],
        ),
        (
            Preset::DEFAULT,
            "http_request_duration_seconds_bucket",
            ["0.5", "1.0", "2.5", "5.0", "10.0"],
        ),
        (
            Preset::EMMETT,
            "emmett_request_latency_bucket",
            ["35.0", "100.0", "200.0", "500.0", "1000.0"],
        ),
    ];
    let bounds = |registry: &Registry, name: &str| -> Vec<String> {
        let buckets =
            lines(registry, name).into_iter().filter(|line| line.contains(r#"status="200""#));
        let bound = |line: String| {
            line.split_once("le=\"").unwrap().1.split('"').next().unwrap().to_owned()
        };
        buckets.map(bound).filter(|bound| bound != "+Inf").collect()
    };
    for (preset, name, expected) in rows {
        let builder = || HttpMetrics::builder().preset(preset).status_on_duration(true);
        assert!(
            bounds(&after_three(builder()), name).ends_with(&expected.map(str::to_owned)),
            "{name}"
        );
        // The setting overrides the preset.
        let plain = bounds(&after_three(builder().plain_bounds(true)), name);
        assert!(
            plain.ends_with(&expected.map(|bound| bound.trim_end_matches(".0").to_owned())),
            "{plain:?}"
        );
        let floats = bounds(&after_three(builder().plain_bounds(false)), name);
        assert!(floats.last().is_some_and(|last| last.ends_with(".0")), "{floats:?}");
    }
}

#[test]
fn otel_preset_exposes_its_series() {
    let registry = after_three(HttpMetrics::builder().preset(Preset::OTEL).url_scheme("https"));
    let labels = r#"http_request_method="GET",http_route="/a/{id}""#;
    let count = "http_server_request_duration_seconds_count";
    let with_status = |status: &str, error: &str| {
        let rest = format!(r#"url_scheme="https",error_type="{error}""#);
        format!(r#"{count}{{{labels},http_response_status_code="{status}",{rest}}} 1"#)
    };
    assert_eq!(lines(&registry, count), [with_status("200", ""), with_status("503", "503"),]);
    assert_eq!(
        lines(&registry, "http_server_active_requests"),
        [r#"http_server_active_requests{http_request_method="GET",url_scheme="https"} 0"#]
    );
    let sum = "http_server_response_body_size_bytes_sum";
    assert_eq!(lines(&registry, sum), [format!(r#"{sum}{{{labels},url_scheme="https"}} 7"#)]);
    let buckets = lines(&registry, "http_server_request_duration_seconds_bucket");
    assert_eq!(buckets.len(), 2 * 15, "{buckets:?}");
    assert!(buckets.iter().any(|bucket| bucket.contains(r#"le="0.075""#)));
}

#[test]
fn axum_preset_exposes_its_series() {
    let registry = after_three(HttpMetrics::builder().preset(Preset::AXUM));
    let total = "axum_http_requests_total";
    let with = |status: u16, count: u8| {
        format!(r#"{total}{{method="GET",status="{status}",endpoint="/a/{{id}}"}} {count}"#)
    };
    assert_eq!(lines(&registry, total), [with(200, 1), with(499, 1), with(503, 1)]);
    let count = "axum_http_requests_duration_seconds_count";
    assert_eq!(
        lines(&registry, count),
        [200, 503].map(|status| format!(
            r#"{count}{{method="GET",status="{status}",endpoint="/a/{{id}}"}} 1"#
        ))
    );
    let pending = "axum_http_requests_pending";
    assert_eq!(
        lines(&registry, pending),
        [format!(r#"{pending}{{method="GET",endpoint="/a/{{id}}"}} 0"#)]
    );
    let size = "axum_http_response_body_size_sum";
    assert_eq!(
        lines(&registry, size),
        [format!(r#"{size}{{method="GET",endpoint="/a/{{id}}"}} 7"#)]
    );
}

#[test]
fn pending_requests_keep_their_first_endpoint() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().preset(Preset::AXUM).build(&registry).unwrap();
    let (outer, nested) = (metrics.route("/api/{*rest}"), metrics.route("/api/users"));
    let layer = MetricsLayer::with_routes(metrics, Always(outer));
    let mut service = layer.layer(service_fn(|_: Request<String>| {
        _ = tickmark_http::set_route(nested);
        std::future::ready(ok())
    }));
    let response = call(&mut service);
    let pending = |count: u8| {
        [format!(r#"axum_http_requests_pending{{method="GET",endpoint="/api/{{*rest}}"}} {count}"#)]
    };
    assert_eq!(
        lines(&registry, "axum_http_requests_pending"),
        pending(0),
        "an empty body ends with the head"
    );
    support::read(response);
    let mut service = layer.layer(service_fn(move |_: Request<String>| {
        _ = tickmark_http::set_route(nested);
        pending_reply()
    }));
    let future = service.call(request());
    assert_eq!(lines(&registry, "axum_http_requests_pending"), pending(1));
    drop(future);
    assert_eq!(lines(&registry, "axum_http_requests_pending"), pending(0));
    let total = "axum_http_requests_total";
    let with = |status: u16| {
        format!(r#"{total}{{method="GET",status="{status}",endpoint="/api/users"}} 1"#)
    };
    assert_eq!(lines(&registry, total), [with(200), with(499)]);
}

fn pending_reply() -> std::future::Pending<Result<Reply, Infallible>> {
    pending()
}

#[test]
fn emmett_preset_exposes_milliseconds() {
    let registry = after_three(HttpMetrics::builder().preset(Preset::EMMETT).time_all(true));
    let total = "emmett_request_count_total";
    assert_eq!(
        lines(&registry, total),
        [200, 499, 503].map(|status| format!(
            r#"{total}{{method="GET",route="/a/{{id}}",status="{status}"}} 1"#
        ))
    );
    let bounds: Vec<_> = lines(&registry, "emmett_request_latency_bucket")
        .iter()
        .filter(|line| line.contains(r#"status="200""#))
        .map(|line| line.split("le=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(bounds, ["5.0", "35.0", "100.0", "200.0", "500.0", "1000.0", "+Inf"]);

    // A duration of 40 ms lies between 35 and 100, and not between 0.035 and 0.1.
    let registry = Registry::new();
    let metrics = HttpMetrics::builder().preset(Preset::EMMETT).build(&registry).unwrap();
    let mut service = metrics.layer().layer(service_fn(|_: Request<String>| {
        std::thread::sleep(std::time::Duration::from_millis(40));
        std::future::ready(ok())
    }));
    drop(call(&mut service));
    let sum = lines(&registry, "emmett_request_latency_sum");
    let sum: f64 = sum[0].rsplit_once(' ').unwrap().1.parse().unwrap();
    assert!(sum >= 40.0, "{sum} milliseconds");
    let below_35 =
        r#"emmett_request_latency_bucket{method="GET",route="unmatched",status="200",le="35.0"} 0"#;
    assert!(lines(&registry, "emmett_request_latency_bucket").contains(&below_35.to_owned()));
}

#[test]
fn exposed_route_has_the_preset_series() {
    let registry = Registry::new();
    let metrics = HttpMetrics::builder()
        .preset(Preset::EMMETT)
        .only_listed(true)
        .exposed_statuses([StatusCode::CREATED])
        .build(&registry)
        .unwrap();
    metrics.expose_route(&Method::POST, "/a");
    assert_eq!(
        lines(&registry, "emmett_request_count_total"),
        [r#"emmett_request_count_total{method="POST",route="/a",status="201"} 0"#]
    );
    assert_eq!(
        lines(&registry, "emmett_request_latency_count"),
        [r#"emmett_request_latency_count{method="POST",route="/a",status="201"} 0"#]
    );
}

#[test]
fn unlisted_metric_can_be_enabled() {
    let registry = after_three(
        HttpMetrics::builder()
            .preset(Preset::EMMETT)
            .only_listed(true)
            .enable(HttpMetric::RequestsAborted),
    );
    assert_eq!(lines(&registry, "emmett_http_requests_aborted_total").len(), 1);
    assert_eq!(lines(&registry, "emmett_http_requests_in_flight").len(), 0);
}

#[test]
fn invalid_bounds_register_nothing() {
    let registry = Registry::new();
    let error = HttpMetrics::builder().duration_bounds([2.0, 1.0]).build(&registry).unwrap_err();
    assert!(matches!(error, RegisterError::InvalidSetting { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "invalid duration_bounds: invalid bound 1.0: must be above 2.0 before it"
    );
    let error = HttpMetrics::builder().size_bounds([-1.0]).build(&registry).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid size_bounds: invalid bound -1.0: must not be negative",
        "no other type of bounds is advised"
    );
    assert!(names(&registry).iter().all(|name| is_own(name)));
}
