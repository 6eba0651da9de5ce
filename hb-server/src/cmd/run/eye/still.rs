//! Whether a picture stands still: each is compared with the one from which on nothing changed, so that what changes slowly
//! is seen as well. Pure.
//!
//! Not here: how a picture is taken and made small.

/// Cells across and down; small, so that what is small counts little.
pub(super) const GRID: (u32, u32) = (64, 36);
pub(super) const CELLS: usize = (GRID.0 * GRID.1) as usize;
/// A cell that differs by less is the same: dithering, what a video codec leaves.
const SAME: u8 = 6;
/// Nothing brighter than this is black to a visitor.
const DARK: u8 = 12;

/// The brightness of each cell.
pub(super) type Luma = [u8; CELLS];

/// Compares.
#[derive(Debug)]
pub(super) struct Still {
    /// So many without a change stand still.
    after: u32,
    /// So many cells may change.
    ignored: usize,
    first: Option<Box<Luma>>,
    same: u32,
}

/// What a picture amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) stuck: bool,
    pub(super) black: bool,
    /// So many pictures before it showed the same.
    pub(super) same: u32,
}

impl Still {
    /// `ignored` is in percent.
    pub(super) fn new(after: u32, ignored: f32) -> Self {
        let ignored = (CELLS as f32 * ignored / 100.0) as usize;
        Self { after, ignored, first: None, same: 0 }
    }

    /// What was seen so far counts no more.
    pub(super) fn begin(&mut self) {
        (self.first, self.same) = (None, 0);
    }

    pub(super) fn look(&mut self, picture: Box<Luma>) -> Look {
        let black = picture.iter().all(|&cell| cell <= DARK);
        match &self.first {
            Some(first) if changed(first, &picture) <= self.ignored => {
                self.same = self.same.saturating_add(1);
            }
            _ => (self.first, self.same) = (Some(picture), 0),
        }
        Look { stuck: self.same >= self.after, black, same: self.same }
    }
}

fn changed(a: &Luma, b: &Luma) -> usize {
    a.iter().zip(b).filter(|(a, b)| a.abs_diff(**b) >= SAME).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(value: u8) -> Box<Luma> {
        Box::new([value; CELLS])
    }

    /// Grey, with so many cells in another.
    fn with(cells: usize, value: u8) -> Box<Luma> {
        let mut picture = grey(100);
        picture[..cells].fill(value);
        picture
    }

    #[test]
    fn a_picture_stands_after_so_many_without_a_change_and_moves_with_the_first() {
        let mut still = Still::new(3, 0.5);
        let stuck = [grey(100), grey(100), grey(100), grey(100), grey(100), grey(180), grey(180)];
        let stuck = stuck.map(|picture| still.look(picture).stuck);
        assert_eq!(stuck, [false, false, false, true, true, false, false]);
        still.begin();
        assert_eq!([(); 4].map(|()| still.look(grey(180)).stuck), [false, false, false, true]);
    }

    #[test]
    fn a_clock_is_no_motion_and_a_slow_fade_is() {
        let mut still = Still::new(3, 0.5);
        let clock = [0_u8, 50, 200, 255, 0].map(|value| still.look(with(11, value)));
        assert!(clock[4].stuck, "eleven cells of 2304 are less than half a percent");
        let mut still = Still::new(3, 0.5);
        assert!(![0_u8, 50, 200, 255, 0].iter().any(|&value| still.look(with(12, value)).stuck));
        // Each step is too small to see; together they are not.
        let mut still = Still::new(3, 0.5);
        assert!(!(0..60).any(|i| still.look(grey(100 + i * 2)).stuck));
        let mut still = Still::new(3, 0.5);
        assert!((0..60).any(|i| still.look(grey(100 + i % 5)).stuck), "noise is none");
    }

    #[test]
    fn black_is_named() {
        let mut still = Still::new(1, 0.5);
        let black = [grey(0), grey(12), grey(13), with(1, 0)].map(|picture| still.look(picture).black);
        assert_eq!(black, [true, true, false, false]);
    }
}
