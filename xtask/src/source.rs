//! Counting the lines of a Rust file: code and documentation, without tests.
//!
//! A small scanner tells comments, literals and code apart; it knows nested comments, raw strings,
//! character literals and lifetimes, and nothing else of the language. A blank line counts as
//! nothing, a line with code and a comment as code.
//!
//! Not here: what the numbers should be (`sizes`).

/// Lines of one file or of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Lines {
    /// Lines with something other than a comment on them.
    pub code: usize,
    /// Lines of doc comments.
    pub doc: usize,
}

/// What is on a line.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    /// Something other than a comment.
    code: bool,
    /// A doc comment or a part of one.
    doc: bool,
    /// Part of an item that only tests see.
    test: bool,
}

/// Count `source`, leaving out every item under `#[cfg(test)]`.
pub(crate) fn count(source: &str) -> Lines {
    let mut scanner = Scanner::new(source);
    scanner.scan();
    let Scanner { masked, mut lines, .. } = scanner;
    mark_tests(&masked, &mut lines);
    let counted = |select: fn(&Line) -> bool| lines.iter().filter(|l| !l.test && select(l)).count();
    Lines { code: counted(|line| line.code), doc: counted(|line| line.doc && !line.code) }
}

/// Walks a source text and separates code from comments and literals.
struct Scanner {
    text: Vec<char>,
    /// Position in the text.
    at: usize,
    /// Line of that position, from 0.
    line: usize,
    /// The text with comments and the insides of literals as blanks.
    masked: Vec<char>,
    /// What has been seen on each line.
    lines: Vec<Line>,
}

impl Scanner {
    fn new(source: &str) -> Scanner {
        let text: Vec<char> = source.chars().collect();
        let count = source.lines().count().max(1) + 1;
        Scanner {
            masked: Vec::with_capacity(text.len()),
            text,
            at: 0,
            line: 0,
            lines: vec![Line::default(); count],
        }
    }

    /// The character `ahead` of the position.
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    /// Whether the text goes on with `pattern`.
    fn starts_with(&self, pattern: &str) -> bool {
        pattern.chars().enumerate().all(|(ahead, c)| self.peek(ahead) == Some(c))
    }

    /// Take one character as code, or as part of a literal that the mask hides.
    fn take(&mut self, hidden: bool) {
        if let Some(c) = self.peek(0) {
            if !c.is_whitespace() {
                self.mark(|line| line.code = true);
            }
            self.advance(hidden);
        }
    }

    /// Go one character on.
    fn advance(&mut self, hidden: bool) {
        if let Some(c) = self.peek(0) {
            self.masked.push(if hidden && c != '\n' { ' ' } else { c });
            self.at += 1;
            if c == '\n' {
                self.line += 1;
            }
        }
    }

    /// Note something about the current line.
    fn mark(&mut self, set: impl Fn(&mut Line)) {
        if let Some(line) = self.lines.get_mut(self.line) {
            set(line);
        }
    }

    /// Walk to the end of the text.
    fn scan(&mut self) {
        while let Some(c) = self.peek(0) {
            match c {
                '/' if self.starts_with("//") => self.line_comment(),
                '/' if self.starts_with("/*") => self.block_comment(),
                '"' => self.string(),
                'r' if self.raw_hashes().is_some() => self.raw_string(),
                '\'' => self.quote(),
                _ => self.take(false),
            }
        }
    }

