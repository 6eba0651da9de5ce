//! Columns under their names, for people; JSON for programs. What others named can do no harm on a terminal.
//!
//! Not here: what is in them (the commands).

use anyhow::Context;
use hb_core::id::seen;
use serde_json::Value;

/// Columns that stand beneath each other, two blanks apart. Nothing for no rows.
pub(crate) fn table<const N: usize>(names: [&str; N], rows: &[[String; N]]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head = names.map(String::from);
    let lines: Vec<[String; N]> =
        std::iter::once(&head).chain(rows).map(|row| row.each_ref().map(|cell| shown(cell))).collect();
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<String> =
            line.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Text of one line, all of which is seen: what is not becomes `?`.
pub(crate) fn shown(text: &str) -> String {
    seen(text).map(|(c, seen)| if seen { c } else { '?' }).collect()
}

/// The same JSON on one line, with what is not seen written as numbers: exact for programs, harmless on a terminal.
pub(crate) fn json(text: &str) -> anyhow::Result<String> {
    let value: Value = serde_json::from_str(text)
        .context("the server answers with something else: is that an hb server?")?;
    let mut line = String::new();
    // Outside of strings JSON has no such characters.
    for (c, seen) in seen(&value.to_string()) {
        match seen {
            true => line.push(c),
            false => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().for_each(|unit| line.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
    line.push('\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_beneath_each_other_whatever_is_in_them() {
        let rows = [["7", "group:Säle", "a\u{1b}[2J\nb"], ["12", "everything", ""]];
        let text = table(["id", "for", "why"], &rows.map(|row| row.map(String::from)));
        assert_eq!(text, "id  for         why\n7   group:Säle  a?[2J?b\n12  everything\n");
        assert_eq!(table(["id"], &[]), "");
    }

    #[test]
    fn json_keeps_every_name_and_moves_no_cursor() {
        let name = "a\u{202e}b\u{e0001}\u{1b}\u{7f}é";
        let line = json(&serde_json::json!([name]).to_string()).unwrap();
        assert!(line.is_ascii() || line.chars().all(|c| c == 'é' || c.is_ascii()), "{line}");
        assert!(!line.trim_end().chars().any(char::is_control), "{line:?}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&line).unwrap(), [name]);
        assert!(json("<html>").is_err());
    }
}
