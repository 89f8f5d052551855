//! How a checked configuration is put to work: [`SmartConfigBuilder::build`].

use std::sync::Arc;
#[cfg(feature = "actix")]
use std::sync::atomic::AtomicBool;

use super::{Inner, SmartConfig};
#[cfg(not(any(feature = "actix", feature = "reqwest")))]
use crate::transport::NoTransport;
use crate::{
    backend::Backends,
    config::{Checked, ConfigError, EhrNames, HttpSettings, SmartConfigBuilder},
    launch::{finish::Callbacks, id_token::IdTokenVerifier, refresh::Refresher, revoke::Revoker, session::Sessions},
    log_throttle::LogThrottle,
    meter,
    protocol::network_guard::Addresses,
    registration::{FirstUseParts, FirstUses},
    resource_server::ResourceServers,
    runtime::{
        Runtime,
        app_threads::AppThreads,
        audit::Auditor,
        brands::{BrandKeeper, BrandResolver, linked::LinkedBrands},
        discovery::{DiscoverySettings, DocumentCache},
        engine::{Engine, EngineOptions, TransportChoice},
        launch_watch::Watch,
        places::Places,
        proven_lately::ProvenLately,
        redirect_limit::RedirectLimit,
        registrations::{
            AppCode, OfApplication, OfResolver, Registrations, Resolver, ResolverCache, ResolverCacheParts, Source,
        },
        seen_lately::SeenLately,
    },
    store::StoreAccess,
    transport::{HttpTransport, bounded::BoundedTransport},
};

impl SmartConfigBuilder {
    /// Checks everything and reads the key files.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with every missing and every invalid value.
    pub fn build(self) -> Result<SmartConfig, ConfigError> {
        self.check().map(start)
    }
}

/// Puts a checked configuration to work. Its thread starts with the first work.
fn start(checked: Checked) -> SmartConfig {
    let Checked {
        settings,
        ehrs,
        resolver,
        redirect_rules,
        extra_keys,
        store,
        sealing,
        clock,
        on_launch,
        transport,
        audit,
        ehr_names,
        guard,
    } = checked;
    let engine = Engine::new(EngineOptions {
        transport: choose(transport, &settings.http),
        body_limit: settings.http.transport.body_limit,
    });
    let discovery = DiscoverySettings {
        ttl: settings.metadata_ttl,
        timeout: settings.http.request_timeout,
    };
    let app_threads = AppThreads::default();
    let (mut first_uses, mut cache, mut brands) = (None, None, None);
    if let Some(checked) = resolver {
        let asked_in_turn = [
            checked.resolver.is_some().then_some(AppCode::Resolver),
            checked.brands.is_some().then_some(AppCode::Brands),
            checked.first_use.is_some().then_some(AppCode::FirstUse),
        ];
        let name = AppCode::one_of(asked_in_turn.into_iter().flatten());
        let own = checked.resolver;
        let mut asked: Option<Arc<dyn Resolver>> = None;
        if let Some(checked) = checked.brands {
            let keeper = BrandKeeper::new(checked, Addresses::Any, &engine, Arc::clone(&clock));
            brands = Some(keeper.clone());
            asked = Some(Arc::new(BrandResolver {
                own,
                keeper,
                log_throttle: LogThrottle::default(),
            }));
        } else if let Some(own) = own {
            asked = Some(Arc::new(OfApplication(own)));
        }
        if let Some(first_use) = checked.first_use {
            let made = Arc::new(FirstUses::new(FirstUseParts {
                first_use,
                resolver: asked.take(),
                name: name.clone(),
                store: checked.registration_store,
                guard: checked.guard.clone(),
                rules: redirect_rules.clone(),
            }));
            first_uses = Some(made);
        }
        let source = match (&first_uses, asked) {
            (Some(first_uses), _) => Some(Arc::clone(first_uses) as Arc<dyn Source>),
            (None, asked) => asked.map(|resolver| Arc::new(OfResolver { resolver, name }) as Arc<dyn Source>),
        };
        cache = source.map(|source| {
            ResolverCache::new(ResolverCacheParts {
                source,
                ttl: checked.ttl,
                guard: checked.guard,
                rules: redirect_rules.clone(),
                threads: app_threads.clone(),
                clock: Arc::clone(&clock),
            })
        });
    }
    let verifier = IdTokenVerifier::new(&engine, &clock, discovery);
    let audit = Arc::new(Auditor::new(audit, Arc::clone(&clock)));
    let watch = Watch::of(&audit);
    meter::describe();
    let runtime = Arc::new(Runtime {
        own_origin: redirect_rules.origin().to_owned(),
        registrations: Registrations::new(ehrs, cache, redirect_rules, extra_keys),
        store: StoreAccess::new(store, settings.rules, Arc::clone(&clock)).watched_by(watch),
        settings,
        sealing,
        engine: engine.detached(),
        metadata: DocumentCache::new(&engine, Arc::clone(&clock), discovery),
        clock,
        on_launch,
        app_threads,
        redirects: RedirectLimit::default(),
        places: Places::default(),
        log_throttle: LogThrottle::default(),
        interrupted_sign_ins: SeenLately::default(),
        proven: ProvenLately::default(),
        audit,
        #[cfg(feature = "actix")]
        health: Arc::default(),
        #[cfg(feature = "actix")]
        large_headers_said: AtomicBool::new(false),
    });
    if let Some(first_uses) = &first_uses {
        first_uses.works_with(&runtime);
    }
    let linked_brands = match ehr_names {
        EhrNames::Configured => None,
        EhrNames::Brands(logos) => Some(LinkedBrands::new(Arc::clone(&runtime), logos, guard)),
    };
    let revoker = Revoker::new(Arc::clone(&runtime));
    let refresher = Refresher::new(Arc::clone(&runtime), revoker.clone());
    let callbacks = Callbacks::new(Arc::clone(&runtime), revoker.clone(), verifier.clone());
    let sessions = Sessions::new(Arc::clone(&runtime), refresher.clone(), revoker.clone(), engine.clone());
    let backends = Arc::new(Backends::new(Arc::clone(&runtime), engine.clone()));
    let resource_servers = Arc::new(ResourceServers::new(
        Arc::clone(&runtime),
        Arc::new(backends.detached()),
    ));
    SmartConfig {
        inner: Arc::new(Inner {
            runtime,
            engine,
            revoker,
            verifier,
            callbacks,
            refresher,
            sessions: Arc::new(sessions),
            backends,
            resource_servers,
            first_uses,
            brands,
            linked_brands,
        }),
    }
}

fn choose(transport: Option<Arc<dyn HttpTransport>>, http: &HttpSettings) -> TransportChoice {
    match transport {
        Some(own) => TransportChoice::Custom(Arc::new(BoundedTransport::new(own))),
        None => shipped(http),
    }
}

#[cfg(any(feature = "actix", feature = "reqwest"))]
fn shipped(http: &HttpSettings) -> TransportChoice {
    TransportChoice::shipped(http.client, http.transport.clone())
}

/// There is none; `build` has refused a configuration without a transport.
#[cfg(not(any(feature = "actix", feature = "reqwest")))]
fn shipped(_: &HttpSettings) -> TransportChoice {
    TransportChoice::Custom(Arc::new(NoTransport))
}
