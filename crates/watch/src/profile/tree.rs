//! Which stage ran below which.

use std::collections::HashMap;

/// Most places; what comes after them is counted in one place of its own.
const MOST: usize = 4_096;
/// Name of that place.
const OTHERS: &str = "others";

/// A stage below its parents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Number of the place above; its own for the root.
    pub(super) above: u32,
    pub(super) name: &'static str,
}

/// Places by number; 0 is the root.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) places: Vec<Place>,
    numbers: HashMap<(u32, &'static str), u32>,
}

impl Tree {
    pub(super) fn new() -> Tree {
        Tree { places: vec![Place { above: 0, name: "all" }], numbers: HashMap::new() }
    }

    /// The place of the stage `name` below `above`, if there is one.
    pub(super) fn find(&self, above: u32, name: &'static str) -> Option<u32> {
        self.numbers.get(&(above, name)).copied()
    }

    /// The same, made where there is none.
    pub(super) fn make(&mut self, above: u32, name: &'static str) -> u32 {
        if let Some(known) = self.find(above, name) {
            return known;
        }
        let (above, name) = if self.places.len() < MOST { (above, name) } else { (0, OTHERS) };
        if let Some(known) = self.find(above, name) {
            return known;
        }
        let number = self.places.len() as u32;
        self.places.push(Place { above, name });
        self.numbers.insert((above, name), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_calls_itself_without_end_fills_no_memory() {
        let mut tree = Tree::new();
        let mut above = 0;
        for _ in 0..3 * MOST {
            above = tree.make(above, "again");
        }
        assert_eq!(tree.places.len(), MOST + 1);
        assert_eq!(tree.places[above as usize].name, OTHERS);
        assert_eq!(tree.make(0, "again"), tree.make(0, "again"));
    }
}
