//! What the schemes make of a name, letter by letter.

use tickmark_text::Escaping;

/// A name as the scheme writes it; only metric names may have colons.
pub fn escaped(escaping: Escaping, name: &str, is_metric: bool) -> String {
    let is_legal = |(place, char): (usize, char)| {
        char.is_ascii_alphabetic()
            || char == '_'
            || (char == ':' && is_metric)
            || (char.is_ascii_digit() && place > 0)
    };
    let is_legacy = name.chars().enumerate().all(is_legal);
    let escape = |(place, char)| match (escaping, char) {
        (Escaping::Dots, '.') => "_dot_".to_owned(),
        (Escaping::Dots | Escaping::Values, '_') => "__".to_owned(),
        _ if is_legal((place, char)) => char.to_string(),
        (Escaping::Dots, _) => "__".to_owned(),
        (Escaping::Values, _) => format!("_{:x}_", u32::from(char)),
        _ => "_".to_owned(),
    };
    let letters: String = name.chars().enumerate().map(escape).collect();
    match escaping {
        Escaping::AllowUtf8 => name.to_owned(),
        Escaping::Values if is_legacy => name.to_owned(),
        Escaping::Values => format!("U__{letters}"),
        Escaping::Underscores | Escaping::Dots => letters,
    }
}
