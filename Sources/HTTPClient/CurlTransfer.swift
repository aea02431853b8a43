import CCurl

/// One request on one easy handle: its options, and the part of the response received so far.
final class CurlTransfer {
    let order: CurlOrder
    private let handle: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?

    private var headers = TransportHeaders()
    private var headerBytes = 0
    private var headersAreComplete = false
    private var body: [UInt8] = []
    private var bodyBytes = 0
    /// Why a callback stopped the transfer; libcurl only reports that one did.
    private var overrun: TransportError?

    init(order: CurlOrder, handle: UnsafeMutableRawPointer) {
        self.order = order
        self.handle = handle
    }

    /// Sets every option; throws if one fails, because a request must not run without one of its checks.
    func prepare(
        _ configuration: CurlTransport.Configuration,
        now: ContinuousClock.Instant
    ) throws(TransportError) {
        let request = order.request
        try set(CURLOPT_URL, request.url)
        // Without this option libcurl resolves `..`, and an id could leave its path.
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        // An empty string means no proxy, and that the environment is ignored.
        try set(CURLOPT_PROXY, "")

        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let file = configuration.certificateAuthorityFile { try set(CURLOPT_CAINFO, file) }

        try set(CURLOPT_NOSIGNAL, 1)
        // Abandons a hanging name lookup; without this the loop, and so every other request, would wait for
        // it.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        let remaining = (order.deadline - now).wholeMilliseconds(atLeast: 1)
        try set(CURLOPT_TIMEOUT_MS, Int(clamping: min(remaining, Int64(Int32.max))))
        let connect = request.limits.connectTimeout.wholeMilliseconds(atLeast: 1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: min(connect, Int64(Int32.max))))
        // Refuses a too large Content-Length early. The write callback counts the bytes that arrive.
        try check(
            ccurl_setopt_large(handle, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(request.limits.maxBodyBytes))
        )

