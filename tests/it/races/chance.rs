//! Chance that can be repeated.

use auth_api::foundation::secret::random_bytes;

/// Numbers that look random and come again with the same seed (SplitMix64). The seed is told when
/// the test fails; `CHAOS_SEED` sets it.
pub struct Chance(u64);

impl Chance {
    pub fn new() -> Self {
        let seed = std::env::var("CHAOS_SEED").map_or_else(
            |_| u64::from_ne_bytes(random_bytes()),
            |seed| seed.parse().unwrap(),
        );
        println!("CHAOS_SEED={seed}");
        Self(seed)
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(bound).unwrap()).unwrap()
    }
}
