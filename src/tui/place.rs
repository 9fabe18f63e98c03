//! Line and column of a place in a file, for messages about what a person wrote there.

/// A fault in a file a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub words: String,
}

impl Fault {
    /// A fault at a byte of a text.
    pub fn at(text: &str, byte: usize, words: impl Into<String>) -> Self {
        let before = text.get(..byte.min(text.len())).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        Self { line, column: before[start..].chars().count() + 1, words: words.into() }
    }

    /// The fault the TOML parser found.
    pub fn of(text: &str, error: &toml::de::Error) -> Self {
        let byte = error.span().map_or(0, |s| s.start);
        Self::at(text, byte, error.message().trim().replace('\n', "; "))
    }

    /// The fault in one line, with the file's name.
    pub fn sentence(&self, file: &str) -> String {
        format!("{file}, line {}, column {}: {}", self.line, self.column, self.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_one() {
        let text = "a = 1\nbö = x\n";
        assert_eq!(Fault::at(text, 0, "").line, 1);
        let fault = Fault::at(text, 12, "no");
        assert_eq!((fault.line, fault.column), (2, 6));
        assert_eq!(fault.sentence("f"), "f, line 2, column 6: no");
        assert_eq!(Fault::at(text, 999, "").line, 3);
    }
}
