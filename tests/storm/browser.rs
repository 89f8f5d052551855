//! A browser: it keeps cookies, and asks one or the other process as behind a load balancer.

use std::io;

use url::Url;

use crate::{
    support::jar::Jar,
    wire::{Answer, Wire},
};

/// Where all processes seem to be.
const HOST: &str = "";

#[derive(Debug, Default)]
pub(crate) struct Browser {
    jar: Jar,
}

impl Browser {
    /// Opens a page, and keeps the cookies that come with it.
    pub(crate) async fn navigate(&mut self, url: &Url) -> io::Result<Answer> {
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let cookies = self.jar.header(HOST, url.path()).unwrap_or_default();
        let headers = [("Sec-Fetch-Mode", "navigate"), ("Cookie", &*cookies)];
        let mut wire = Wire::connect(url.port().unwrap()).await?;
        let answer = wire.get(path, &headers).await?;
        for cookie in answer.headers("set-cookie") {
            self.jar.keep(HOST, cookie);
        }
        Ok(answer)
    }

    /// Where a page leads on to.
    pub(crate) async fn follow(&mut self, url: &Url) -> Url {
        let answer = self.navigate(url).await.unwrap();
        let location = answer.header("location");
        let location =
            location.unwrap_or_else(|| panic!("{url}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)));
        url.join(location).unwrap()
    }

    /// All of them, as a header.
    pub(crate) fn cookies(&self) -> String {
        let all = self.jar.all().into_iter();
        let cookies: Vec<_> = all.map(|(_, name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }
}
