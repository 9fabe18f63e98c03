//! A cursor in a list: where it is, what is scrolled to, what is marked.
//!
//! The list itself belongs to somebody else and may change between two keys; the cursor is put
//! right by [`List::fit`], never by trusting an old length.

/// A cursor and the first line in sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The line the cursor is on.
    pub at: usize,
    /// The first line in sight.
    pub top: usize,
}

/// A step of a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Lines down, or up where it is negative.
    By(isize),
    /// Halves of a page.
    Half(isize),
    /// The first line.
    First,
    /// The last line.
    Last,
}

impl List {
    /// Moves the cursor in a list of a length that shows `height` lines.
    pub fn go(&mut self, step: Step, len: usize, height: usize) {
        let last = len.saturating_sub(1);
        self.at = match step {
            Step::By(by) => self.at.saturating_add_signed(by),
            Step::Half(by) => {
                self.at.saturating_add_signed(by.saturating_mul((height / 2).max(1) as isize))
            }
            Step::First => 0,
            Step::Last => last,
        };
        self.fit(len, height);
    }

    /// Puts the cursor into the list and the cursor's line into sight, with a line or two around
    /// it where there is room.
    pub fn fit(&mut self, len: usize, height: usize) {
        self.at = self.at.min(len.saturating_sub(1));
        let margin = if height > 8 { 2 } else { 0 };
        let lowest = (self.at + margin + 1).saturating_sub(height.max(1));
        let highest = self.at.saturating_sub(margin);
        self.top = self.top.clamp(lowest.min(highest), highest);
        self.top = self.top.min(len.saturating_sub(height.max(1)));
    }

    /// The lines in sight.
    pub fn sight(&self, len: usize, height: usize) -> std::ops::Range<usize> {
        let top = self.top.min(len);
        top..len.min(top + height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_cursor_keeps_lines_around_it() {
        let mut list = List::default();
        list.go(Step::By(9), 100, 10);
        assert_eq!((list.at, list.top), (9, 2));
        list.go(Step::Last, 100, 10);
        assert_eq!((list.at, list.top), (99, 90));
        list.go(Step::By(-3), 100, 10);
        assert_eq!((list.at, list.top), (96, 90));
        list.go(Step::First, 0, 0);
        assert_eq!(list, List::default());
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_in_the_list_and_in_sight(
            steps in proptest::collection::vec((0usize..6, -9isize..9, 0usize..50, 0usize..20), 1..40)
        ) {
            let mut list = List::default();
            for (kind, by, len, height) in steps {
                let step = match kind {
                    0 => Step::First,
                    1 => Step::Last,
                    2 => Step::Half(by),
                    _ => Step::By(by),
                };
                list.go(step, len, height);
                prop_assert!(list.at < len.max(1));
                if len > 0 && height > 0 {
                    prop_assert!(list.sight(len, height).contains(&list.at));
                }
            }
        }
    }
}
