//! A family of metrics: its name, what it means, its labels; and how samples of it are written.
//!
//! The library writes and escapes; here it is fed. Not here: which families there are (`screens`, `server`, `process`).

use std::fmt::Error;

use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabel, EncodeLabelSet, LabelSetEncoder, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;

use crate::engine::Lag;

/// What kind of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Goes up and down.
    Gauge,
    /// Only grows; its name ends in `_total`.
    Counter,
    /// Always 1, with what is to be known in its labels; its name ends in `_info`.
    Info,
    /// How often in which range.
    Histogram,
}

impl Kind {
    const fn of_library(self) -> MetricType {
        match self {
            Self::Gauge => MetricType::Gauge,
            Self::Counter => MetricType::Counter,
            Self::Info => MetricType::Info,
            Self::Histogram => MetricType::Histogram,
        }
    }

    /// What OpenMetrics gives the samples of such a family beyond its name.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Gauge | Self::Histogram => "",
        }
    }

    #[cfg(test)]
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Info => "info",
            Self::Histogram => "histogram",
        }
    }
}

/// A family.
#[derive(Debug)]
pub(super) struct Family {
    /// As its samples are called.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The names of its labels, in order.
    pub(super) labels: &'static [&'static str],
    /// In one sentence without a full stop.
    pub(super) help: &'static str,
}

impl Family {
    /// Writes what it is and its samples, each by `samples`.
    pub(super) fn write(
        &self,
        to: &mut DescriptorEncoder<'_>,
        samples: impl FnOnce(&mut Samples<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let name = self.name.strip_suffix(self.kind.suffix()).unwrap_or(self.name);
        let encoder = to.encode_descriptor(name, self.help, None, self.kind.of_library())?;
        samples(&mut Samples { encoder, family: self })
    }

    /// The same for a family of one sample, which may not be known.
    pub(super) fn write_one(&self, to: &mut DescriptorEncoder<'_>, value: Option<f64>) -> Result<(), Error> {
        self.write(to, |samples| value.map_or(Ok(()), |value| samples.add(&[], value)))
    }
}

/// Where samples go.
pub(super) struct Samples<'a> {
    encoder: MetricEncoder<'a>,
    family: &'a Family,
}

impl Samples<'_> {
    /// One sample, with the values of its labels in order.
    pub(super) fn add(&mut self, values: &[&str], value: f64) -> Result<(), Error> {
        let labels = Labels { names: self.family.labels, values };
        match self.family.kind {
            Kind::Info => self.encoder.encode_info(&labels),
            kind if values.is_empty() => number(&mut self.encoder, kind, value),
            kind => number(&mut self.encoder.encode_family(&labels)?, kind, value),
        }
    }

    /// All of a histogram.
    pub(super) fn add_all(&mut self, lag: &Lag) -> Result<(), Error> {
        self.encoder.encode_histogram::<NoLabelSet>(lag.sum, lag.count, &lag.buckets, None)
    }
}

fn number(encoder: &mut MetricEncoder<'_>, kind: Kind, value: f64) -> Result<(), Error> {
    if kind == Kind::Counter {
        return encoder.encode_counter::<NoLabelSet, f64, f64>(&value, None);
    }
    encoder.encode_gauge(&value)
}

/// Labels as a family names them.
#[derive(Debug)]
struct Labels<'a> {
    names: &'a [&'a str],
    values: &'a [&'a str],
}

impl EncodeLabelSet for Labels<'_> {
    fn encode(&self, to: &mut LabelSetEncoder<'_>) -> Result<(), Error> {
        debug_assert_eq!(self.names.len(), self.values.len(), "each label has a value");
        self.names.iter().zip(self.values).try_for_each(|label| {
            let (name, value): (&str, &str) = (label.0, label.1);
            (name, value).encode(to.encode_label())
        })
    }
}
