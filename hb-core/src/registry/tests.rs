//! Identity, order and retention as tables; the laws as properties in [`laws`].
