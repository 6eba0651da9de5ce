//! OpenMetrics as the older text format of Prometheus: what curl, `promtool check metrics` and old scrapers read.
//!
//! Only the lines that describe a family differ: a counter and an info are called there as their samples are, there is no
//! kind `info`, and no end mark. Not here: what is told.

/// The same samples in the older format.
pub(super) fn from(open: &str) -> String {
    let mut classic = String::with_capacity(open.len());
    let mut lines = open.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            // What kind it is follows at once.
            let kind = lines.peek().and_then(|next| next.strip_prefix("# TYPE ")?.split_once(' '));
            let (name, help) = rest.split_once(' ').unwrap_or((rest, ""));
            let (kind, suffix) = match kind.map(|(_, kind)| kind) {
                Some("counter") => ("counter", "_total"),
                Some("info") => ("gauge", "_info"),
                Some(kind) => (kind, ""),
                None => ("untyped", ""),
            };
            classic += &format!("# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}\n");
            lines.next();
        } else if !line.starts_with("# ") {
            classic += line;
            classic.push('\n');
        }
    }
    classic
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_family_is_called_as_its_samples_are_and_samples_stay_as_they_are() {
        let open = "# HELP a b c.\n# TYPE a counter\na_total{x=\"# EOF\"} 1.0\n# HELP i j.\n# TYPE i info\ni_info{} 1\n\
                    # HELP g h.\n# TYPE g gauge\ng 2.5\n# EOF\n";
        let classic = "# HELP a_total b c.\n# TYPE a_total counter\na_total{x=\"# EOF\"} 1.0\n# HELP i_info j.\n\
                       # TYPE i_info gauge\ni_info{} 1\n# HELP g h.\n# TYPE g gauge\ng 2.5\n";
        assert_eq!(super::from(open), classic);
    }
}
