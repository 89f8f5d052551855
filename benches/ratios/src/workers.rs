//! Threads that answer requests, each with an application of its own, as the workers of a server have it.

use std::{sync::mpsc, thread, time::Duration};

use actix_smart_auth::SmartConfig;
use actix_web::rt::System;

use crate::{
    application::{Application, Browser},
    cpu,
};

/// They end with this value.
pub(crate) struct Workers {
    orders: Vec<mpsc::Sender<u32>>,
    done: mpsc::Receiver<()>,
}

impl Workers {
    /// So many workers of one configuration. Each asks for the page below the launches of these browsers in turn.
    pub(crate) fn start(count: usize, config: &SmartConfig, browsers: &[Browser], page: &str) -> Self {
        let (tell, done) = mpsc::channel();
        let asked: Vec<_> = browsers
            .iter()
            .map(|browser| (format!("{}{page}", browser.launch_path), browser.cookies.clone()))
            .collect();
        let orders = (0..count).map(|number| {
            let (order, orders) = mpsc::channel();
            let (config, asked, tell) = (config.clone(), asked.clone(), tell.clone());
            thread::spawn(move || {
                System::new().block_on(async move {
                    let app = Application::with(config).await;
                    // Not all of them at the same launch in the same moment.
                    let mut next = asked.iter().cycle().skip(number * asked.len() / count);
                    while let Ok(times) = orders.recv() {
                        for (path, cookies) in next.by_ref().take(times as usize) {
                            assert_eq!(app.ask(path, cookies).await.status(), 200);
                        }
                        tell.send(()).expect("somebody waits");
                    }
                });
            });
            order
        });
        Self {
            orders: orders.collect(),
            done,
        }
    }

    /// Makes so many requests in all, and gives the processor time of the process.
    pub(crate) fn ask(&self, times: u32) -> Duration {
        let each = times as usize / self.orders.len();
        let before = cpu::used();
        for order in &self.orders {
            order.send(each as u32).expect("the worker lives");
        }
        for _ in &self.orders {
            self.done.recv().expect("the worker lives");
        }
        cpu::used() - before
    }
}
