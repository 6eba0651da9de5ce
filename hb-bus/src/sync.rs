//! The locks under which messages change hands. Apart, so that `hb-bus/loom` can put a model checker's in their place.

pub(crate) use std::sync::{Arc, Mutex, MutexGuard};

/// A panic while a lock is held can only come from a `clone` or a `hash` of what users gave, before anything was
/// changed: the data is whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
