import Hummingbird

/// Stripe's own routes: authentication, versions, parameters and faults, the same for all of them.
struct StripeRoutes: Sendable {
    let world: StandInWorld

    func retrieve(_ resource: Resource, _ request: Request, _ context: StandInContext) async -> Response {
        await answer(resource.retrieveRoute, request, context) { call, fault in
            let expansions = try call.expansions(resource)
            let id = call.lastSegment
            guard var object = world.object(resource.object, id: id, account: call.account) else {
                throw StripeErrorAnswer.missing(resource, id: id)
            }
            object = rendered(object, fault, account: call.account)
            for name in expansions {
                guard let inner = object[name]?.string, let kind = resource.expandable[name],
                    let charge = world.object(kind, id: inner, account: call.account)
                else { continue }
                object[name] = rendered(charge, fault, account: call.account)
            }
            if fault == .wrongObject { object["id"] = .string(id + "X") }
            return object
        }
    }

    func unknown(_ request: Request, _ context: StandInContext) async -> Response {
        await answer("\(request.method) /v1/**", request, context) { _, _ in
            throw StripeErrorAnswer.noRoute(request.method.rawValue, request.uri.path)
        }
    }

    private func rendered(_ object: JSON, _ fault: Fault, account: String?) -> JSON {
        let links = world.nextLinks()
        let foreign = StandInLinks.foreignBase
        return switch fault {
        case .noReceipt: StandInLinks.removed(from: object)
        case .foreignReceipt:
            StandInLinks(receiptBase: foreign, invoiceBase: foreign, mint: links.mint).minted(
                object,
                account: account
            )
        default: links.minted(object, account: account)
        }
    }

    private func answer(
        _ route: String,
        _ request: Request,
        _ context: StandInContext,
        _ body: (StripeCall, Fault) throws -> JSON
    ) async -> Response {
        let call = StripeCall(request)
        let (number, fault) = world.record(call.recorded(as: route))
        var headers = ["Request-Id": "req_standin\(number)", "Cache-Control": "no-cache, no-store"]
        if let version = call.version { headers["Stripe-Version"] = version }
        if let account = call.account { headers["Stripe-Account"] = account }
        do {
            try await suffer(fault, context)
            guard !world.isStopping else { return Response(status: .serviceUnavailable) }
            try call.check(key: world.configuration.key)
            let json = try body(call, fault)
            switch fault {
            case .garbage:
                return Response(.ok, "text/html", Array("<html>Not JSON</html>".utf8), headers: headers)
            case .truncated:
                return Response(.ok, "application/json", Array(json.bytes.dropLast(20)), headers: headers)
            case .endless: return endless(headers)
            default: return Response(.ok, json: json, headers: headers)
            }
        } catch let error as StripeErrorAnswer {
            return Response(error.status, json: error.json, headers: headers.merging(error.headers) { $1 })
        } catch {
            return Response(status: .internalServerError)
        }
    }

    /// The faults that come before anybody looks at the request.
    private func suffer(_ fault: Fault, _ context: StandInContext) async throws {
        switch fault {
        case .slow(let seconds): await world.pause(seconds: seconds)
        case .held: await world.hold()
        case .down: context.cutConnection()
        case .rateLimited(let reason): throw StripeErrorAnswer.rateLimited(reason)
        case .serverError(let shouldRetry): throw StripeErrorAnswer.serverError(shouldRetry)
        case .expiredKey: throw StripeErrorAnswer.expiredKey
        case .none, .garbage, .truncated, .endless, .wrongObject, .noReceipt, .foreignReceipt: break
        }
    }

    private func endless(_ headers: [String: String]) -> Response {
        var fields = HTTPFields()
        for (name, value) in headers { fields.set(name, value) }
        fields.set("Content-Type", "application/json")
        let body = ResponseBody { writer in
            try await writer.write(
                ByteBuffer(string: #"{"id":"ch_endless","object":"charge","description":""#)
            )
            let more = ByteBuffer(repeating: UInt8(ascii: "a"), count: 16 << 10)
            // Ends when the other side has had enough and the write fails.
            while !world.isStopping { try await writer.write(more) }
        }
        return Response(status: .ok, headers: fields, body: body)
    }
}

/// What one request to Stripe's API says.
struct StripeCall {
    let target: String
    let account: String?
    let version: String?
    let idempotencyKey: String?
    let lastSegment: String
    private let authorization: String?
    private let parameters: [(name: String, value: String)]

    init(_ request: Request) {
        target = request.uri.string
        account = request.headers.value("Stripe-Account")
        version = request.headers.value("Stripe-Version")
        idempotencyKey = request.headers.value("Idempotency-Key")
        authorization = request.headers.value("Authorization")
        lastSegment = request.uri.path.split(separator: "/").last.map { String($0).percentDecoded() } ?? ""
        parameters = (request.uri.query ?? "").split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { String($0).percentDecoded(plusIsSpace: true) }
            return (sides[0], sides.count == 2 ? sides[1] : "")
        }
    }

    func recorded(as route: String) -> RecordedRequest {
        RecordedRequest(
            route: route,
            target: target,
            account: account,
            version: version,
            idempotencyKey: idempotencyKey
        )
    }

    func check(key: String) throws(StripeErrorAnswer) {
        guard let authorization, authorization.hasPrefix("Bearer ") else { throw .noKey }
        guard authorization == "Bearer \(key)" else { throw .wrongKey }
        guard let version, Self.looksLikeAVersion(version) else { throw .badVersion(version) }
    }

    /// What `expand[]` asks for; there are no other parameters yet.
    func expansions(_ resource: Resource) throws(StripeErrorAnswer) -> [String] {
        var names: [String] = []
        for (name, value) in parameters {
            guard name == "expand[]" else { throw .unknownParameter(name) }
            guard resource.expandable[value] != nil else { throw .notExpandable(value) }
            names.append(value)
        }
        return names
    }

    /// A date, alone or with a release's name.
    private static func looksLikeAVersion(_ version: String) -> Bool {
        version.wholeMatch(of: /\d{4}-\d{2}-\d{2}(\.[a-z]+)?/) != nil
    }
}
