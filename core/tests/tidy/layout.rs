//! The order of folders: each uses only those before it, and no modules use each other in
//! a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{Source, package};

/// By package, its folders and files below `src`, each using only itself and those before
/// it. Those of one rank stand together, and use each other without a circle.
///
/// A package is added once its folders exist.
const ORDERS: [(&str, &[&[&str]]); 4] = [
    (
        "core",
        &[
            &["checked", "sync", "ever", "value"],
            &["bounds"],
            &["cells"],
            &["names"],
            &["series"],
            &["metrics"],
            &["family"],
            &["collect"],
            &["read"],
            &["registry"],
            &["models"],
        ],
    ),
    ("exporter-text", &[&["checked"], &["negotiate"], &["names"], &["text"], &["page"]]),
    (
        "adapters/http",
        &[
            &["clock", "counter_clock", "exemplar", "length", "trace"],
            &["labels"],
            &["series"],
            &["request"],
            &["metrics"],
            &["tower"],
            &["builder"],
            &["scrape"],
            &["adapter"],
        ],
    ),
    (
        "adapters/ws",
        &[
            &[
                "builder",
                "close",
                "connection",
                "dimension",
                "families",
                "message",
                "metrics",
                "path",
                "preset",
                "settings",
                "socket",
            ],
            &["libraries"],
        ],
    ),
];

/// Packages too small for folders, whose modules use each other without a circle too.
const SMALL: [&str; 6] = [
    "adapters/axum",
    "adapters/hyper",
    "adapters/warp",
    "collectors/process",
    "docker/runtime",
    "tests",
];

/// The module that a file is, as a path below the crate root.
fn module_of(source: &Source) -> Vec<String> {
    let (_, path) = source.path.split_once("/src/").unwrap();
    let path = path.strip_suffix(".rs").unwrap();
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(String::from).collect() }
}

/// The code without comments.
fn code(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.map(|line| format!("{line}\n")).collect()
}

/// The paths that begin with `start`, such as `crate::`, each as its segments behind
/// that; a path with braces stands for several.
fn paths(code: &str, start: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (position, _) in code.match_indices(start) {
        let before = code[..position].chars().next_back();
        if !before.is_some_and(|char| char.is_alphanumeric() || char == '_' || char == ':') {
            _ = tree(&code[position + start.len()..], &[], &mut found);
        }
    }
    found
}

/// Adds the paths of a use tree, and returns the text behind it.
fn tree<'a>(text: &'a str, prefix: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let is_separator = |char: char| char == ',' || char.is_whitespace();
    if let Some(branches) = text.strip_prefix('{') {
        let mut rest = branches.trim_start_matches(is_separator);
        while !rest.is_empty() && !rest.starts_with('}') {
            rest = tree(rest, prefix, found).trim_start_matches(is_separator);
        }
        return rest.get(1..).unwrap_or_default();
    }
    let is_name = |char: char| char.is_alphanumeric() || char == '_' || char == '*';
    let (segment, rest) = text.split_at(text.find(|char| !is_name(char)).unwrap_or(text.len()));
    let path = [prefix, &[segment.to_string()]].concat();
    match rest.strip_prefix("::") {
        Some(deeper) if deeper.starts_with('{') || deeper.starts_with(is_name) => {
            tree(deeper, &path, found)
        }
        _ => {
            found.push(path);
            // Behind an alias, and past a character that no use tree has.
            let alias = rest.strip_prefix(" as ").map(|alias| alias.trim_start_matches(is_name));
            let rest = alias.unwrap_or(rest);
            if segment.is_empty() { rest.get(1..).unwrap_or_default() } else { rest }
        }
    }
}

/// The paths that begin with `super::`, seen from the crate root. In unit tests the first
/// leads to the module itself, so these come out as paths of the folder above, and
/// change no folder.
fn relative(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let paths = paths(code, "super::").into_iter().map(|path| {
        let steps = 1 + path.iter().take_while(|segment| *segment == "super").count();
        let above = &module[..module.len().saturating_sub(steps)];
        [above, path.get(steps - 1..).unwrap_or_default()].concat()
    });
    paths.filter(|path| path.last().is_some_and(|last| last != "*")).collect()
}

/// The uses of each module: modules of its crate, and items of the crate root.
struct Uses {
    modules: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
    of_root: Vec<String>,
}

fn uses(sources: &[Source]) -> Uses {
    let known: BTreeSet<Vec<String>> = sources.iter().map(module_of).collect();
    let mut uses = Uses { modules: BTreeMap::new(), of_root: Vec::new() };
    for source in sources {
        let module = module_of(source);
        let code = code(&source.text);
        let absolute = paths(&code, "crate::").into_iter().chain(relative(&code, &module));
        for mut path in absolute {
            let whole = path.join("::");
            while !known.contains(&path) {
                _ = path.pop();
            }
            if path.is_empty() && !module.is_empty() {
                uses.of_root.push(format!("{}: crate::{whole}", source.path));
            }
            if path != module {
                _ = uses.modules.entry(module.clone()).or_default().insert(path);
            }
        }
    }
    uses
}

