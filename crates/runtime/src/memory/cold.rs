//! Blocks that are compressed in memory.

use std::mem::{size_of, size_of_val};

use twox_hash::XxHash3_64;

use super::Element;
use crate::RuntimeError;

/// Level of Zstandard: the fastest that is clearly smaller than LZ4 on rows of floating-point numbers.
const ZSTD_LEVEL: i32 = 3;

/// How a block is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// LZ4, for what comes back soon.
    Lz4,
    /// Zstandard, for what comes back late or never.
    Zstd,
}

/// A block that was compressed and comes back to the bit.
///
/// Bytes of numbers are sorted by their place in the number first, since signs and exponents of neighbours are alike. A
/// checksum (XXH3, 64 bits) of what went in is compared with what comes out.
///
/// ```
/// use lunar_habitat_runtime::memory::{Codec, Cold};
/// let row: Vec<f32> = (0..1_000).map(|i| 20.0 + 0.001 * i as f32).collect();
/// let cold = Cold::pack(&row, Codec::Zstd)?;
/// assert!(cold.bytes() < 4_000);
/// let mut back = vec![0.0; 1_000];
/// cold.unpack(&mut back)?;
/// assert_eq!(back, row);
/// # Ok::<(), lunar_habitat_runtime::RuntimeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cold {
    packed: Vec<u8>,
    codec: Codec,
    /// Bytes of one number.
    width: usize,
    /// Bytes before packing.
    len: usize,
    checksum: u64,
}

impl Cold {
    /// Compress numbers.
    ///
    /// # Errors
    /// [`RuntimeError::Block`] when the compressor gives up, which it does only for want of memory.
    pub fn pack<T: Element>(numbers: &[T], codec: Codec) -> Result<Cold, RuntimeError> {
        let (width, count) = (size_of::<T>(), numbers.len());
        let mut sorted = vec![0; size_of_val(numbers)];
        let mut one = [0; 8];
        for (at, number) in numbers.iter().enumerate() {
            number.put(&mut one[..width]);
            for (place, byte) in one[..width].iter().enumerate() {
                sorted[place * count + at] = *byte;
            }
        }
        let checksum = XxHash3_64::oneshot(&sorted);
        let packed = match codec {
            Codec::Lz4 => lz4_flex::block::compress(&sorted),
            Codec::Zstd => zstd::bulk::compress(&sorted, ZSTD_LEVEL)
                .map_err(|error| RuntimeError::Block { reason: error.to_string() })?,
        };
        Ok(Cold { packed, codec, width, len: sorted.len(), checksum })
    }

    /// Write the numbers to `to`.
    ///
    /// # Errors
    /// [`RuntimeError::Block`] when `to` has another length or kind than what was packed, or the block is damaged; what is
    /// in `to` is then as it was.
    pub fn unpack<T: Element>(&self, to: &mut [T]) -> Result<(), RuntimeError> {
        let refuse = |reason: String| Err(RuntimeError::Block { reason });
        let width = size_of::<T>();
        if width != self.width || size_of_val(to) != self.len {
            let (found, count) = (to.len(), self.len / self.width);
            return refuse(format!(
                "{found} numbers of {width} bytes are asked for where {count} of {} were packed",
                self.width
            ));
        }
        let sorted = match self.codec {
            Codec::Lz4 => lz4_flex::block::decompress(&self.packed, self.len)
                .map_err(|error| RuntimeError::Block { reason: error.to_string() })?,
            Codec::Zstd => zstd::bulk::decompress(&self.packed, self.len)
                .map_err(|error| RuntimeError::Block { reason: error.to_string() })?,
        };
        let found = XxHash3_64::oneshot(&sorted);
        if sorted.len() != self.len || found != self.checksum {
            return refuse(format!(
                "its checksum is {found:016x}, written was {:016x}",
                self.checksum
            ));
        }
        let count = to.len();
        let mut one = [0; 8];
        for (at, number) in to.iter_mut().enumerate() {
            for (place, byte) in one[..width].iter_mut().enumerate() {
                *byte = sorted[place * count + at];
            }
            *number = T::get(&one[..width]);
        }
        Ok(())
    }

    /// Bytes that it takes now.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.packed.len()
    }

    /// Bytes that it took before.
    #[must_use]
    pub fn unpacked_bytes(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CODECS: [Codec; 2] = [Codec::Lz4, Codec::Zstd];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_bit_comes_back(words in prop::collection::vec(any::<u64>(), 0..3_000)) {
            let doubles: Vec<f64> = words.iter().map(|word| f64::from_bits(*word)).collect();
            let floats: Vec<f32> = words.iter().map(|word| f32::from_bits(*word as u32)).collect();
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            for codec in CODECS {
                let mut back = vec![0.0_f64; doubles.len()];
                Cold::pack(&doubles, codec).unwrap().unpack(&mut back).unwrap();
                prop_assert!(back.iter().zip(&doubles).all(|(a, b)| a.to_bits() == b.to_bits()));
                let mut back = vec![0.0_f32; floats.len()];
                Cold::pack(&floats, codec).unwrap().unpack(&mut back).unwrap();
                prop_assert!(back.iter().zip(&floats).all(|(a, b)| a.to_bits() == b.to_bits()));
                let mut back = vec![0; bytes.len()];
                Cold::pack(&bytes, codec).unwrap().unpack(&mut back).unwrap();
                prop_assert_eq!(&back, &bytes);
            }
        }

        #[test]
        fn a_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let row: Vec<f32> = (0..4_000).map(|i| (i as f32 * 0.1).sin()).collect();
            for codec in CODECS {
                let mut cold = Cold::pack(&row, codec).unwrap();
                let place = at.index(cold.packed.len());
                cold.packed[place] ^= 1 << bit;
                let mut back = vec![7.0; row.len()];
                // A bit that decides nothing may flip; what comes back is right, or nothing does.
                match cold.unpack(&mut back) {
                    Ok(()) => prop_assert_eq!(&back, &row),
                    Err(_) => prop_assert!(back.iter().all(|x| *x == 7.0)),
                }
            }
        }
    }

    #[test]
    fn another_length_or_kind_is_refused() {
        let cold = Cold::pack(&[1.0_f32; 100], Codec::Lz4).unwrap();
        assert!(cold.unpack(&mut [0.0_f32; 99]).is_err());
        assert!(cold.unpack(&mut [0.0_f64; 50]).is_err());
        let error = cold.unpack(&mut [0_u8; 400]).unwrap_err().to_string();
        assert_eq!(
            error,
            "a block does not come back: 400 numbers of 1 bytes are asked for where 100 of 4 were packed"
        );
    }

    #[test]
    fn rows_of_observations_become_smaller() {
        let rows: Vec<f32> = (0..65_536).map(|i| 0.4 + 1e-4 * ((i / 64) as f32).sin()).collect();
        for codec in CODECS {
            let cold = Cold::pack(&rows, codec).unwrap();
            assert!(cold.bytes() * 3 < cold.unpacked_bytes(), "{codec:?}: {} bytes", cold.bytes());
        }
    }
}
