/// Sends one HTTP request and returns the whole answer.
///
/// An answer of any status is an answer: only a request that got none throws. Redirects are answers too.
package protocol HTTPTransport: Sendable {
    /// Sends `request` and waits for the whole answer, its limits included.
    ///
    /// Cancelling the task ends the request at once with ``TransportError/cancelled``.
    func send(_ request: TransportRequest) async throws(TransportError) -> TransportResponse
}

/// A request; it prints neither its URL, which may have a query, nor its body.
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
    /// Takes the body of a successful answer piece by piece, on the transport's thread; `false` ends the request.
    ///
    /// The answer's own body is then empty.
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

/// How long and how large an answer may become.
package struct TransportLimits: Sendable, Equatable {
    /// For name lookup, TCP and TLS together.
    package var connectTimeout: Duration
    /// From the moment the request is handed over, so time spent waiting for a free connection counts.
    package var totalTimeout: Duration
    package var maxBodyBytes: Int
    /// Over every header line of the answer, interim (1xx) answers and trailers included.
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

/// One header; its value is left out of everything that prints, because one of them is the secret key.
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

/// An answer; it does not print its body, which is somebody's payment, nor its headers.
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

/// The headers of an answer, found by name whatever its case.
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

/// Why a request got no answer; safe to log: it carries no URL, no header and no body.
package enum TransportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with a request that was never sent.
    package enum Fault: Sendable { case url, header }

    case unsendable(Fault)
    case timedOut
    case couldNotConnect
    case tls
    /// The connection ended before the answer did.
    case connectionLost
    case bodyTooLarge
    case headersTooLarge
    /// As many requests wait as may.
    case queueFull
    case cancelled
    case shuttingDown
    /// Another failure, by libcurl's number for it.
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
