//! Water recovery: processors between the tanks of [`crate::stores`].
//!
//! ```text
//! people ──► urine ──upa──► condensate ◄── condensing heat exchanger, reducer, hygiene
//!                    │          │
//!                    ▼          └──wpa──► potable ──► people, oxygen generator
//!                  brine ──brine processor──► vapour in the cabin air ──► condensate again
//! ```
//! A processor stops where its source is empty or its tank is full; nothing is spilt and nothing is
//! made. All of them run in the stage Water: urine processor, brine processor, water processor.

pub mod brine_processor;
pub mod upa;
pub mod wpa;
