//! Everything that is logged, by everybody, at every level.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    io,
    sync::{
        Mutex, Once,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use tracing::{
    Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    EnvFilter,
    filter::{FilterExt as _, dynamic_filter_fn},
    fmt,
    layer::{Context, Layer, SubscriberExt as _},
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

/// The log of the whole process from the moment at which it was asked for. Tests run side by side: look for what is
/// yours alone.
pub(crate) struct Logs {
    from: usize,
    spans_from: usize,
}

/// A span of the crate, with what it has recorded until now.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    /// The fields that it may record.
    pub(crate) declared: Vec<&'static str>,
    pub(crate) recorded: BTreeMap<&'static str, String>,
}

/// Of every request, these say a hundred times in which state a socket and a timer are, and nothing else. Searching all
/// that takes longer than the tests.
const EVERYTHING: &str = "trace,actix_http::h1::dispatcher=debug,mio=debug";

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SPANS: Mutex<Vec<Span>> = Mutex::new(Vec::new());
/// How many look at the log. While nobody does, writing it would be in the way of all others.
static READERS: AtomicUsize = AtomicUsize::new(0);

impl Logs {
    /// Starts collecting, at TRACE (see [`EVERYTHING`]), records of the `log` crate included.
    pub(crate) fn collect() -> Self {
        static SET_UP: Once = Once::new();
        SET_UP.call_once(|| {
            let wanted = dynamic_filter_fn(|_, _| READERS.load(SeqCst) > 0);
            let lines = fmt::layer()
                .with_ansi(false)
                .with_writer(|| Writer)
                .with_filter(EnvFilter::new(EVERYTHING).and(wanted));
            let of_crate =
                dynamic_filter_fn(|of, _| of.is_span() && of.name().starts_with("smart.") && READERS.load(SeqCst) > 0);
            tracing_subscriber::registry()
                .with(lines)
                .with(Spans.with_filter(of_crate))
                .init();
        });
        READERS.fetch_add(1, SeqCst);
        Self {
            from: LINES.lock().unwrap().len(),
            spans_from: SPANS.lock().unwrap().len(),
        }
    }

    /// The spans of the crate that have begun.
    pub(crate) fn spans(&self) -> Vec<Span> {
        SPANS.lock().unwrap()[self.spans_from..].to_vec()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&LINES.lock().unwrap()[self.from..]).into_owned()
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        READERS.fetch_sub(1, SeqCst);
    }
}

struct Writer;

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts the spans of the crate into [`SPANS`].
struct Spans;

/// The place of a span in [`SPANS`].
struct Place(usize);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let of = attributes.metadata();
        let mut span = Span {
            name: of.name(),
            level: *of.level(),
            declared: of.fields().iter().map(|field| field.name()).collect(),
            recorded: BTreeMap::new(),
        };
        attributes.record(&mut span);
        let mut spans = SPANS.lock().unwrap();
        context.span(id).unwrap().extensions_mut().insert(Place(spans.len()));
        spans.push(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        let extensions = span.extensions();
        let Some(Place(place)) = extensions.get() else { return };
        values.record(&mut SPANS.lock().unwrap()[*place]);
    }
}

impl Visit for Span {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.recorded.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.recorded.insert(field.name(), format!("{value:?}"));
    }
}