    /// `// …` up to the end of the line; four slashes are a rule, not documentation.
    fn line_comment(&mut self) {
        let doc = self.starts_with("//!") || (self.starts_with("///") && !self.starts_with("////"));
        if doc {
            self.mark(|line| line.doc = true);
        }
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.advance(true);
        }
    }

    /// `/* … */`, which may contain others.
    fn block_comment(&mut self) {
        let doc = self.starts_with("/*!") || (self.starts_with("/**") && !self.starts_with("/**/"));
        let mut depth = 0;
        while self.peek(0).is_some() {
            if doc {
                self.mark(|line| line.doc = true);
            }
            if self.starts_with("/*") {
                depth += 1;
                self.advance(true);
            } else if self.starts_with("*/") {
                depth -= 1;
                self.advance(true);
            }
            self.advance(true);
            if depth == 0 {
                return;
            }
        }
    }

    /// `"…"` with escapes.
    fn string(&mut self) {
        self.take(false);
        while let Some(c) = self.peek(0) {
            match c {
                '"' => return self.take(false),
                '\\' => {
                    self.take(true);
                    self.take(true);
                }
                _ => self.take(true),
            }
        }
    }

    /// How many `#` a raw string that starts here has.
    fn raw_hashes(&self) -> Option<usize> {
        let before =
            |back: usize| self.at.checked_sub(back).and_then(|at| self.text.get(at)).copied();
        let name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let prefixed = matches!(before(1), Some('b' | 'c')) && !name(before(2));
        if name(before(1)) && !prefixed {
            return None;
        }
        let hashes = (1..).take_while(|ahead| self.peek(*ahead) == Some('#')).count();
        (self.peek(1 + hashes) == Some('"')).then_some(hashes)
    }

    /// `r#"…"#`, which ends at a quote with as many `#`.
    fn raw_string(&mut self) {
        let hashes = self.raw_hashes().unwrap_or(0);
        for _ in 0..hashes + 2 {
            self.take(true);
        }
        let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
        while self.peek(0).is_some() && !self.starts_with(&end) {
            self.take(true);
        }
        for _ in 0..=hashes {
            self.take(true);
        }
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) {
        self.take(false);
        if self.peek(0) == Some('\\') {
            self.take(true);
            self.take(true);
            while self.peek(0).is_some_and(|c| c != '\'' && c != '\n') {
                self.take(true);
            }
            self.take(false);
        } else if self.peek(1) == Some('\'') {
            self.take(true);
            self.take(false);
        }
    }
}

/// Mark the lines of every item under `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn mark_tests(masked: &[char], lines: &mut [Line]) {
    let starts = |at: usize, pattern: &str| {
        pattern.chars().enumerate().all(|(ahead, c)| masked.get(at + ahead) == Some(&c))
    };
    let mut line = 0;
    let mut test_until = 0;
    for (at, c) in masked.iter().enumerate() {
        if at >= test_until && (starts(at, "#[cfg(test)") || starts(at, "#[cfg(all(test,")) {
            test_until = item_end(masked, at);
        }
        if at < test_until
            && let Some(marked) = lines.get_mut(line)
        {
            marked.test = true;
        }
        line += usize::from(*c == '\n');
    }
}

/// Position after the item whose attributes start at `from`: after its `;` or its closing brace.
fn item_end(masked: &[char], from: usize) -> usize {
    let mut brackets = 0_usize;
    let mut braces = 0_usize;
    for (at, c) in masked.iter().enumerate().skip(from) {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            '{' => braces += 1,
            '}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 && brackets == 0 {
                    return at + 1;
                }
            }
            ';' if braces == 0 && brackets == 0 => return at + 1,
            _ => {}
        }
    }
    masked.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(code: usize, doc: usize) -> Lines {
        Lines { code, doc }
    }

    #[test]
    fn comments_blanks_and_documentation_are_told_apart() {
        let source =
            "//! Module.\n\n// note\n/// Doc.\npub fn f() -> u8 {\n    1 // one\n}\n//// rule\n";
        assert_eq!(count(source), lines(3, 2));
        assert_eq!(
            count("/** a\n b */\nfn f() {}\n/* x /* y */ z */ fn g() {}\n/**/\n"),
            lines(2, 2)
        );
        assert_eq!(count(""), lines(0, 0));
    }

    #[test]
    fn comment_signs_inside_literals_are_code() {
        let source = "let a = \"// no\";\nlet b = '\"'; // c\nlet c = r#\"/* \"// \"#;\nlet d = '\\'';\nlet e = \"\\\"// \";\n/// doc\n";
        assert_eq!(count(source), lines(5, 1));
        assert_eq!(
            count("fn f<'a>(x: &'a str) {} // 'a\nlet r = br\"\\\"; // x\nlet r#type = 1;\n"),
            lines(3, 0)
        );
    }

    #[test]
    fn test_items_do_not_count() {
        let source = "\
fn f() {}
#[cfg(test)]
mod tests {
    /// Doc.
    const BRACE: &str = \"}\";
    fn g() { let x = [0; 3]; }
}
#[cfg(test)]
use a::b;
#[cfg(all(test, unix))]
#[allow(dead_code)]
fn h(x: [u8; 2]) {
}
fn i() {}
";
        assert_eq!(count(source), lines(2, 0));
    }
}
