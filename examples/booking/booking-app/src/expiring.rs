//! A map in memory whose entries expire and whose size is bounded, so that nobody can fill the
//! memory by starting sign-ins.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Values by random key; each lives for the same time, and the oldest leaves when the map is full.
pub struct Expiring<T> {
    lifetime: Duration,
    capacity: usize,
    inner: Mutex<Inner<T>>,
}

struct Inner<T> {
    values: HashMap<String, (Instant, T)>,
    /// Keys by age: as all live equally long, the front expires first. Keys of removed values may
    /// still stand here.
    order: VecDeque<(Instant, String)>,
}

impl<T: Clone> Expiring<T> {
    pub fn new(lifetime: Duration, capacity: usize) -> Self {
        let inner = Inner {
            values: HashMap::new(),
            order: VecDeque::new(),
        };
        Self {
            lifetime,
            capacity,
            inner: Mutex::new(inner),
        }
    }

    /// Keeps `value` under `key`, which is random and new.
    pub fn insert(&self, key: String, value: T) {
        let now = Instant::now();
        let mut inner = self.lock();
        while let Some((at, _)) = inner.order.front()
            && (inner.order.len() >= self.capacity || now.duration_since(*at) >= self.lifetime)
        {
            if let Some((_, oldest)) = inner.order.pop_front() {
                inner.values.remove(&oldest);
            }
        }
        inner.order.push_back((now, key.clone()));
        inner.values.insert(key, (now, value));
    }

    /// The value of `key`, unless it has expired.
    pub fn get(&self, key: &str) -> Option<T> {
        let inner = self.lock();
        let (at, value) = inner.values.get(key)?;
        (at.elapsed() < self.lifetime).then(|| value.clone())
    }

    /// Takes the value of `key` out if it fits: only one caller ever gets it.
    pub fn take_if(&self, key: &str, fits: impl FnOnce(&T) -> bool) -> Option<T> {
        let mut inner = self.lock();
        let (at, value) = inner.values.get(key)?;
        if at.elapsed() >= self.lifetime || !fits(value) {
            return None;
        }
        inner.values.remove(key).map(|(_, value)| value)
    }

    /// Removes the value of `key` and gives it back.
    pub fn remove(&self, key: &str) -> Option<T> {
        self.lock().values.remove(key).map(|(_, value)| value)
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // No code panics while it holds the lock; were it so, the map is still whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_taken_once_and_only_by_whom_it_fits() {
        let map = Expiring::new(Duration::from_mins(1), 10);
        map.insert("key".into(), 7);
        assert_eq!(map.take_if("key", |value| *value == 8), None);
        assert_eq!(map.take_if("key", |value| *value == 7), Some(7));
        assert_eq!(map.take_if("key", |_| true), None);
    }

    #[test]
    fn the_oldest_leaves_a_full_map() {
        let map = Expiring::new(Duration::from_mins(1), 2);
        for (key, value) in [("a", 1), ("b", 2), ("c", 3)] {
            map.insert(key.into(), value);
        }
        assert_eq!(
            (map.get("a"), map.get("b"), map.get("c")),
            (None, Some(2), Some(3))
        );
    }

    #[test]
    fn an_expired_value_is_gone() {
        let map = Expiring::new(Duration::ZERO, 2);
        map.insert("a".into(), 1);
        assert_eq!(map.get("a"), None);
        assert_eq!(map.take_if("a", |_| true), None);
    }
}
