//! The rules of negotiation in their simplest form: all is copied and compared with all.

#![expect(clippy::unwrap_used, reason = "a helper of a test fails by panicking")]

/// An entry of a header: its name in lower case, and its parameters in order.
struct Entry {
    name: String,
    parameters: Vec<(String, String)>,
}

impl Entry {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Returns `None` if the entry is dropped.
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

    /// Ranks how specifically the entry names a page. `None` if it does not cover the
    /// page.
    fn specificity(&self, page: &Offer) -> Option<usize> {
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
        let given = self.parameter("escaping").filter(|_| !self.is_wildcard())?;
        let is_known = ["allow-utf-8", "underscores", "dots", "values"].contains(&given);
        Some(if is_known { given } else { "underscores" }.to_owned())
    }

    /// Returns the pages that the entry may select, the best first.
    fn offers(&self) -> Vec<Offer> {
        let underscores = Some("underscores".to_owned());
        vec![
            Offer { media_type: "text/plain", version: "0.0.4", escaping: None },
            Offer {
                media_type: "text/plain",
                version: "1.0.0",
                escaping: self.escaping().or(underscores),
            },
            Offer {
                media_type: "application/openmetrics-text",
                version: "1.0.0",
                escaping: self.escaping(),
            },
        ]
    }
}

struct Offer {
    media_type: &'static str,
    version: &'static str,
    escaping: Option<String>,
}

impl Offer {
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

/// Returns the content type of the page that these `Accept` headers select.
pub(crate) fn content_type(accept: &[&[u8]]) -> String {
    let entries = entries(accept);
    let mut offers = Vec::new();
    for entry in &entries {
        let quality = entry.quality().unwrap_or(0.0);
        for page in entry.offers() {
            let Some(specificity) = entry.specificity(&page) else { continue };
            let mut refusals = entries.iter().filter(|other| other.quality() == Some(0.0));
            if quality > 0.0
                && !refusals.any(|refusal| refusal.specificity(&page) >= Some(specificity))
            {
                offers.push((quality, page));
            }
        }
    }
    // Stable: among equal qualities the first remains first.
    offers.sort_by(|(quality, _), (other, _)| other.total_cmp(quality));
    offers.first().map_or("text/plain; version=0.0.4; charset=utf-8".to_owned(), |(_, page)| {
        page.content_type()
    })
}

/// Returns whether these `Accept-Encoding` headers select gzip. Each coding has a
/// quality, possibly through the wildcard, or none.
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
        // gzip is not covered: it is used only if the plain page is refused.
        return !identity.is_empty() && identity.iter().all(|identity| *identity == 0.0);
    }
    gzip.iter().all(|gzip| *gzip > 0.0 && identity.iter().all(|identity| gzip >= identity))
}

fn entries(headers: &[&[u8]]) -> Vec<Entry> {
    // Each byte is one character, so that the limit counts bytes and none is invalid.
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

/// Splits at every separator with an even number of unescaped quotes before it.
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
    let mut unquoted = String::new();
    let mut in_quotes = false;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == '"' {
            in_quotes = !in_quotes;
        } else if char == '\\' && in_quotes {
            unquoted.extend(chars.next());
        } else {
            unquoted.push(char);
        }
    }
    unquoted
}
