//! What `cargo xtask truth` is told. The program that plays the cells is told the same, and so both read this file. Not here:
//! what is done with it ([`super::run`]).

/// Which cells, and in which form.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only cells whose name has this in it
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// Only this browser: chromium, chromium-headed, firefox, firefox-headed or webkit
    #[arg(long, value_name = "BROWSER")]
    pub(crate) browser: Option<String>,
    /// Also the cells that take minutes
    #[arg(long)]
    pub(crate) long: bool,
    /// Write what was played into docs/truth.md, also where it is not all; the other rows stay
    #[arg(long)]
    pub(crate) write: bool,
    /// The result as JSON on the standard output, in place of tables
    #[arg(long)]
    pub(crate) json: bool,
    /// Cells at a time [default: 4]
    #[arg(long, value_name = "N")]
    pub(crate) together: Option<usize>,
    /// For machines with other work: fail no cell for what was seen late, and wait for no alarm of the original's way
    #[arg(long)]
    pub(crate) patient: bool,
    /// Of the cells in WebKit only a sample: for CI, whose time is short
    #[arg(long)]
    pub(crate) brief: bool,
    /// Name the cells and end
    #[arg(long)]
    pub(crate) list: bool,
}

impl Args {
    /// As they are typed.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let together = self.together.map(|cells| cells.to_string());
        for (flag, value) in [("--only", &self.only), ("--browser", &self.browser), ("--together", &together)]
        {
            words.extend(value.iter().flat_map(|value| [flag.to_owned(), value.clone()]));
        }
        let flags = [
            ("--long", self.long),
            ("--write", self.write),
            ("--json", self.json),
            ("--patient", self.patient),
            ("--brief", self.brief),
            ("--list", self.list),
        ];
        words.extend(flags.iter().filter(|flag| flag.1).map(|flag| flag.0.to_owned()));
        words
    }
}
