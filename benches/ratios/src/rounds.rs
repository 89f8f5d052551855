//! Measures variants in turn, so that what slows the machine down slows all of them down.

use std::{fmt, time::Duration};

/// Something that is measured.
pub(crate) struct Variant<'a> {
    pub(crate) name: &'static str,
    /// The variant that it is compared with.
    pub(crate) floor: Option<&'static str>,
    /// How often it is done in one round.
    pub(crate) each_round: u32,
    /// Does it so often, and gives the processor time that it took in all.
    pub(crate) run: Box<dyn Fn(u32) -> Duration + 'a>,
}

/// What one variant cost.
pub(crate) struct Figure {
    name: &'static str,
    floor: Option<&'static str>,
    /// Microseconds for one, of each round.
    rounds: Vec<f64>,
}

/// Runs all variants `rounds` times in turn, after one round that nobody counts.
pub(crate) fn measure(variants: &[Variant<'_>], rounds: usize) -> Vec<Figure> {
    let mut figures: Vec<Figure> = variants
        .iter()
        .map(|variant| Figure {
            name: variant.name,
            floor: variant.floor,
            rounds: Vec::with_capacity(rounds),
        })
        .collect();
    for round in 0..=rounds {
        for (variant, figure) in variants.iter().zip(&mut figures) {
            let took = (variant.run)(variant.each_round);
            if round > 0 {
                figure
                    .rounds
                    .push(took.as_secs_f64() * 1e6 / f64::from(variant.each_round));
            }
        }
    }
    figures
}

/// The figures as a table.
pub(crate) struct Table<'a>(pub(crate) &'a [Figure]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<50} {:>9} {:>17}   {:>6} of",
            "", "median µs", "half of them", "ratio"
        )?;
        for figure in self.0 {
            let [low, median, high] = quartiles(&figure.rounds);
            write!(
                f,
                "{:<50} {median:>9.2} {:>17}",
                figure.name,
                format!("{low:.2} to {high:.2}")
            )?;
            let floor = figure
                .floor
                .and_then(|name| self.0.iter().find(|other| other.name == name));
            if let Some(floor) = floor {
                // Of rounds that ran beside each other.
                let ratios: Vec<f64> = figure
                    .rounds
                    .iter()
                    .zip(&floor.rounds)
                    .map(|(own, floor)| own / floor)
                    .collect();
                let [_, ratio, _] = quartiles(&ratios);
                write!(f, "   {ratio:>6.3} {}", floor.name)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn quartiles(values: &[f64]) -> [f64; 3] {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| sorted[(sorted.len() - 1) * quarter / 4])
}
