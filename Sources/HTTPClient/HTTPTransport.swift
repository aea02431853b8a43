/// Sends one HTTP request and returns the whole response.
///
/// A response of any status is returned, redirects included. Only a request without a response throws.
package protocol HTTPTransport: Sendable {
    /// Sends `request` and waits for the whole response, within the request's limits.
    ///
    /// Cancelling the task ends the request at once with ``TransportError/cancelled``.
    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
}

/// A request.
///
/// Its description leaves out the URL, which may have a query, and the body.
package struct TransportRequest: Sendable, CustomStringConvertible, CustomReflectable {
    /// The method, with a body where HTTP gives one a meaning.
    package enum Method: Sendable {
        case get
        case post([UInt8])
        case put([UInt8])
        case delete
    }

    package var method: Method
    package var url: String
    package var headers: [TransportHeader]
    package var limits: TransportLimits
    /// Receives the body of a successful response piece by piece, on the transport's thread; returning
    /// `false` cancels the request.
    ///
    /// The body of the returned response is empty then.
    package var sink: (@Sendable (UnsafeRawBufferPointer) -> Bool)?

    package init(
        _ method: Method,
        url: String,
        headers: [TransportHeader] = [],
        limits: TransportLimits = TransportLimits()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.limits = limits
    }

    package var description: String {
        switch method {
        case .get: "GET"
        case .post(let body): "POST of \(body.count) bytes"
        case .put: "PUT"
        case .delete: "DELETE"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: ["headers": headers, "limits": limits]) }
}

/// The limits on a response's time and size.
package struct TransportLimits: Sendable, Equatable {
    /// For name lookup, TCP and TLS together.
    package var connectTimeout: Duration
    /// Counted from the call of `send`, so it includes the wait for a free connection.
    package var totalTimeout: Duration
    package var maxBodyBytes: Int
    /// All header lines of the response together, with interim (1xx) responses and trailers.
    package var maxHeaderBytes: Int

    package init(
        connectTimeout: Duration = .seconds(5),
        totalTimeout: Duration = .seconds(20),
        maxBodyBytes: Int = 4 << 20,
        maxHeaderBytes: Int = 64 << 10
    ) {
        self.connectTimeout = connectTimeout
        self.totalTimeout = totalTimeout
        self.maxBodyBytes = maxBodyBytes
        self.maxHeaderBytes = maxHeaderBytes
    }
}

/// One header.
///
/// Its description leaves out the value, which may be the secret key.
package struct TransportHeader: Sendable, CustomStringConvertible, CustomReflectable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    package var description: String { "\(name): …" }
    package var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

/// A response.
///
/// Its description leaves out the headers and the body, which may be a customer's payment.
package struct TransportResponse: Sendable, CustomStringConvertible, CustomReflectable {
    package let status: Int
    package let headers: TransportHeaders
    package let body: [UInt8]

    package init(status: Int, headers: TransportHeaders = TransportHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package var description: String { "\(status) with \(body.count) bytes" }
    package var customMirror: Mirror { Mirror(self, children: ["status": status]) }
}

/// The headers of a response; names are case-insensitive.
package struct TransportHeaders: Sendable, ExpressibleByDictionaryLiteral {
    private var lines: [(name: String, value: String)] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }

    package mutating func append(_ name: String, _ value: String) {
        lines.append((name.lowercased(), value))
    }

    /// The value of the first header of that name.
    package subscript(name: String) -> String? {
        let wanted = name.lowercased()
        return lines.first { $0.name == wanted }?.value
    }
}

/// Why a request got no response; safe to log: it contains no URL, header or body.
package enum TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The invalid part of a request that was not sent.
    package enum Fault: Sendable { case url, header }

    case unsendable(Fault)
    case timedOut
    case couldNotConnect
    case tls
    /// The connection ended before the response did.
    case connectionLost
    case bodyTooLarge
    case headersTooLarge
    /// The queue of waiting requests is full.
    case queueFull
    case cancelled
    case shuttingDown
    /// Another failure, with libcurl's error code.
    case other(code: Int)

    package var description: String {
        switch self {
        case .unsendable(.url): "the URL cannot be sent to"
        case .unsendable(.header): "a header cannot be sent"
        case .timedOut: "timed out"
        case .couldNotConnect: "could not connect"
        case .tls: "no trusted TLS connection"
        case .connectionLost: "the connection was lost"
        case .bodyTooLarge: "the answer's body is over the limit"
        case .headersTooLarge: "the answer's headers are over the limit"
        case .queueFull: "too many requests are waiting"
        case .cancelled: "cancelled"
        case .shuttingDown: "shutting down"
        case .other(let code): "libcurl failed with code \(code)"
        }
    }
}
