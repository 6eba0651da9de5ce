//! Chance that is the same everywhere: a seed in, the same numbers on every machine.
//!
//! SplitMix64 (Steele, Lea, Flood 2014), and logarithms of a library instead of the system's, which differ in the last bit.
//! Not here: what it is used for ([`crate::weather`]).

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The stream of a name.
    pub(crate) fn of(name: &str) -> Self {
        // FNV-1a, so that each trace has a seed of its own.
        let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(seed)
    }

    /// Between 0 and 1, neither of both.
    pub(crate) fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        ((bits >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Between two numbers, each as likely.
    pub(crate) fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.share()
    }

    /// The time until something that happens every `mean` at random.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(self.share())
    }

    /// Around `mean` (Box and Muller 1958).
    pub(crate) fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(self.share()));
        mean + deviation * radius * libm::cos(2.0 * core::f64::consts::PI * self.share())
    }

    /// At least `least`, and twice as long 2^−`shape` times as often: a heavy tail, cut at `most`.
    pub(crate) fn pareto(&mut self, least: f64, shape: f64, most: f64) -> f64 {
        (least * libm::exp(-libm::log(self.share()) / shape)).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_has_the_same_numbers_and_they_are_spread_as_they_should_be() {
        let mut chance = Chance::of("a");
        assert_eq!(chance.clone().share(), Chance::of("a").share());
        assert_ne!(chance.clone().share(), Chance::of("b").share());
        let mean = |draw: &mut dyn FnMut() -> f64| (0..100_000).map(|_| draw()).sum::<f64>() / 1e5;
        assert!((mean(&mut || chance.share()) - 0.5).abs() < 0.01);
        assert!((mean(&mut || chance.exponential(7.0)) - 7.0).abs() < 0.1);
        assert!((mean(&mut || chance.normal(3.0, 2.0)) - 3.0).abs() < 0.05);
        let deviation = mean(&mut || (chance.normal(3.0, 2.0) - 3.0).abs());
        assert!((deviation - 2.0 * 0.797_88).abs() < 0.05, "{deviation}");
        let beyond = mean(&mut || f64::from(chance.pareto(10.0, 1.5, 1e9) > 40.0));
        assert!((beyond - 0.125).abs() < 0.01, "{beyond}");
    }
}
