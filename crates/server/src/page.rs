//! The files of the screen, in the binary: ours as they are, those of Open MCT compressed.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
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
pub async fn index() -> Response<Body> {
    send("mission-control/index.html")
}

/// `GET /web/…`
pub async fn file(Path(path): Path<String>) -> Response<Body> {
    send(&format!("mission-control/{path}"))
}

/// `GET /openmct/…`
pub async fn vendor(Path(path): Path<String>) -> Response<Body> {
    send(&format!("vendor/openmct/{path}"))
}

/// A file as it is, or its compressed twin.
fn send(path: &str) -> Response<Body> {
    let plain = Web::get(path).map(|file| (file, false));
    let Some((file, is_compressed)) =
        plain.or_else(|| Web::get(&format!("{path}.gz")).map(|file| (file, true)))
    else {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    };
    let EmbeddedFile { data, metadata } = file;
    let mut response = Response::new(Body::from(data.into_owned()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind(path)));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let tag: String = metadata.sha256_hash().iter().take(8).map(|b| format!("{b:02x}")).collect();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{tag}\"")) {
        headers.insert(header::ETAG, tag);
    }
    if is_compressed {
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
        let script = send("vendor/openmct/openmct.js");
        assert_eq!(script.status(), StatusCode::OK);
        assert_eq!(script.headers()[header::CONTENT_ENCODING], "gzip");
        for path in ["vendor/openmct/../../../Cargo.toml", "mission-control//etc/passwd", ""] {
            assert_eq!(send(path).status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
