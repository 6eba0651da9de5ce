//! The one list of cells that are known to miss, and why. A cell that stands here and does not miss fails the run, so that
//! the list shrinks.

/// (name of the case, browser or `*`, why).
pub(crate) const GAPS: &[(&str, &str, &str)] = &[];

/// Why this cell is known to miss.
pub(crate) fn known(case: &str, browser: &str) -> Option<&'static str> {
    let gap = GAPS.iter().find(|gap| gap.0 == case && (gap.1 == "*" || gap.1 == browser));
    gap.map(|gap| gap.2)
}
