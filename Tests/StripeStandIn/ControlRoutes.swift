import Hummingbird

/// Routes that Stripe does not have: they control the stand-in and show the requests that it received.
struct ControlRoutes: Sendable {
    let world: StandInWorld

    func add(to router: Router<StandInContext>) {
        router.get("/") { _, _ in
            Response(.ok, json: ["object": "stand_in", "message": "This is a stand-in and not Stripe."])
        }
        let control = router.group("/_stand-in")
        control.get("/requests") { _, _ in
            let counts = Dictionary(grouping: world.requests, by: \.route).mapValues {
                JSON.integer(Int64($0.count))
            }
            return Response(
                .ok,
                json: ["total": .integer(Int64(world.requests.count)), "routes": .object(counts)]
            )
        }
        control.post("/faults") { request, _ in
            try await withBody(request) { body in
                guard let fault = Fault(body) else {
                    return refusal("mode is one of \(Fault.modes.joined(separator: ", "))")
                }
                let times = body["times"]?.integer.map(Int.init(clamping:))
                guard times ?? 1 >= 0, body["after"]?.integer ?? 0 >= 0 else {
                    return refusal("times and after are not negative")
                }
                world.set(fault, times: times, after: body["after"]?.integer.map(Int.init(clamping:)) ?? 0)
                return Response(.ok, json: body)
            }
        }
        control.post("/rate") { request, _ in
            try await withBody(request) { body in
                guard let perSecond = body["per_second"]?.double else {
                    world.limit(nil)
                    return Response(.ok, json: body)
                }
                guard perSecond > 0, body["burst"]?.integer ?? 1 > 0 else {
                    return refusal("per_second and burst are more than nothing")
                }
                let burst = body["burst"]?.integer.map(Int.init(clamping:))
                world.limit(RequestRate(perSecond: perSecond, burst: burst))
                return Response(.ok, json: body)
            }
        }
        addRemovals(to: control)
        control.get("/emails") { _, _ in
            let emails = world.sentReceipts.map { receipt -> JSON in
                ["charge": .string(receipt.charge), "to": .string(receipt.address)]
            }
            return Response(.ok, json: ["emails": .array(emails)])
        }
        // An event or a bare object, as the files of `--load` hold them; `replace=true` for an object that is to stay
        // as it is whatever is known of it.
        control.post("/objects") { request, _ in
            let isDelivered = request.uri.queryParameters["delivered"] == "true"
            if request.uri.queryParameters["replace"] == "true" {
                return try await withBody(request) { body in
                    guard (try? world.put(body, account: body["account"]?.string)) != nil else {
                        return refusal("not an object with an id and a kind")
                    }
                    return Response(.ok, json: body)
                }
            }
            return try await withBody(request) { body in
                guard world.take(body, text: body.bytes, isDelivered: isDelivered) else {
                    return refusal("neither an event nor an object")
                }
                return Response(.ok, json: ["objects": .integer(Int64(world.objectCount))])
            }
        }
    }

    private func addRemovals(to control: RouterGroup<StandInContext>) {
        control.post("/removals") { request, _ in
            try await withBody(request) { body in
                guard let kind = body["object"]?.string, let id = body["id"]?.string else {
                    return refusal("object and id say what is to go")
                }
                world.remove(kind, id: id, account: body["account"]?.string)
                return Response(.ok, json: body)
            }
        }
        control.post("/deliveries") { request, _ in
            try await withBody(request) { body in
                guard let id = body["id"]?.string, let isDelivered = body["delivered"]?.bool,
                    (try? world.setDelivered(isDelivered, event: id, account: nil)) != nil
                else { return refusal("id names an event, and delivered is true or false") }
                return Response(.ok, json: body)
            }
        }
    }

    private func withBody(_ request: Request, _ body: (JSON) -> Response) async throws -> Response {
        let bytes = try await request.body.collect(upTo: 4 << 20)
        guard let json = try? JSON(parsing: Array(bytes.readableBytesView)) else {
            return refusal("not JSON")
        }
        return body(json)
    }

    private func refusal(_ message: String) -> Response {
        Response(.badRequest, json: StripeErrorAnswer(status: .badRequest, message: message).json)
    }
}
