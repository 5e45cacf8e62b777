//! The networks of `compose.yaml`, as Docker's own plugin reads them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::{Map, Value};
use tickmark_tests::{fetched, say_skipped};

use crate::docker;

/// The stack with all profiles and an empty environment.
fn stack() -> Option<Value> {
    let Some(compose) = fetched::compose() else {
        say_skipped(
            "networks of compose.yaml: the compose plugin is missing, tests/run fetches it",
        );
        return None;
    };
    let mut command = Command::new(compose);
    let command = command.env_clear().arg("-f").arg(docker("compose.yaml"));
    let output = command.args(["--profile", "*", "config", "--format", "json"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Each service's own settings for its networks.
fn networks(service: &Value) -> &Map<String, Value> {
    service["networks"].as_object().unwrap()
}

/// The services in a network.
fn members<'a>(stack: &'a Value, network: &str) -> BTreeSet<&'a str> {
    let services = stack["services"].as_object().unwrap().iter();
    services
        .filter(|(_, service)| networks(service).contains_key(network))
        .map(|(name, _)| name.as_str())
        .collect()
}

#[test]
fn metrics_listen_in_the_network_of_prometheus() {
    let Some(stack) = stack() else { return };
    let runtime = &stack["services"]["runtime"];
    let (name, port) =
        runtime["environment"]["METRICS_ADDR"].as_str().unwrap().split_once(':').unwrap();
    assert!(name.parse::<std::net::IpAddr>().is_err(), "{name} is an address");
    // The name is the runtime's, in this network alone.
    let is_alias =
        |of: &Value| of["aliases"].as_array().is_some_and(|aliases| aliases.contains(&name.into()));
    let services = stack["services"].as_object().unwrap();
    let named: Vec<_> = services
        .iter()
        .flat_map(|(service, of)| {
            networks(of).iter().map(move |(network, of)| (service, network, of))
        })
        .filter(|(service, _, of)| *service == name || is_alias(of))
        .map(|(service, network, _)| (service.as_str(), network.as_str()))
        .collect();
    assert_eq!(named, [("runtime", "metrics")]);
    assert_eq!(stack["networks"]["metrics"]["internal"], true);
    assert_eq!(members(&stack, "metrics"), ["prometheus", "runtime"].into());
    let ports = runtime["ports"].as_array().unwrap();
    assert!(
        ports.iter().all(|published| published["target"].as_u64().unwrap().to_string() != port),
        "{ports:?}"
    );
    let scrapes = fs::read_to_string(docker("prometheus/prometheus.yml")).unwrap();
    assert!(scrapes.contains(&format!("targets: [\"runtime:{port}\"]")));
}

#[test]
fn networks_join_only_communicating_services() {
    let Some(stack) = stack() else { return };
    assert_eq!(members(&stack, "service"), ["runtime"].into());
    assert_eq!(members(&stack, "pages"), ["alertmanager", "grafana", "prometheus"].into());
}
