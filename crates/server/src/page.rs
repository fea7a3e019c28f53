//! The files of the screen, in the binary: ours as they are, those of Open MCT compressed.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use rust_embed::{Embed, EmbeddedFile};

/// What a page may load: itself. Open MCT compiles its templates in the browser, sets styles on elements, and draws pictures
/// from data.
const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
     font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'self'; base-uri 'self'; form-action 'self'";

#[derive(Embed)]
#[folder = "../../web/"]
#[include = "mission-control/*"]
#[include = "vendor/*"]
struct Web;

/// `GET /`
pub async fn index(asked: HeaderMap) -> Response<Body> {
    send("mission-control/index.html", &asked)
}

/// `GET /web/…`
pub async fn file(Path(path): Path<String>, asked: HeaderMap) -> Response<Body> {
    send(&format!("mission-control/{path}"), &asked)
}

/// `GET /openmct/…`
pub async fn vendor(Path(path): Path<String>, asked: HeaderMap) -> Response<Body> {
    send(&format!("vendor/openmct/{path}"), &asked)
}

/// Headers of every page: what it may load, and that nothing is guessed or told to others.
pub fn guard(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}

/// A file as it is, or its compressed twin; nothing but its tag to a browser that has it.
fn send(path: &str, asked: &HeaderMap) -> Response<Body> {
    let plain = Web::get(path).map(|file| (file, false));
    let Some((file, is_compressed)) =
        plain.or_else(|| Web::get(&format!("{path}.gz")).map(|file| (file, true)))
    else {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    };
    let EmbeddedFile { data, metadata } = file;
    let tag: String = metadata.sha256_hash().iter().take(8).map(|b| format!("{b:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let has_it =
        asked.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    // The files are in the binary, as a rule; a build for work on them reads them from the disk.
    let body = match (has_it, data) {
        (true, _) => Body::empty(),
        (false, Cow::Borrowed(bytes)) => Body::from(Bytes::from_static(bytes)),
        (false, Cow::Owned(bytes)) => Body::from(bytes),
    };
    let mut response = Response::new(body);
    if has_it {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    guard(headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if is_compressed && !has_it {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Media type by the end of a name.
fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "mp3" => "audio/mpeg",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_and_nothing_else_is() {
        let send = |path: &str| send(path, &HeaderMap::new());
        let script = send("vendor/openmct/openmct.js");
        assert_eq!(script.status(), StatusCode::OK);
        assert_eq!(script.headers()[header::CONTENT_ENCODING], "gzip");
        let mut asked = HeaderMap::new();
        asked.insert(header::IF_NONE_MATCH, script.headers()[header::ETAG].clone());
        let again = super::send("vendor/openmct/openmct.js", &asked);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        for path in ["vendor/openmct/../../../Cargo.toml", "mission-control//etc/passwd", ""] {
            assert_eq!(send(path).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
