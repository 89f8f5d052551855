//! A server of files that sends the bytes it is told.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use actix_smart_auth::{
    bulk::{BulkClient, BulkExport, BulkFileError, BulkLines, Compression, ExportLevel},
    sandbox::{ExportFilesAt, ExportFilesToken, SandboxExport},
    transport::HttpClient,
};

use super::Exporter;

/// The one file of an export from here.
pub(super) const FILE: &str = "Observation.1.ndjson";
pub(super) const CLIENTS: [HttpClient; 2] = [HttpClient::Awc, HttpClient::Reqwest];

/// A server that answers the request with that number, from 0, by the bytes that it is told, and closes the connection.
pub(super) struct Raw {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

/// What is sent, and what follows.
pub(super) struct Answer {
    bytes: Vec<u8>,
    then: Then,
}

#[derive(PartialEq, Eq)]
enum Then {
    Close,
    /// Nothing more comes until the client gives up.
    Hang,
}

impl From<Vec<u8>> for Answer {
    fn from(bytes: Vec<u8>) -> Self {
        let then = Then::Close;
        Self { bytes, then }
    }
}

/// This, and then nothing more until the client gives up.
pub(super) fn hanging(bytes: Vec<u8>) -> Answer {
    let then = Then::Hang;
    Answer { bytes, then }
}

impl Raw {
    pub(super) fn start<A: Into<Answer>>(answer: impl Fn(usize, &str) -> A + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let Some(request) = head(&mut connection) else {
                    continue;
                };
                let number = seen.lock().unwrap().len();
                seen.lock().unwrap().push(request.clone());
                let answer = answer(number, &request).into();
                let _ = connection.write_all(&answer.bytes);
                if answer.then == Then::Hang {
                    connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                    let _ = connection.read(&mut [0]);
                }
            }
        });
        Self { address, requests }
    }

    /// Heads in small letters.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// An export whose one file is here, wants no token, and has to have ten lines.
    pub(super) fn export(
        &self,
        client: HttpClient,
        change: impl FnOnce(BulkClient) -> BulkClient,
    ) -> (Exporter, BulkExport) {
        let settings = SandboxExport::new()
            .lines("Observation", 10)
            .files_token(ExportFilesToken::Refused)
            .files_at(ExportFilesAt::Address(self.address.clone()));
        let exporter = Exporter::with_client(settings, client);
        let export = change(exporter.bulk())
            .export(ExportLevel::System)
            .types(["Observation"]);
        (exporter, export)
    }

    /// The file as that client reads it.
    pub(super) async fn lines_with(
        &self,
        client: HttpClient,
        change: impl FnOnce(BulkClient) -> BulkClient,
    ) -> (Exporter, BulkLines) {
        let (exporter, export) = self.export(client, change);
        let manifest = export.start().await.unwrap().wait(|_| ()).await.unwrap();
        let lines = manifest.files()[0].lines();
        (exporter, lines)
    }

    /// The same, uncompressed.
    pub(super) async fn lines(&self, client: HttpClient) -> (Exporter, BulkLines) {
        self.lines_with(client, |bulk| bulk.compression(Compression::Refused))
            .await
    }
}

fn head(connection: &mut TcpStream) -> Option<String> {
    let mut request = String::new();
    let mut byte = [0];
    while !request.ends_with("\r\n\r\n") && connection.read(&mut byte).unwrap_or(0) == 1 {
        request.push(char::from(byte[0]).to_ascii_lowercase());
    }
    Some(request).filter(|request| !request.is_empty())
}

/// Ten lines, about that patient.
pub(super) fn text(patient: &str) -> String {
    (0..10)
        .map(|number| format!("{{\"resourceType\":\"Observation\",\"id\":\"{number}\",\"subject\":\"{patient}\"}}\n"))
        .collect()
}

/// An answer with all of a body.
pub(super) fn whole(headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Where the rest that is asked for begins.
pub(super) fn first_byte(request: &str) -> usize {
    let range = request.split("range: bytes=").nth(1).unwrap();
    range.split('-').next().unwrap().parse().unwrap()
}

pub(super) async fn all(lines: &mut BulkLines) -> Result<Vec<Vec<u8>>, BulkFileError> {
    let mut all = Vec::new();
    while let Some(line) = lines.next().await? {
        all.push(line);
    }
    Ok(all)
}