        try set(CURLOPT_USERAGENT, configuration.userAgent)
        try setMethod(request.method)
        try setHeaders(request.headers)
        try setCallbacks()
    }

    /// The result of the transfer, from libcurl's result code.
    func outcome(_ code: CURLcode) -> Result<TransportResponse, TransportError> {
        if let overrun { return .failure(overrun) }
        guard code == CURLE_OK else { return .failure(error(for: code)) }
        // libcurl reports success for a response that ends within its headers.
        guard headersAreComplete else { return .failure(.connectionLost) }
        return .success(TransportResponse(status: status, headers: headers, body: body))
    }

    private var status: Int {
        var status = 0
        _ = ccurl_getinfo_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// Frees the header list; must be called after the handle was removed from the multi handle.
    func dispose() {
        curl_slist_free_all(headerList)
        headerList = nil
    }

    // MARK: Options

    private func setMethod(_ method: TransportRequest.Method) throws(TransportError) {
        switch method {
        case .get:
            try set(CURLOPT_HTTPGET, 1)
        case .delete:
            try set(CURLOPT_CUSTOMREQUEST, "DELETE")
        case .post(let bytes):
            try setBody(bytes)
        case .put(let bytes):
            try setBody(bytes)
            try set(CURLOPT_CUSTOMREQUEST, "PUT")
        }
    }

    private func setBody(_ bytes: [UInt8]) throws(TransportError) {
        try set(CURLOPT_POST, 1)
        try check(ccurl_setopt_large(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
        let code = bytes.withUnsafeBytes { buffer in
            // libcurl copies the bytes and only reads them, although the shim takes a mutable pointer. An
            // empty array may have no address, and for a null pointer libcurl would call a read callback.
            withUnsafePointer(to: 0 as UInt8) { nothing in
                let start = buffer.baseAddress ?? UnsafeRawPointer(nothing)
                return ccurl_setopt_pointer(
                    handle,
                    CURLOPT_COPYPOSTFIELDS,
                    UnsafeMutableRawPointer(mutating: start)
                )
            }
        }
        try check(code)
    }

    private func setHeaders(_ headers: [TransportHeader]) throws(TransportError) {
        // A name without a value removes the header: do not wait for "100 Continue".
        var lines = ["Expect:"]
        lines += headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        for line in lines {
            guard let longer = curl_slist_append(headerList, line) else {
                throw .other(code: Int(CURLE_OUT_OF_MEMORY.rawValue))
            }
            headerList = longer
        }
        try check(ccurl_setopt_list(handle, CURLOPT_HTTPHEADER, headerList))
    }

    private func setCallbacks() throws(TransportError) {
        // Not retained: the loop keeps the transfer until the handle is reset.
        let this = Unmanaged.passUnretained(self).toOpaque()
        try check(ccurl_setopt_pointer(handle, CURLOPT_WRITEDATA, this))
        try check(ccurl_setopt_pointer(handle, CURLOPT_HEADERDATA, this))
        let write: curl_write_callback = { bytes, size, count, transfer in
            CurlTransfer.receive(bytes, size * count, transfer) { $0.receiveBody($1) }
        }
        let header: curl_write_callback = { bytes, size, count, transfer in
            CurlTransfer.receive(bytes, size * count, transfer) { $0.receiveHeader($1) }
        }
        try check(ccurl_setopt_write_callback(handle, CURLOPT_WRITEFUNCTION, write))
        try check(ccurl_setopt_write_callback(handle, CURLOPT_HEADERFUNCTION, header))
    }

    private func set(_ option: CURLoption, _ value: Int) throws(TransportError) {
        try check(ccurl_setopt_long(handle, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransportError) {
        try check(ccurl_setopt_string(handle, option, value))
    }

    private func check(_ code: CURLcode) throws(TransportError) {
        guard code == CURLE_OK else { throw .other(code: Int(code.rawValue)) }
    }

    // MARK: What arrives

    /// Returning another number than `count` stops the transfer.
    private static func receive(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ count: Int,
        _ transfer: UnsafeMutableRawPointer?,
        _ accept: (CurlTransfer, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard let transfer else { return 0 }
        let this = Unmanaged<CurlTransfer>.fromOpaque(transfer).takeUnretainedValue()
        return accept(this, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
    }

    private func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= order.request.limits.maxBodyBytes - bodyBytes else {
            overrun = .bodyTooLarge
            return false
        }
        bodyBytes += bytes.count
        if let sink = order.request.sink, 200...299 ~= status {
            guard !sink(bytes) else { return true }
            overrun = .cancelled
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    private func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= order.request.limits.maxHeaderBytes - headerBytes else {
            overrun = .headersTooLarge
            return false
        }
        headerBytes += bytes.count
        let line = String(decoding: bytes, as: UTF8.self).trimmingHeaderSpace()
        if line.isEmpty {
            headersAreComplete = true
        } else if line.hasPrefix("HTTP/") {
            // A new status line: the headers so far belong to an interim response.
            headers = TransportHeaders()
            headersAreComplete = false
        } else if !headersAreComplete, let colon = line.firstIndex(of: ":") {
            let value = String(line[line.index(after: colon)...]).trimmingHeaderSpace()
            headers.append(String(line[..<colon]), value)
        }
        return true
    }

    private func error(for code: CURLcode) -> TransportError {
        switch code {
        case CURLE_OPERATION_TIMEDOUT:
            .timedOut
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT:
            .couldNotConnect
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            .tls
        case CURLE_FILESIZE_EXCEEDED:
            .bodyTooLarge
        case CURLE_OUT_OF_MEMORY where !headersAreComplete && headerBytes > 0:
            // libcurl's error for a single header line over its limit of 100 KiB.
            .headersTooLarge
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE:
            .connectionLost
        default:
            .other(code: Int(code.rawValue))
        }
    }
}

extension String {
    fileprivate func trimmingHeaderSpace() -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        let start = utf8.drop(while: isSpace)
        let kept = start.reversed().drop(while: isSpace).count
        return String(Substring(start.prefix(kept)))
    }
}
