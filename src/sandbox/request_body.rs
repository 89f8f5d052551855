//! The body of a request, with an end to size and to waiting: [`read`].

use std::time::Duration;

use actix_web::{
    HttpResponse,
    web::{self, Bytes},
};
use tokio::time::timeout;

/// More than any request of a SMART client, and any description of one, needs.
const LARGEST: usize = 4 << 20;

/// How long a body may be on its way.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoBody {
    TooLarge,
    TooSlow,
    Broken,
}

/// The body; bytes that are no UTF-8 are replaced.
///
/// # Errors
/// When it has more than 4 MiB, is not there in time, or does not come to its end.
pub(super) async fn read(payload: web::Payload) -> Result<String, NoBody> {
    within(PATIENCE, payload.to_bytes_limited(LARGEST)).await
}

async fn within<E, L>(
    patience: Duration,
    whole: impl Future<Output = Result<Result<Bytes, E>, L>>,
) -> Result<String, NoBody> {
    match timeout(patience, whole).await {
        Ok(Ok(Ok(body))) => Ok(String::from_utf8_lossy(&body).into_owned()),
        Ok(Ok(Err(_))) => Err(NoBody::Broken),
        Ok(Err(_)) => Err(NoBody::TooLarge),
        Err(_) => Err(NoBody::TooSlow),
    }
}

impl NoBody {
    /// What a client of the EHR is told. The connection ends: the rest of the body may still come.
    pub(super) fn response(self) -> HttpResponse {
        let mut response = match self {
            Self::TooLarge => HttpResponse::PayloadTooLarge(),
            Self::TooSlow => HttpResponse::RequestTimeout(),
            Self::Broken => HttpResponse::BadRequest(),
        };
        response.force_close().finish()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[actix_web::test]
    async fn a_body_is_waited_for_until_it_is_too_large_or_broken_or_late() {
        type Whole = Result<Result<Bytes, ()>, ()>;
        let soon = |whole: Whole| within(Duration::ZERO, ready(whole));
        assert_eq!(soon(Ok(Ok(Bytes::from_static(b"a=b")))).await, Ok("a=b".to_owned()));
        assert_eq!(soon(Ok(Err(()))).await, Err(NoBody::Broken));
        assert_eq!(soon(Err(())).await, Err(NoBody::TooLarge));
        assert_eq!(within(Duration::ZERO, pending::<Whole>()).await, Err(NoBody::TooSlow));
    }
}
