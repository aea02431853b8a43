import CoreMetrics
package import HTTPClient
import Traces

/// Asks Stripe's API, and tells every way it can fail apart.
///
/// It sends each request once. Whether to ask again is ``RetrySchedule``'s to say and its caller's to do.
package struct StripeClient: Sendable {
    private let transport: any HTTPTransport
    private let base: StripeAPIBase
    private let key: StripeSecretKey
    /// What answers are shaped by.
    package let version: StripeAPIVersion
    private let limits: TransportLimits
    private let listLimits: TransportLimits

    /// - Parameters:
    ///   - transport: What carries the requests.
    ///   - base: Where to.
    ///   - key: Goes with every request.
    ///   - version: What shape to ask for.
    ///   - limits: For an answer about one object.
    ///   - listLimits: For a page of a list, which is a hundred times as large and takes Stripe longer.
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

    /// The mode of everything that the key sees, as far as its prefix says.
    package var livemode: Bool? { key.livemode }

    /// Whether each request has to name an account.
    package var needsAccount: Bool { key.isOrganization }

    /// Gets what is at a path, given as its segments.
    ///
    /// - Parameters:
    ///   - path: Segments that may come from outside; each stays one segment whatever it holds.
    ///   - query: Names and values, not yet encoded.
    ///   - account: The account to ask on behalf of: a connected account, or with an organisation's key one of its accounts,
    ///     or `acct_platform/acct_connected`.
    /// - Returns: The answer's body, which nothing has looked at, and Stripe's name for the request.
    /// - Throws: Anything but a success.
    package func get(
        path: [String],
        query: [(name: String, value: String)] = [],
        account: String? = nil
    ) async throws(StripeAPIError) -> StripeAnswer {
        try await get(path: path, query: query, headers: [], account: account, limits: limits)
    }

    /// Posts a form to a path, given as its segments.
    ///
    /// - Parameters:
    ///   - path: As for ``get(path:query:account:)``.
    ///   - form: Names and values, not yet encoded.
    ///   - idempotencyKey: The same for every attempt at the same thing; Stripe then does it once.
    ///   - account: The connected account to act on behalf of.
    /// - Returns: As for ``get(path:query:account:)``.
    /// - Throws: Anything but a success.
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

    /// Gets one object, and makes sure that this is what came.
    ///
    /// - Parameters:
    ///   - kind: What the object calls itself.
    ///   - id: The object's id.
    ///   - path: The segments before the id.
    ///   - query: As for ``get(path:query:account:)``.
    ///   - account: As for ``get(path:query:account:)``.
    /// - Returns: The object's JSON, byte for byte, and what came with it.
    /// - Throws: Anything but a success about this very object.
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

    /// Gets a page of a list.
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

    /// Names the account that is asked on behalf of, as the key needs it.
    ///
    /// An organisation's key takes `Stripe-Context` with every request, the way from the organisation to the account
    /// (https://docs.stripe.com/keys/organization-api-keys, https://docs.stripe.com/context). Another key's way begins at
    /// its own account: what an event of an organisation's destination names is cut down to its last account. That one goes
    /// into `Stripe-Account`, which also takes the key's own account (https://docs.airbyte.com/integrations/sources/stripe
    /// sends it with every request); the calls under `/v2` take `Stripe-Context`.
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
        // A span of our own: what Stripe tells of the request can then be told from our work around it.
        if let span = Trail.current?.trace.next() {
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
        // Servers drop these segments or climb by them, encoded or not, so no encoding makes them an id.
        guard !path.contains(where: { ["", ".", ".."].contains($0) }) else { throw .invalidArgument(.path) }
        return base.origin + path.map { "/" + PercentEncoding.segment($0) }.joined()
    }
}
