import Hummingbird

/// Which path leads where.
struct StandInRoutes {
    let world: StandInWorld

    func router() -> Router<StandInContext> {
        let router = Router(context: StandInContext.self)
        let api = StripeRoutes(world: world)
        for resource in Resource.all {
            router.get("\(resource.path)/:id") { request, context in
                await api.retrieve(resource, request, context)
            }
            guard resource.isListed else { continue }
            router.get("\(resource.path)") { request, context in
                await api.list(resource, request, context)
            }
        }
        router.get("/v1/account") { request, context in await api.account(request, context) }
        router.post("/v1/charges/:id") { request, context in
            try await api.updateCharge(request, context)
        }
        for method in [HTTPRequest.Method.get, .post, .delete] {
            for version in ["v1", "v2"] {
                router.on("/\(version)/**", method: method) { request, context in
                    await api.unknown(request, context, version: version)
                }
            }
        }
        PageRoutes(world: world).add(to: router)
        ControlRoutes(world: world).add(to: router)
        return router
    }
}

/// Hummingbird's own context, and a way to hang up.
struct StandInContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let cutConnection: @Sendable () -> Void

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        let channel = source.channel
        cutConnection = { channel.close(promise: nil) }
    }
}

extension Response {
    init(_ status: HTTPResponse.Status, _ type: String, _ bytes: [UInt8], headers: [String: String] = [:]) {
        var fields = HTTPFields()
        fields.set("Content-Type", type)
        for (name, value) in headers { fields.set(name, value) }
        self.init(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    init(_ status: HTTPResponse.Status, json: JSON, headers: [String: String] = [:]) {
        self.init(status, "application/json", json.bytes, headers: headers)
    }
}

extension HTTPFields {
    /// By name as text; a name that is none is left out.
    mutating func set(_ name: String, _ value: String) {
        if let name = Element.Name(name) { self[name] = value }
    }

    func value(_ name: String) -> String? { Element.Name(name).flatMap { self[$0] } }
}

extension String {
    /// Percent-decoded, with `+` decoded to a space.
    func percentDecoded(plusIsSpace: Bool = false) -> String {
        var decoded: [UInt8] = []
        var rest = Substring(self).utf8
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let digits = String(rest.prefix(2)), digits.utf8.count == 2,
                let value = UInt8(digits, radix: 16)
            {
                decoded.append(value)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }
}
