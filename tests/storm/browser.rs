//! A browser: it keeps cookies, and asks one or the other process as behind a load balancer.

use std::{collections::BTreeMap, io};

use url::Url;

use crate::wire::{Answer, Wire};

#[derive(Debug, Default)]
pub(crate) struct Browser {
    jar: BTreeMap<String, String>,
}

impl Browser {
    /// Opens a page, and keeps the cookies that come with it.
    pub(crate) async fn navigate(&mut self, url: &Url) -> io::Result<Answer> {
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let cookies = self.cookies();
        let headers = [("Sec-Fetch-Mode", "navigate"), ("Cookie", &*cookies)];
        let mut wire = Wire::connect(url.port().unwrap()).await?;
        let answer = wire.get(path, &headers).await?;
        for cookie in answer.headers("set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.jar.insert(name.to_owned(), value.to_owned());
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

    /// As the header.
    pub(crate) fn cookies(&self) -> String {
        let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        cookies.join("; ")
    }
}
