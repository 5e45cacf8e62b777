//! The escaping schemes in their simplest form: one rule for each character.

use tickmark_text::Escaping;

/// Returns a name as the scheme writes it. Only metric names may have colons.
pub(crate) fn escaped(escaping: Escaping, name: &str, is_metric: bool) -> String {
    let is_legal = |(index, char): (usize, char)| {
        char.is_ascii_alphabetic()
            || char == '_'
            || (char == ':' && is_metric)
            || (char.is_ascii_digit() && index > 0)
    };
    let is_legacy = name.chars().enumerate().all(is_legal);
    let escape = |(index, char)| match (escaping, char) {
        (Escaping::Dots, '.') => "_dot_".to_owned(),
        (Escaping::Dots | Escaping::Values, '_') => "__".to_owned(),
        _ if is_legal((index, char)) => char.to_string(),
        (Escaping::Dots, _) => "__".to_owned(),
        (Escaping::Values, _) => format!("_{:x}_", u32::from(char)),
        _ => "_".to_owned(),
    };
    let characters: String = name.chars().enumerate().map(escape).collect();
    match escaping {
        Escaping::AllowUtf8 => name.to_owned(),
        Escaping::Values if is_legacy => name.to_owned(),
        Escaping::Values => format!("U__{characters}"),
        Escaping::Underscores | Escaping::Dots => characters,
    }
}
