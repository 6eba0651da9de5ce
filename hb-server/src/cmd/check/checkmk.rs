//! Lines of a Checkmk local check: `STATUS "NAME" METRICS TEXT`.

use hb_core::wire::status::Line;

use super::overview::App;

/// The service of one app by its status line, or of all (`asked` is `None`) by the overview.
pub(super) fn of_line(asked: Option<&str>, line: &Line) -> String {
    let (text, perfdata) = line.text.split_once('|').unwrap_or((&line.text, ""));
    let metrics: Vec<String> = perfdata.split_whitespace().filter_map(metric).collect();
    let name = asked.map_or_else(|| "hb".into(), |app| format!("hb {app}"));
    service(line.nagios.code(), &name, &metrics, text)
}

/// The service of one app by what the API says.
pub(super) fn of_app(app: &App) -> String {
    let od = app.overdue().map(|od| format!("od={od:.2}"));
    let text = format!("{} - {}", app.nagios().word(), app.words());
    service(app.nagios().code(), &format!("hb {}", app.short_label()), od.as_slice(), &text)
}

/// `od=0.01;3;5;0;6` as `od=0.01;3;5`: Checkmk wants plain numbers and has its own view of ranges. What has a unit is
/// left out: it is granted, not measured.
fn metric(perfdata: &str) -> Option<String> {
    let (name, values) = perfdata.split_once('=')?;
    let values: Vec<&str> = values.split(';').take(3).collect();
    let plain = |value: &&str| !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    values.iter().all(plain).then(|| format!("{name}={}", values.join(";")))
}

fn service(code: u8, name: &str, metrics: &[String], text: &str) -> String {
    // A quote would end the name, a backslash begins an escape.
    let name: String =
        name.chars().map(|c| if c.is_control() || "\"\\".contains(c) { '\'' } else { c }).collect();
    let metrics = if metrics.is_empty() { "-".into() } else { metrics.join("|") };
    format!("{code} \"{name}\" {metrics} {}", text.trim().replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use hb_core::wire::status::{Nagios, no_record, nobody};

    use super::super::overview::{self, app};
    use super::*;

    fn line(nagios: Nagios, text: &str) -> Line {
        Line { nagios, text: text.into() }
    }

    #[test]
    fn a_status_line_becomes_a_service() {
        let fine =
            line(Nagios::Ok, "OK - fine application [Tetris @ 127.0.0.1]| od=0.01;3;5;0;6 delay=2000ms;;; ");
        for (asked, line, expected) in [
            (
                Some("Tetris"),
                fine.clone(),
                r#"0 "hb Tetris" od=0.01;3;5 OK - fine application [Tetris @ 127.0.0.1]"#,
            ),
            (Some("a\"b\\c"), fine, r#"0 "hb a'b'c" od=0.01;3;5 OK - fine application [Tetris @ 127.0.0.1]"#),
            (
                Some("x"),
                no_record("x @ h"),
                r#"2 "hb x" - CRITICAL - no application record for queried ID: [x @ h]"#,
            ),
            (None, nobody(), r#"3 "hb" - UNKNOWN - no heartbeat clients at the moment..."#),
            (
                None,
                overview::line(&[app("x", "up")]),
                r#"0 "hb" critical=0|warning=0|unknown=0|ok=1 OK - 1 application, all fine"#,
            ),
        ] {
            assert_eq!(of_line(asked, &line), expected);
        }
    }

    #[test]
    fn an_app_of_the_api_becomes_a_service() {
        assert_eq!(of_app(&app("Tetris", "up")), r#"0 "hb Tetris" od=0.01 OK - up"#);
        assert_eq!(of_app(&app("x#y", "up")), r#"0 "hb x%23y" od=0.01 OK - up"#, "not the slot y of x");
        assert_eq!(of_app(&app("Tetris", "down")), r#"2 "hb Tetris" od=0.01 CRITICAL - down"#);
    }
}
