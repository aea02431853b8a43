import CCurl

/// A URL parsed by libcurl, so that the checked host is the host connected to.
package struct CurlURL: Equatable {
    package let scheme: String
    package let host: String
    package let port: String
    package let path: String
    package let hasUserInfo: Bool
    package let hasQueryOrFragment: Bool

    package init?(_ text: String) {
        // This also excludes the byte 0, at which libcurl would stop reading.
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), let parser = curl_url() else { return nil }
        defer { curl_url_cleanup(parser) }
        let flags = UInt32(CURLU_PATH_AS_IS)
        guard curl_url_set(parser, CURLUPART_URL, text, flags) == CURLUE_OK else { return nil }

        func part(_ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parser, part, &value, flags) == CURLUE_OK, let value else { return nil }
            defer { curl_free(value) }
            return String(cString: value)
        }
        guard let scheme = part(CURLUPART_SCHEME), let host = part(CURLUPART_HOST),
            let port = part(CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT))
        else { return nil }
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        path = part(CURLUPART_PATH) ?? "/"
        hasUserInfo = part(CURLUPART_USER) != nil || part(CURLUPART_PASSWORD) != nil
        hasQueryOrFragment = part(CURLUPART_QUERY) != nil || part(CURLUPART_FRAGMENT) != nil
    }

    package var origin: String { "\(scheme)://\(host):\(port)" }

    /// Whether the host is this machine (loopback).
    package var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil)
    }
}
