import Billing
import CoreMetrics
package import HTTPClient
import Traces

/// A client for Stripe's API that tells all kinds of failure apart.
///
/// It sends each request once. ``RetrySchedule`` decides about retries and the caller makes them.
package struct StripeClient: Sendable {
    private let transport: any HTTPTransport
    private let base: StripeAPIBase
    private let key: StripeSecretKey
    /// The API version to request.
    package let version: StripeAPIVersion
    private let limits: TransportLimits
    private let listLimits: TransportLimits

    /// - Parameters:
    ///   - transport: Sends the requests.
    ///   - base: The base URL of the API.
    ///   - key: The key, sent with every request.
    ///   - version: The API version to request.
    ///   - limits: Limits for a request about one object.
    ///   - listLimits: Limits for a page of a list, which is a hundred times as large and takes Stripe
    ///     longer.
    package init(
        transport: any HTTPTransport,
        base: StripeAPIBase = .stripe,
        key: StripeSecretKey,
        version: StripeAPIVersion = .pinned,
        limits: TransportLimits = TransportLimits(),
        listLimits: TransportLimits = TransportLimits(totalTimeout: .seconds(80), maxBodyBytes: 32 << 20)
    ) {
        self.transport = transport
        self.base = base
        self.key = key
        self.version = version
        self.limits = limits
        self.listLimits = listLimits
    }

    /// The mode of all objects that the key sees; `nil` if its prefix does not show it.
    package var livemode: Bool? { key.livemode }

    /// Whether every request must name an account.
    package var needsAccount: Bool { key.isOrganization }

    /// Sends a GET request to a path, given as its segments.
    ///
    /// - Parameters:
    ///   - path: Path segments, possibly from outside; each is encoded so that it stays one segment.
    ///   - query: Names and values, not percent-encoded.
    ///   - account: The account to act on behalf of: a connected account or, with an organisation's key, one
    ///     of its accounts or `acct_platform/acct_connected`.
    /// - Returns: The response's body, unchecked, with its request id and date.
    /// - Throws: ``StripeAPIError`` unless the request succeeds.
    package func get(
        path: [String],
        query: [(name: String, value: String)] = [],
        account: String? = nil
    ) async throws(StripeAPIError) -> StripeAnswer {
        try await get(path: path, query: query, headers: [], account: account, limits: limits)
    }

    /// Sends a POST request with a form to a path, given as its segments.
    ///
    /// - Parameters:
    ///   - path: See ``get(path:query:account:)``.
    ///   - form: Names and values, not percent-encoded.
    ///   - idempotencyKey: The same key for every attempt at one action, so that Stripe does it once.
    ///   - account: The connected account to act on behalf of.
    /// - Returns: See ``get(path:query:account:)``.
    /// - Throws: ``StripeAPIError`` unless the request succeeds.
    package func post(
        path: [String],
        form: [(name: String, value: String)],
        idempotencyKey: String,
        account: String? = nil
    ) async throws(StripeAPIError) -> StripeAnswer {
        guard idempotencyKey.isObjectID else { throw .invalidArgument(.idempotencyKey) }
        let headers = [
            TransportHeader("Content-Type", "application/x-www-form-urlencoded"),
            TransportHeader("Idempotency-Key", idempotencyKey),
        ]
        let body = Array(PercentEncoding.form(form).utf8)
        return try await send(
            .post(body),
            url: try url(path),
            headers: headers + (try accountHeader(account, path)),
            limits: limits
        )
    }

    /// Retrieves one object and checks its kind and id.
    ///
    /// - Parameters:
    ///   - kind: The object's `object` field.
    ///   - id: The object's id.
    ///   - path: The segments before the id.
    ///   - query: See ``get(path:query:account:)``.
    ///   - account: See ``get(path:query:account:)``.
    /// - Returns: The object's JSON, byte for byte, with the response's date and request id.
    /// - Throws: ``StripeAPIError`` unless Stripe returns exactly this object.
    package func retrieve(
        _ kind: String,
        id: String,
        path: [String],
        query: [(name: String, value: String)] = [],
        account: String?
    ) async throws(StripeAPIError) -> StripeAnswer {
        try await retrieve(kind, id: id, path: path, query: query, headers: [], account: account)
    }

    func object(
        _ kind: String,
        id: String,
        path: [String],
        query: [(name: String, value: String)] = [],
        headers: [TransportHeader] = [],
        account: String?
    ) async throws(StripeAPIError) -> [UInt8] {
        try await retrieve(kind, id: id, path: path, query: query, headers: headers, account: account).bytes
    }

    private func retrieve(
        _ kind: String,
        id: String,
        path: [String],
        query: [(name: String, value: String)],
        headers: [TransportHeader],
        account: String?
    ) async throws(StripeAPIError) -> StripeAnswer {
        let answer = try await get(
            path: path + [id],
            query: query,
            headers: headers,
            account: account,
            limits: limits
        )
        try answer.check(kind: kind, id: id)
        return answer
    }

    /// Fetches a page of a list.
    func list(
        path: [String],
        query: [(name: String, value: String)],
        account: String?
    ) async throws(StripeAPIError) -> StripeAnswer {
        try await get(path: path, query: query, headers: [], account: account, limits: listLimits)
    }

    func get(
        path: [String],
        headers: [TransportHeader],
        account: String?
    ) async throws(StripeAPIError) -> StripeAnswer {
        try await get(path: path, query: [], headers: headers, account: account, limits: limits)
    }

    private func get(
        path: [String],
        query: [(name: String, value: String)],
        headers: [TransportHeader],
        account: String?,
        limits: TransportLimits
    ) async throws(StripeAPIError) -> StripeAnswer {
        var url = try self.url(path)
        if !query.isEmpty { url += "?" + PercentEncoding.form(query) }
        let headers = headers + (try accountHeader(account, path))
        return try await send(.get, url: url, headers: headers, limits: limits)
    }

    /// The header that names the account to act on behalf of, in the form that the key needs.
    ///
    /// An organisation's key sends `Stripe-Context` with every request: the path from the organisation to the
    /// account (https://docs.stripe.com/keys/organization-api-keys, https://docs.stripe.com/context). The
    /// path of any other key begins at its own account, so a path from an event of an organisation's
    /// destination is reduced to its last account. This account is sent in `Stripe-Account`, which also
    /// accepts the key's own account (https://docs.airbyte.com/integrations/sources/stripe sends it with
    /// every request); calls under `/v2` use `Stripe-Context`.
    private func accountHeader(
        _ account: String?,
        _ path: [String]
    ) throws(StripeAPIError) -> [TransportHeader] {
        guard let account else {
            if key.isOrganization { throw .accountRequired }
            return []
        }
        guard let last = account.split(separator: "/").last, account.isVisibleASCII else {
            throw .invalidArgument(.account)
        }
        if key.isOrganization { return [TransportHeader("Stripe-Context", account)] }
        return [TransportHeader(path.first == "v2" ? "Stripe-Context" : "Stripe-Account", String(last))]
    }

    private func send(
        _ method: TransportRequest.Method,
        url: String,
        headers: [TransportHeader],
        limits: TransportLimits
    ) async throws(StripeAPIError) -> StripeAnswer {
        var all = [
            TransportHeader("Authorization", key.withText { "Bearer \($0)" }),
            TransportHeader("Stripe-Version", version.text),
            TransportHeader("Accept", "application/json"),
        ]
        // Use a new span, so that Stripe's record of the request can be told apart from our surrounding work.
        if let span = TraceScope.current?.trace.next() {
            all.append(TransportHeader("traceparent", span.traceparent))
            if let state = span.state { all.append(TransportHeader("tracestate", state)) }
        }
        let request = TransportRequest(method, url: url, headers: all + headers, limits: limits)
        let response: TransportResponse
        do {
            response = try await transport.send(request)
        } catch {
            Self.count("none")
            throw .transport(error)
        }
        Self.count("\(response.status)")
        try Self.checkStatus(response)
        return StripeAnswer(
            bytes: response.body,
            requestID: response.requestID,
            date: response.headers["Date"].flatMap(HTTPDate.unixSeconds)
        )
    }

    private static func count(_ status: String) {
        Counter(label: "console_billing_stripe_requests_total", dimensions: [("status", status)]).increment()
    }

    private static func checkStatus(_ response: TransportResponse) throws(StripeAPIError) {
        switch response.status {
        case 200...299: return
        case 401: throw .unauthorized(StripeRefusal(response))
        case 403: throw .forbidden(StripeRefusal(response))
        case 404: throw .notFound(StripeRefusal(response))
        case 409: throw .conflict(StripeRefusal(response))
        case 429: throw .rateLimited(StripeRefusal(response))
        case 400...499: throw .rejected(StripeRefusal(response))
        case 500...599: throw .serverFault(StripeRefusal(response))
        default: throw .unexpectedStatus(response.status)
        }
    }

    private func url(_ path: [String]) throws(StripeAPIError) -> String {
        // Servers remove these segments or go up a level, encoded or not, so no encoding makes them safe as
        // ids.
        guard !path.contains(where: { ["", ".", ".."].contains($0) }) else { throw .invalidArgument(.path) }
        return base.origin + path.map { "/" + PercentEncoding.encoded($0) }.joined()
    }
}
