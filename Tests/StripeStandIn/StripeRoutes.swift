import Hummingbird

/// Stripe's own routes: authentication, versions, parameters and faults, the same for all of them.
struct StripeRoutes: Sendable {
    let world: StandInWorld

    /// The answer if no fault is set.
    private struct Answer {
        let bytes: [UInt8]
        var headers: [String: String] = [:]
    }

    func retrieve(_ resource: Resource, _ request: Request, _ context: StandInContext) async -> Response {
        await answer(resource.retrieveRoute, StripeCall(request), context) { call, key, fault in
            try call.mustBeInVersion(of: resource)
            try key.mustAllow(resource)
            let expansions = try call.expansions(resource)
            let id = call.lastSegment
            guard let entry = world.entry(resource.object, id: id, account: call.account, key: key) else {
                throw StripeErrorAnswer.missing(resource, id: id)
            }
            var object = rendered(entry.object, fault, account: call.account)
            try expand(expansions, of: resource, in: &object, call, key, fault)
            if fault == .wrongObject {
                object["id"] = .string(id + "X")
                return Answer(bytes: object.bytes)
            }
            return Answer(bytes: entry.text ?? object.bytes)
        }
    }

    func list(_ resource: Resource, _ request: Request, _ context: StandInContext) async -> Response {
        await answer(resource.listRoute, StripeCall(request), context) { call, key, fault in
            try call.mustBeInVersion(of: resource)
            try key.mustAllow(resource)
            var query = try ListQuery(call, resource)
            if fault == .ignoresCursor { query.cursor = nil }
            let (entries, hasMore) = try world.page(resource, query, account: call.account, key: key)
            let objects = try entries.map { entry -> [UInt8] in
                if let text = entry.text, fault != .wrongObject { return text }
                var object = rendered(entry.object, fault, account: call.account)
                try expand(query.expansions, of: resource, in: &object, call, key, fault)
                if fault == .wrongObject { object["object"] = "something_else" }
                return object.bytes
            }
            // Concatenated from texts, so that stored objects are returned unchanged.
            var bytes = Array(
                #"{"object":"list","url":"\#(resource.path)","has_more":\#(hasMore),"data":["#.utf8
            )
            for (index, object) in objects.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += object
            }
            bytes += Array("]}".utf8)
            return Answer(bytes: bytes)
        }
    }

    func account(_ request: Request, _ context: StandInContext) async -> Response {
        await answer("GET /v1/account", StripeCall(request), context) { call, key, _ in
            try key.mustAllow(.account)
            try call.mustHaveNoParameters()
            return Answer(bytes: world.account(call.account).bytes)
        }
    }

    /// All that can be changed here is `receipt_email`, which has the receipt sent.
    func updateCharge(_ request: Request, _ context: StandInContext) async throws -> Response {
        let form = try await request.body.collect(upTo: 1 << 20)
        let call = StripeCall(request, form: String(buffer: form))
        return await answer(Resource.charge.updateRoute, call, context) { call, key, fault in
            try key.mustAllow(.charge, writing: true)
            let (bytes, isReplay) = try world.once(try call.scopedIdempotencyKey(), request: call.fingerprint)
            {
                let address = try call.receiptEmail()
                let id = call.lastSegment
                guard let charge = world.entry("charge", id: id, account: call.account, key: key) else {
                    throw StripeErrorAnswer.missing(.charge, id: id)
                }
                let changed = world.email(charge, to: address, account: call.account)
                return rendered(changed, fault, account: call.account).bytes
            }
            return Answer(bytes: bytes, headers: isReplay ? ["Idempotent-Replayed": "true"] : [:])
        }
    }

    func unknown(_ request: Request, _ context: StandInContext, version: String) async -> Response {
        await answer("\(request.method) /\(version)/**", StripeCall(request), context) { _, _, _ in
            throw StripeErrorAnswer.noRoute(request.method.rawValue, request.uri.path)
        }
    }

    private func expand(
        _ names: [String],
        of resource: Resource,
        in object: inout JSON,
        _ call: StripeCall,
        _ key: APIKey,
        _ fault: Fault
    ) throws(StripeErrorAnswer) {
        for name in names {
            if let kind = resource.includable[name],
                let listed = Resource.all.first(where: { $0.object == kind })
            {
                object[name] = try list(of: listed, naming: resource, object, call, key, fault)
            }
            guard let id = object[name]?.string, let kind = resource.expandable[name],
                let inner = world.entry(kind, id: id, account: call.account, key: key)
            else { continue }
            if let of = Resource.all.first(where: { $0.object == kind }) { try key.mustAllow(of) }
            object[name] = rendered(inner.object, fault, account: call.account)
        }
    }

    /// The first page of what names an object, as it stands inside that.
    private func list(
        of listed: Resource,
        naming resource: Resource,
        _ object: JSON,
        _ call: StripeCall,
        _ key: APIKey,
        _ fault: Fault
    ) throws(StripeErrorAnswer) -> JSON {
        try key.mustAllow(listed)
        let id = object["id"]?.string ?? ""
        let query = ListQuery(resource.object, is: id)
        let (entries, hasMore) = try world.page(listed, query, account: call.account, key: key)
        return [
            "object": "list",
            "data": .array(entries.map { rendered($0.object, fault, account: call.account) }),
            "has_more": .bool(hasMore), "url": .string("\(listed.path)?\(resource.object)=\(id)"),
        ]
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
        _ call: StripeCall,
        _ context: StandInContext,
        _ body: (StripeCall, APIKey, Fault) throws -> Answer
    ) async -> Response {
        let (number, fault) = world.record(call.recorded(as: route))
        var headers = ["Request-Id": "req_standin\(number)", "Cache-Control": "no-cache, no-store"]
        if let version = call.version { headers["Stripe-Version"] = version }
        if let account = call.account { headers["Stripe-Account"] = account }
        do {
            try await suffer(fault, context)
            guard !world.isStopping else { return Response(status: .serviceUnavailable) }
            let key = try call.key(among: world.keys)
            try call.checkHeaders(key)
            if let account = call.namedAccount, let connected = world.configuration.connectedAccounts,
                !connected.contains(account)
            {
                throw StripeErrorAnswer.noSuchAccount(account)
            }
            try world.takeToken()
            let answer = try body(call, key, fault)
            headers.merge(answer.headers) { $1 }
            let bytes = answer.bytes
            switch fault {
            case .garbage:
                return Response(.ok, "text/html", Array("<html>Not JSON</html>".utf8), headers: headers)
            case .truncated:
                return Response(.ok, "application/json", Array(bytes.dropLast(20)), headers: headers)
            case .cutOff: return cutOff(bytes, headers, context)
            case .endless: return endless(headers)
            default: return Response(.ok, "application/json", bytes, headers: headers)
            }
        } catch let error as StripeErrorAnswer {
            return Response(error.status, json: error.json, headers: headers.merging(error.headers) { $1 })
        } catch {
            return Response(status: .internalServerError)
        }
    }

    /// The faults that come before the request is read.
    private func suffer(_ fault: Fault, _ context: StandInContext) async throws {
        switch fault {
        case .slow(let seconds): await world.pause(seconds: seconds)
        case .held: await world.hold()
        case .down: context.cutConnection()
        case .rateLimited(let reason, let seconds):
            throw StripeErrorAnswer.rateLimited(reason, retryAfterSeconds: seconds)
        case .serverError(let shouldRetry): throw StripeErrorAnswer.serverError(shouldRetry)
        case .expiredKey: throw StripeErrorAnswer.expiredKey
        case .none, .garbage, .truncated, .cutOff, .ignoresCursor, .endless, .wrongObject, .noReceipt,
            .foreignReceipt:
            break
        }
    }

    private func cutOff(
        _ bytes: [UInt8],
        _ headers: [String: String],
        _ context: StandInContext
    ) -> Response {
        let half = ByteBuffer(bytes: bytes.prefix(bytes.count / 2))
        let body = ResponseBody(contentLength: bytes.count) { writer in
            try await writer.write(half)
            context.cutConnection()
        }
        return streamed(body, headers)
    }

    private func endless(_ headers: [String: String]) -> Response {
        let body = ResponseBody { writer in
            try await writer.write(
                ByteBuffer(string: #"{"id":"ch_endless","object":"charge","description":""#)
            )
            let more = ByteBuffer(repeating: UInt8(ascii: "a"), count: 16 << 10)
            // Ends when the other side has had enough and the write fails.
            while !world.isStopping { try await writer.write(more) }
        }
        return streamed(body, headers)
    }

    private func streamed(_ body: ResponseBody, _ headers: [String: String]) -> Response {
        var fields = HTTPFields()
        for (name, value) in headers { fields.set(name, value) }
        fields.set("Content-Type", "application/json")
        return Response(status: .ok, headers: fields, body: body)
    }
}

extension APIKey {
    func mustAllow(_ resource: Resource, writing: Bool = false) throws(StripeErrorAnswer) {
        guard allows(resource.permission, writing: writing) else {
            throw .missingPermission(resource.permission + (writing ? "_write" : "_read"))
        }
    }
}
