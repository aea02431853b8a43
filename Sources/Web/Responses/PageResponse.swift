import HTTPTypes
import Hummingbird

/// Answers with an HTML page, which may not be cached, framed by other sites, or sent as a referrer.
struct PageResponse: Sendable {
    /// The other sites that may show a page in a frame.
    let frameAncestors: [String]

    func html(
        _ text: String,
        status: HTTPResponse.Status = .ok,
        to request: Request,
        more: HTTPFields = [:]
    ) -> Response {
        var headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .vary: "Accept-Encoding",
            .referrerPolicy: "no-referrer", .contentSecurityPolicy: policy,
            .crossOriginResourcePolicy: "same-origin",
        ]
        // X-Frame-Options cannot list other sites, and browsers differ if it contradicts the policy, so it is
        // sent only without such sites.
        if frameAncestors.isEmpty { headers[.frameOptions] = "DENY" }
        for field in more { headers[field.name] = field.value }
        let bytes = Array(text.utf8)
        let compressed =
            AcceptedEncoding.includesGzip(request.headers) ? Gzip.compressed(bytes, .quick) : nil
        headers[.contentEncoding] = compressed == nil ? nil : "gzip"
        return Response(
            status: status,
            headers: headers,
            body: .init(byteBuffer: ByteBuffer(bytes: compressed ?? bytes))
        )
    }

    /// Redirects to a link without caching; the default status 303 makes the browser use GET after any
    /// method.
    static func redirect(to link: String, status: HTTPResponse.Status = .seeOther) -> Response {
        Response(
            status: status,
            headers: [
                .location: link, .cacheControl: "no-store", .referrerPolicy: "no-referrer",
                .contentLength: "0",
            ]
        )
    }

    /// Scripts and styles come only from our own files, and scripts cannot turn a text into a script.
    private var policy: String {
        [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
            "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
            "frame-ancestors \(frameAncestors.isEmpty ? "'none'" : frameAncestors.joined(separator: " "))",
            "require-trusted-types-for 'script'", "trusted-types 'none'",
        ].joined(separator: "; ")
    }
}
