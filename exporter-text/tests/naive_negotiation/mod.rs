//! The rules of negotiation in their simplest form: everything is copied, everything is
//! compared with everything.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

/// An entry of a header: what it names, in lower case, and its parameters in their order.
struct Entry {
    name: String,
    parameters: Vec<(String, String)>,
}

impl Entry {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// `None` if the entry is to be dropped.
    fn quality(&self) -> Option<f64> {
        let text = self.parameter("q").unwrap_or("1");
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_number =
            ["0", "1"].contains(&whole) && decimals.chars().all(|digit| digit.is_ascii_digit());
        let quality = text.parse().ok().filter(|quality| *quality <= 1.0)?;
        (is_number && decimals.len() <= 3).then_some(quality)
    }

    fn is_wildcard(&self) -> bool {
        self.name.ends_with("/*")
    }

    /// How closely it names the pages that it covers, or `None` if it does not cover this
    /// one.
    fn specificity(&self, page: &Page) -> Option<usize> {
        let kind = page.media_type.split('/').next().unwrap();
        if self.name == "*/*" {
            return Some(0);
        } else if self.name == format!("{kind}/*") {
            return Some(1);
        } else if self.name != page.media_type {
            return None;
        }
        let version = self.parameter("version");
        let escaping = self.escaping();
        let other_version = version.is_some_and(|version| version != page.version);
        let other_escaping = page.version != "0.0.4"
            && escaping.is_some()
            && escaping.as_deref() != Some(page.names());
        (!other_version && !other_escaping).then(|| {
            [version.is_some(), escaping.is_some()].map(usize::from).iter().sum::<usize>() + 2
        })
    }

    fn escaping(&self) -> Option<String> {
        let asked = self.parameter("escaping").filter(|_| !self.is_wildcard())?;
        let is_known = ["allow-utf-8", "underscores", "dots", "values"].contains(&asked);
        Some(if is_known { asked } else { "underscores" }.to_owned())
    }

    /// The pages that it may get, the best first.
    fn pages(&self) -> Vec<Page> {
        let underscores = Some("underscores".to_owned());
        vec![
            Page { media_type: "text/plain", version: "0.0.4", escaping: None },
            Page {
                media_type: "text/plain",
                version: "1.0.0",
                escaping: self.escaping().or(underscores),
            },
            Page {
                media_type: "application/openmetrics-text",
                version: "1.0.0",
                escaping: self.escaping(),
            },
        ]
    }
}

struct Page {
    media_type: &'static str,
    version: &'static str,
    escaping: Option<String>,
}

impl Page {
    fn names(&self) -> &str {
        self.escaping.as_deref().unwrap_or("underscores")
    }

    fn content_type(&self) -> String {
        let escaping = self.escaping.iter().map(|escaping| format!("; escaping={escaping}"));
        format!(
            "{}; version={}; charset=utf-8{}",
            self.media_type,
            self.version,
            escaping.collect::<String>()
        )
    }
}

/// The content type of the page that these `Accept` headers get.
pub(crate) fn content_type(accept: &[&[u8]]) -> String {
    let entries = entries(accept);
    let mut offers = Vec::new();
    for entry in &entries {
        let quality = entry.quality().unwrap_or(0.0);
        for page in entry.pages() {
            let Some(specificity) = entry.specificity(&page) else { continue };
            let mut refusals = entries.iter().filter(|other| other.quality() == Some(0.0));
            if quality > 0.0
                && !refusals.any(|refusal| refusal.specificity(&page) >= Some(specificity))
            {
                offers.push((quality, page));
            }
        }
    }
    // Stable: of equal qualities, the first stays the first.
    offers.sort_by(|(quality, _), (other, _)| other.total_cmp(quality));
    offers.first().map_or("text/plain; version=0.0.4; charset=utf-8".to_owned(), |(_, page)| {
        page.content_type()
    })
}

/// Whether these `Accept-Encoding` headers ask for gzip: each coding has a quality,
/// perhaps by the wildcard, or none.
pub(crate) fn gzip(accept_encoding: &[&[u8]]) -> bool {
    let entries = entries(accept_encoding);
    let of = |names: &[&str]| -> Vec<f64> {
        entries
            .iter()
            .filter(|entry| names.contains(&entry.name.as_str()))
            .filter_map(Entry::quality)
            .collect()
    };
    let mut gzip = of(&["gzip", "x-gzip"]);
    let identity = of(&["identity"]);
    if gzip.is_empty() {
        gzip = of(&["*"]);
    }
    if gzip.is_empty() {
        // Nothing is said of gzip: only where the page must not stay as it is.
        return !identity.is_empty() && identity.iter().all(|identity| *identity == 0.0);
    }
    gzip.iter().all(|gzip| *gzip > 0.0 && identity.iter().all(|identity| gzip >= identity))
}

fn entries(headers: &[&[u8]]) -> Vec<Entry> {
    // Every byte is one character, so that the limit counts them and nothing is invalid.
    let mut text: String = headers.join(&b","[..]).into_iter().map(char::from).collect();
    let is_cut = text.chars().count() > 8_192;
    text = text.chars().take(8_192).collect();
    let mut pieces = split(&text, ',');
    if is_cut {
        _ = pieces.pop();
    }
    pieces.iter().map(|piece| entry(piece)).collect()
}

fn entry(text: &str) -> Entry {
    let mut pieces = split(text, ';');
    let name = trimmed(&pieces.remove(0)).to_ascii_lowercase();
    let parameters = pieces.iter().map(|piece| {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        (trimmed(name).to_ascii_lowercase(), unquoted(trimmed(value)).to_ascii_lowercase())
    });
    Entry { name, parameters: parameters.collect() }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r', '\u{c}'])
}

/// Splits at every separator that has an even number of quotes before it; escaped ones do
/// not count.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut in_quotes = false;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == separator && !in_quotes {
            pieces.push(String::new());
            continue;
        }
        pieces.last_mut().unwrap().push(char);
        if char == '"' {
            in_quotes = !in_quotes;
        } else if char == '\\' && in_quotes {
            pieces.last_mut().unwrap().extend(chars.next());
        }
    }
    pieces
}

fn unquoted(text: &str) -> String {
    let mut said = String::new();
    let mut in_quotes = false;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == '"' {
            in_quotes = !in_quotes;
        } else if char == '\\' && in_quotes {
            said.extend(chars.next());
        } else {
            said.push(char);
        }
    }
    said
}
