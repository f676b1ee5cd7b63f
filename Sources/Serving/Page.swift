import Hummingbird

/// The page at `/`: one file without anything from elsewhere.
struct Page: Sendable {
    /// Part of the program's binary, so that it cannot be missing.
    private let html = String(decoding: PackageResources.page_html, as: UTF8.self)

    func response() -> Response {
        var response = Response.text(html, contentType: "text/html; charset=utf-8")
        response.headers[.contentSecurityPolicy] = Self.policy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.cacheControl] = "no-cache"
        return response
    }

    /// The page may run its own script and style and talk to this server, and nothing else, nor be framed.
    private static let policy =
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
        + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
