//! The board: what every program reached, by set and together.

use super::answer::Answer;
use super::cases::Case;
use super::figures::{Asked, Figure};
use leitmotif::judge::accuracy::interval::Tally;
use std::collections::BTreeMap;

/// All figures of all programs.
#[derive(Default)]
pub struct Board {
    /// By program, set and figure: what was reached, and how often nothing was said.
    cells: BTreeMap<(usize, usize, Figure), (Tally, usize)>,
    programs: Vec<String>,
    sets: Vec<String>,
}

impl Board {
    /// Writes down what a program heard in a piece; returns the values, for those who want them singly.
    pub fn write(&mut self, program: &str, case: &Case, answer: &Answer) -> Vec<(Figure, f64)> {
        let program = place(&mut self.programs, program);
        let set = place(&mut self.sets, &case.set);
        let mut values = Vec::new();
        for figure in Figure::ALL {
            let asked = figure.ask(case, answer);
            if asked == Asked::NoTruth {
                continue;
            }
            let cell = self.cells.entry((program, set, figure)).or_default();
            match asked {
                Asked::Value(value) => {
                    cell.0.value(value);
                    values.push((figure, value));
                }
                Asked::Counts(counts) => {
                    cell.0.counts(counts);
                    values.push((figure, counts.f()));
                }
                Asked::Silent => cell.1 += 1,
                Asked::NoTruth => {}
            }
        }
        values
    }

    /// Prints the table: a figure a row, by set and over all sets. A program that is silent on some
    /// pieces only gets 0 for those.
    pub fn print(&self) {
        println!("| figure | set | n | {} |", self.programs.join(" | "));
        println!("|-|-|-|{}", "-|".repeat(self.programs.len()));
        for figure in Figure::ALL {
            let asked: Vec<usize> =
                (0..self.sets.len()).filter(|s| self.count(*s, figure) > 0).collect();
            for set in &asked {
                self.row(figure, &self.sets[*set], &[*set]);
            }
            if asked.len() > 1 {
                self.row(figure, "together", &asked);
            }
        }
    }

    fn row(&self, figure: Figure, name: &str, sets: &[usize]) {
        let n: usize = sets.iter().map(|s| self.count(*s, figure)).sum();
        let cells: Vec<String> =
            (0..self.programs.len()).map(|p| self.cell(p, sets, figure, n)).collect();
        println!("| {} | {name} | {n} | {} |", figure.name(), cells.join(" | "));
    }

    /// Most pieces that any program was asked.
    fn count(&self, set: usize, figure: Figure) -> usize {
        let of = |p| self.cells.get(&(p, set, figure)).map_or(0, |c| c.0.pieces() + c.1);
        (0..self.programs.len()).map(of).max().unwrap_or(0)
    }

    fn cell(&self, program: usize, sets: &[usize], figure: Figure, n: usize) -> String {
        let hears = (0..self.sets.len())
            .any(|s| self.cells.get(&(program, s, figure)).is_some_and(|c| c.0.pieces() > 0));
        if !hears {
            return "not heard".to_owned();
        }
        let mut whole = Tally::default();
        for set in sets {
            if let Some((tally, silent)) = self.cells.get(&(program, *set, figure)) {
                whole.add(tally);
                (0..*silent).for_each(|_| whole.value(0.0));
            }
        }
        match (whole.figure(), whole.interval()) {
            (Some(figure), Some((low, high))) => {
                // Not asked of all pieces: its figure is of others.
                let few = if whole.pieces() < n {
                    format!(" n {}", whole.pieces())
                } else {
                    String::new()
                };
                format!("{figure:.3} ({low:.2}-{high:.2}){few}")
            }
            _ => "not heard".to_owned(),
        }
    }
}

fn place(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|n| n == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
