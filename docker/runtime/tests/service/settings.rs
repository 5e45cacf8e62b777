use std::net::TcpListener;

use crate::program::{Serving, client, read, rejected};

#[test]
fn invalid_values_end_it_with_one_line() {
    let table = [
        ("RUNTIME_ADDR", "nowhere"),
        ("METRICS_ADDR", "127.0.0.1"),
        ("METRICS_ROUTE_PATH", "metrics"),
        ("METRICS_ROUTE_PATH", "/health"),
        ("METRICS_PREFIX", "9_"),
        ("ENABLE_HTTP_METRICS", "maybe"),
        ("ENABLE_WS_METRICS", "yes"),
        ("ENABLE_SYS_METRICS", "1"),
        ("SHUTDOWN_SECONDS", "soon"),
    ];
    for (variable, value) in table {
        assert_rejected(variable, value, " ");
    }
}

#[test]
fn taken_addresses_end_it_with_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    assert_rejected("RUNTIME_ADDR", &addr, &format!(": cannot bind {addr}: "));
    assert_rejected("METRICS_ADDR", &addr, &format!(": cannot bind {addr}: "));
}

fn assert_rejected(variable: &str, value: &str, problem: &str) {
    let output = rejected(&[(variable, value)]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{variable}={value}: {error}");
    assert!(error.starts_with(&format!("{variable}={value:?}{problem}")), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn service_serves_the_metrics_by_default() {
    let serving = Serving::start(&[]);
    assert_eq!(serving.metrics, format!("{}/metrics", serving.service));
    assert!(serving.page().contains("emmett_http_requests_total{"));
    assert!(read(&serving.service).contains("href=\"/metrics\""));
}

#[test]
fn separate_listener_serves_metrics_only() {
    let settings = [("METRICS_ADDR", "127.0.0.1:0"), ("METRICS_ROUTE_PATH", "/internal")];
    let serving = Serving::start(&settings);
    assert!(serving.page().contains("emmett_http_requests_total{"));
    assert!(read(&serving.service).contains(&format!("href=\"{}\"", serving.metrics)));
    let elsewhere =
        [format!("{}/internal", serving.service), serving.metrics.replace("internal", "health")];
    for url in elsewhere {
        let response = client().get(&url).call().unwrap();
        assert_eq!(response.status().as_u16(), 404, "{url}");
    }
}

#[test]
fn unspecified_address_is_not_linked() {
    let serving = Serving::start(&[("METRICS_ADDR", "0.0.0.0:0")]);
    let (_, port) = serving.metrics.trim_end_matches("/metrics").rsplit_once(':').unwrap();
    let page = read(&serving.service);
    assert!(page.contains(&format!("at port {port} ")) && !page.contains("href"), "{page}");
}

// Other systems have one loopback address.
#[cfg(target_os = "linux")]
#[test]
fn metrics_listen_at_a_host_name() {
    use std::net::{Ipv4Addr, SocketAddr, TcpStream};

    let serving = Serving::start(&[("METRICS_ADDR", "localhost:0"), ("RUNTIME_ADDR", "0.0.0.0:0")]);
    let address =
        serving.metrics.strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap();
    let address: SocketAddr = address.parse().unwrap();
    assert!(address.ip().is_loopback(), "{address}");
    assert!(serving.page().contains("emmett_http_requests_total{"));
    let page = read(&serving.service.replace("0.0.0.0", "127.0.0.1"));
    assert!(
        page.contains(&format!("at port {} ", address.port())) && !page.contains("href"),
        "{page}"
    );
    // Another address of the machine, where the service itself answers.
    let elsewhere = Ipv4Addr::new(127, 0, 0, 2);
    let service = serving.service.rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
    assert!(TcpStream::connect((elsewhere, service)).is_ok());
    assert!(TcpStream::connect((elsewhere, address.port())).is_err());
}

#[test]
fn path_and_prefix_are_used() {
    let serving = Serving::start(&[("METRICS_ROUTE_PATH", "/a/b.c"), ("METRICS_PREFIX", "")]);
    assert_eq!(serving.metrics, format!("{}/a/b.c", serving.service));
    assert!(serving.page().contains("\nhttp_requests_total{"));
}

#[test]
fn token_is_required_on_both_listeners() {
    for separate in [&[][..], &[("METRICS_ADDR", "127.0.0.1:0")]] {
        let serving = Serving::start(&[&[("METRICS_TOKEN", "s3cret")], separate].concat());
        let denied = client().get(&serving.metrics).call().unwrap();
        assert_eq!(denied.status().as_u16(), 401);
        assert_eq!(denied.headers()["www-authenticate"], "Bearer");
        let mut allowed =
            client().get(&serving.metrics).header("authorization", "Bearer s3cret").call().unwrap();
        let page = allowed.body_mut().read_to_string().unwrap();
        assert!(
            page.contains("\ntickmark_scrape_errors_total{cause=\"unauthorized\"} 1\n"),
            "{page}"
        );
        assert_eq!(client().get(&serving.service).call().unwrap().status().as_u16(), 200);
    }
}

#[test]
fn http_metrics_can_be_disabled() {
    let serving = Serving::start(&[("ENABLE_HTTP_METRICS", "false")]);
    assert!(read(&serving.service).contains("<p>"));
    assert!(!serving.page().contains("http"), "{}", serving.page());
}

#[test]
fn process_metrics_are_off_by_default() {
    assert!(!Serving::start(&[]).page().contains("process_"));
    let page = Serving::start(&[("ENABLE_SYS_METRICS", "true")]).page();
    assert!(!cfg!(target_os = "linux") || page.contains("\nprocess_open_fds "), "{page}");
}
