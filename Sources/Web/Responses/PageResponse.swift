import HTTPTypes
import Hummingbird

/// Answers with a page for people: nothing on it may be cached, framed by strangers, or tell another site where the
/// visitor was.
struct PageResponse: Sendable {
    /// Which other sites may show a page in a frame.
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
        // It knows none or all of another site's pages, and where it disagrees with the policy browsers differ.
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

    /// Leads on, to a link that nothing keeps; unless told otherwise by GET, whatever the method was.
    static func redirect(to link: String, status: HTTPResponse.Status = .seeOther) -> Response {
        Response(
            status: status,
            headers: [
                .location: link, .cacheControl: "no-store", .referrerPolicy: "no-referrer",
                .contentLength: "0",
            ]
        )
    }

    /// Scripts and styles are ours and in files; nothing that a script writes can become one.
    private var policy: String {
        [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
            "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
            "frame-ancestors \(frameAncestors.isEmpty ? "'none'" : frameAncestors.joined(separator: " "))",
            "require-trusted-types-for 'script'", "trusted-types 'none'",
        ].joined(separator: "; ")
    }
}
