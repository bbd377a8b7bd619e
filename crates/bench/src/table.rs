//! The table that is printed, in Markdown so that it can be kept in `docs/performance.md`.

/// One line of the table.
pub struct Row {
    measure: String,
    value: String,
    baseline: String,
    ratio: String,
    target: String,
    verdict: &'static str,
}

impl Row {
    /// A measure that has no target.
    pub fn information(measure: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            measure: measure.into(),
            value: value.into(),
            baseline: String::new(),
            ratio: String::new(),
            target: String::new(),
            verdict: "",
        }
    }

    /// A measure that has a limit in its own unit.
    pub fn limited(measure: &str, value: f64, limit: f64, show: fn(f64) -> String) -> Self {
        Self {
            target: format!("≤ {}", show(limit)),
            verdict: verdict(value, limit),
            ..Self::information(measure, show(value))
        }
    }

    /// A measure whose ratio to a baseline is limited. The ratio is the median of its own, not that
    /// of the two medians shown.
    pub fn compared(
        measure: &str,
        value: String,
        baseline: String,
        ratio: f64,
        limit: Option<f64>,
    ) -> Self {
        Self {
            baseline,
            ratio: format!("{ratio:.2}"),
            target: limit.map_or_else(String::new, |limit| format!("≤ {limit}")),
            verdict: limit.map_or("", |limit| verdict(ratio, limit)),
            ..Self::information(measure, value)
        }
    }

    fn cells(&self) -> [&str; 6] {
        [
            &self.measure,
            &self.value,
            &self.baseline,
            &self.ratio,
            &self.target,
            self.verdict,
        ]
    }
}

fn verdict(value: f64, limit: f64) -> &'static str {
    if value <= limit { "ok" } else { "over" }
}

/// Prints all lines below a heading.
pub fn print(rows: &[Row]) {
    const HEADING: [&str; 6] = ["measure", "value", "baseline", "ratio", "target", ""];
    let lines: Vec<[&str; 6]> = std::iter::once(HEADING)
        .chain(rows.iter().map(Row::cells))
        .collect();
    let mut widths = [0; 6];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for (number, line) in lines.iter().enumerate() {
        let padded: Vec<String> = line
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        println!("| {} |", padded.join(" | "));
        if number == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            println!("|-{}-|", rules.join("-|-"));
        }
    }
}