/// Uses of a folder that comes later in the order, or has no place in it.
fn upward(uses: &Uses, order: &[&[&str]]) -> Vec<String> {
    let rank = |module: &[String]| {
        let top = module.first()?;
        order.iter().position(|folders| folders.contains(&&**top))
    };
    let mut found = Vec::new();
    for (module, used) in uses.modules.iter().filter(|(module, _)| !module.is_empty()) {
        for used in used.iter().filter(|used| !used.is_empty()) {
            if rank(module).is_none() || rank(used).is_none() || rank(used) > rank(module) {
                found.push(format!("{} uses {}", module.join("::"), used.join("::")));
            }
        }
    }
    found
}

/// A circle of modules, if there is one.
fn circle(uses: &Uses) -> Option<Vec<String>> {
    fn follow(
        uses: &Uses,
        module: &Vec<String>,
        path: &mut Vec<Vec<String>>,
        done: &mut BTreeSet<Vec<String>>,
    ) -> bool {
        if path.contains(module) {
            path.push(module.clone());
            return true;
        }
        if !done.insert(module.clone()) {
            return false;
        }
        path.push(module.clone());
        let used = uses.modules.get(module).into_iter().flatten();
        // The root lists all modules and a folder its files; neither uses them.
        for used in used.filter(|used| !used.is_empty()) {
            if follow(uses, used, path, done) {
                return true;
            }
        }
        _ = path.pop();
        false
    }
    let mut done = BTreeSet::new();
    uses.modules.keys().filter(|module| !module.is_empty()).find_map(|module| {
        let mut path = Vec::new();
        follow(uses, module, &mut path, &mut done).then(|| {
            let begin = path.iter().position(|module| Some(module) == path.last());
            path.iter().skip(begin.unwrap_or_default()).map(|module| module.join("::")).collect()
        })
    })
}

#[test]
fn folders_use_only_those_before_them() {
    for (folder, order) in ORDERS {
        let uses = uses(&package(folder));
        assert!(uses.modules.len() > 5, "{folder}");
        assert_eq!(upward(&uses, order), Vec::<String>::new(), "{folder}");
    }
}

#[test]
fn modules_use_no_circle() {
    for folder in ORDERS.map(|(folder, _)| folder).into_iter().chain(SMALL) {
        assert_eq!(circle(&uses(&package(folder))), None, "{folder}");
    }
}

#[test]
fn names_come_from_their_modules() {
    for (folder, _) in ORDERS {
        assert_eq!(uses(&package(folder)).of_root, Vec::<String>::new(), "{folder}");
    }
}

fn planted(files: &[(&str, &str)]) -> Uses {
    let source = |(path, text): &(&str, &str)| Source {
        path: format!("x/src/{path}"),
        text: (*text).into(),
    };
    uses(&files.iter().map(source).collect::<Vec<_>>())
}

#[test]
fn planted_uses_are_found() {
    let order: &[&[&str]] = &[&["low"], &["high"]];
    let files = |low: &'static str| {
        planted(&[
            ("lib.rs", "mod low; mod high; pub use high::one::One;"),
            ("low/mod.rs", ""),
            ("low/a.rs", low),
            ("low/b.rs", "use crate::low::a::{A, inner::{B, C as D}, E};"),
            ("high/mod.rs", ""),
            ("high/one.rs", "use crate::low::a::A;\nfn f() { super::two::f() }"),
            ("high/two.rs", ""),
        ])
    };
    let clean = files("// crate::high::one::One\nuse std::fmt;");
    assert_eq!((upward(&clean, order), circle(&clean)), (vec![], None));
    for (low, used) in [
        ("use crate::high::one::One;", "high::one"),
        ("fn f() -> crate::high::two::Two {}", "high::two"),
        ("use crate::{low::b, high::one::One};", "high::one"),
        ("#[cfg(test)] mod tests { use super::*; use crate::high::two::Two; }", "high::two"),
        ("use super::super::high::two::Two;", "high::two"),
    ] {
        assert_eq!(upward(&files(low), order), [format!("low::a uses {used}")], "{low}");
    }
    let used = circle(&files("use crate::low::b::B;")).unwrap();
    assert!(used == ["low::a", "low::b", "low::a"] || used == ["low::b", "low::a", "low::b"]);
    assert_eq!(files("use crate::One;").of_root, ["x/src/low/a.rs: crate::One"]);
}
