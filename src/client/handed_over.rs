//! A result on its way to a caller who may have gone: [`HandedOver`].

/// What nobody takes is undone. A caller that goes away drops it, at whatever moment: also when it is there already and was not
/// looked at.
pub(super) struct HandedOver<T> {
    value: Option<T>,
    undo: Option<Box<dyn FnOnce(T) + Send>>,
}

impl<T> HandedOver<T> {
    pub(super) fn new(value: T, undo: impl FnOnce(T) + Send + 'static) -> Self {
        Self {
            value: Some(value),
            undo: Some(Box::new(undo)),
        }
    }

    /// The value, which the caller has now. `None` cannot be: it is taken once.
    pub(super) fn take(mut self) -> Option<T> {
        self.value.take()
    }
}

impl<T> Drop for HandedOver<T> {
    fn drop(&mut self) {
        if let (Some(value), Some(undo)) = (self.value.take(), self.undo.take()) {
            undo(value);
        }
    }
}

#[cfg(test)]
mod tests;
