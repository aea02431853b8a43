import Foundation
import HTTPClient
import StripeAPI
import StripeStandIn
import Testing

/// The stand-in itself must be right, or tests against it prove nothing.
@Suite(.timeLimit(.minutes(1)))
struct StripeStandInTests {
    private static let headers = [
        TransportHeader("Authorization", "Bearer sk_test_standin"),
        TransportHeader("Stripe-Version", "2026-09-30.endive"),
    ]

    private func withStandIn(
        _ configuration: StripeStandIn.Configuration = .init(),
        _ body: (StripeStandIn, CurlTransport) async throws -> Void
    ) async throws {
        try await StripeStandIn.with(configuration) { standIn in
            try await withTransport { try await body(standIn, $0) }
        }
    }

    private func get(
        _ path: String,
        _ standIn: StripeStandIn,
        _ transport: CurlTransport,
        headers: [TransportHeader] = Self.headers
    ) async throws -> (status: Int, json: [String: Any]) {
        let request = TransportRequest(.get, url: standIn.baseURL + path, headers: headers)
        let response = try await transport.send(request)
        let json = try? JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        return (response.status, json ?? [:])
    }

    private func post(
        _ path: String,
        _ body: String,
        _ standIn: StripeStandIn,
        _ transport: CurlTransport
    ) async throws
        -> Int
    {
        let request = TransportRequest(.post(Array(body.utf8)), url: standIn.baseURL + path)
        return try await transport.send(request).status
    }

    @Test func `wants a key and a version`() async throws {
        try await withStandIn { standIn, transport in
            for (dropped, status) in [("Authorization", 401), ("Stripe-Version", 400)] {
                let headers = Self.headers.filter { $0.name != dropped }
                let answer = try await get("/v1/charges/ch_1", standIn, transport, headers: headers)
                #expect(answer.status == status)
                let error = answer.json["error"] as? [String: Any]
                #expect(error?["type"] as? String == "invalid_request_error")
            }
        }
    }

    @Test func `answers an unknown route in Stripe's shape`() async throws {
        try await withStandIn { standIn, transport in
            let answer = try await get("/v1/nothing", standIn, transport)
            #expect(answer.status == 404)
            #expect(answer.json["error"] != nil)
            #expect(standIn.requests.map(\.route) == ["GET /v1/**"])
        }
    }

    @Test func `takes the latest state of an object from events, and of objects expanded inside`()
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "stand-in-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("deeper"),
            withIntermediateDirectories: true
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        func event(_ created: Int, _ object: String) -> String {
            #"{"id":"evt_\#(created)","object":"event","created":\#(created),"data":{"object":\#(object)}}"#
        }
        let files = [
            "a.jsonl": [
                event(20, #"{"id":"ch_1","object":"charge","amount":2}"#),
                event(10, #"{"id":"ch_1","object":"charge","amount":1}"#),
                "not json",
            ].joined(separator: "\n"),
            "deeper/b.json": event(
                5,
                #"{"id":"pi_1","object":"payment_intent","latest_charge":{"id":"ch_2","object":"charge","amount":3}}"#
            ),
            "c.json": #"[{"id":"in_1","object":"invoice"},{"no":"object"}]"#,
            "ignored.txt": "x",
        ]
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }

        try await withStandIn { standIn, transport in
            let report = try standIn.load([folder.path])
            #expect(report.taken == 4)
            #expect(report.skipped == 2)
            #expect(try await get("/v1/charges/ch_1", standIn, transport).json["amount"] as? Int == 2)
            #expect(try await get("/v1/charges/ch_2", standIn, transport).json["amount"] as? Int == 3)
            let intent = try await get("/v1/payment_intents/pi_1", standIn, transport).json
            #expect(intent["latest_charge"] as? String == "ch_2")
            #expect(try await get("/v1/invoices/in_1", standIn, transport).status == 200)
        }
    }

    @Test func `makes up a payment for an unknown id, the same one every time`() async throws {
        try await withStandIn(.init(makesUpUnknown: true)) { standIn, transport in
            for id in ["ch_new", "py_new"] {
                let first = try await get("/v1/charges/\(id)", standIn, transport).json
                let second = try await get("/v1/charges/\(id)", standIn, transport).json
                #expect(first["status"] as? String == "succeeded")
                #expect(first["amount"] as? Int == second["amount"] as? Int)
                #expect(first["receipt_url"] as? String != second["receipt_url"] as? String)
            }
            let intent = try await get(
                "/v1/payment_intents/pi_new?expand%5B%5D=latest_charge",
                standIn,
                transport
            )
            #expect((intent.json["latest_charge"] as? [String: Any])?["id"] as? String == "ch_new")
            #expect(try await get("/v1/charges/xx_new", standIn, transport).status == 404)
        }
    }

    @Test func `has no receipt for a payment that failed`() async throws {
        try await withStandIn { standIn, transport in
            try standIn.put(#"{"id":"ch_1","object":"charge","status":"failed","receipt_url":null}"#)
            #expect(try await get("/v1/charges/ch_1", standIn, transport).json["receipt_url"] is NSNull)
        }
    }

    @Test(arguments: [("no_receipt", nil), ("foreign_receipt", "https://receipts.example.net/")])
    func `can lose the receipt link, or have one that leads astray`(
        mode: String,
        prefix: String?
    ) async throws {
        try await withStandIn(.init(makesUpUnknown: true)) { standIn, transport in
            let accepted = try await post("/_stand-in/faults", #"{"mode":"\#(mode)"}"#, standIn, transport)
            #expect(accepted == 200)
            let url = try await get("/v1/charges/ch_1", standIn, transport).json["receipt_url"]
            if let prefix {
                #expect((url as? String)?.hasPrefix(prefix) == true)
            } else {
                #expect(url is NSNull)
            }
        }
    }

    @Test func `its own receipt page is marked as such, and has the amount`() async throws {
        try await withStandIn(.init(links: .ownPages)) { standIn, transport in
            try standIn.put(
                #"{"id":"ch_1","object":"charge","amount":2505,"currency":"eur","status":"succeeded"}"#
            )
            let url = try #require(
                try await get("/v1/charges/ch_1", standIn, transport).json["receipt_url"] as? String
            )
            #expect(url.hasPrefix(standIn.baseURL + "/receipts/"))
            let page = try await transport.send(TransportRequest(.get, url: url))
            let text = String(decoding: page.body, as: UTF8.self)
            #expect(page.status == 200)
            #expect(text.contains("This is a stand-in and not Stripe."))
            #expect(text.contains("25.05 EUR"))
        }
    }

    @Test func `its own invoice comes as a page and as a PDF`() async throws {
        try await withStandIn(.init(links: .ownPages)) { standIn, transport in
            try standIn.put(
                #"{"id":"in_1","object":"invoice","amount_due":100,"currency":"usd","hosted_invoice_url":"x"}"#
            )
            let invoice = try await get("/v1/invoices/in_1", standIn, transport).json
            for (name, start) in [("hosted_invoice_url", "<!doctype html>"), ("invoice_pdf", "%PDF-")] {
                let url = try #require(invoice[name] as? String)
                let page = try await transport.send(TransportRequest(.get, url: url))
                #expect(page.status == 200)
                #expect(page.body.starts(with: Array(start.utf8)))
            }
        }
    }

    @Test func `a fault switched over HTTP lasts as many requests as it says`() async throws {
        try await withStandIn(.init(makesUpUnknown: true)) { standIn, transport in
            let accepted = try await post(
                "/_stand-in/faults",
                #"{"mode":"429","times":2}"#,
                standIn,
                transport
            )
            #expect(accepted == 200)
            var statuses: [Int] = []
            for _ in 0..<3 { statuses.append(try await get("/v1/charges/ch_1", standIn, transport).status) }
            #expect(statuses == [429, 429, 200])
        }
    }

    @Test(arguments: [#"{"mode":"sulk"}"#, "{}", "not json", #"{"mode":"429","times":-1}"#])
    func `a fault it does not know is refused`(body: String) async throws {
        try await withStandIn { standIn, transport in
            let refused = try await post("/_stand-in/faults", body, standIn, transport)
            #expect(refused == 400)
        }
    }

    @Test func `counts requests by route, without its own routes`() async throws {
        try await withStandIn(.init(makesUpUnknown: true)) { standIn, transport in
            for id in ["ch_1", "ch_2"] { _ = try await get("/v1/charges/\(id)", standIn, transport) }
            let answer = try await get("/_stand-in/requests", standIn, transport, headers: [])
            #expect(answer.json["total"] as? Int == 2)
            #expect(answer.json["routes"] as? [String: Int] == ["GET /v1/charges/:id": 2])
            #expect(standIn.count("GET /v1/charges/:id") == 2)
        }
    }

    @Test func `takes an object or an event over HTTP`() async throws {
        try await withStandIn { standIn, transport in
            let object = #"{"id":"ch_1","object":"charge","status":"succeeded"}"#
            let accepted = try await post("/_stand-in/objects", object, standIn, transport)
            #expect(accepted == 200)
            let known = try await get("/v1/charges/ch_1", standIn, transport)
            #expect(known.status == 200)
            let refused = try await post("/_stand-in/objects", "{}", standIn, transport)
            #expect(refused == 400)
        }
    }

    @Test func `stops although a connection is open and a request is held`() async throws {
        try await withTransport { transport in
            let standIn = try await StripeStandIn.start()
            _ = try await transport.send(TransportRequest(.get, url: standIn.baseURL + "/"))
            standIn.fail(.slow(seconds: 50))
            let request = TransportRequest(
                .get,
                url: standIn.baseURL + "/v1/charges/ch_1",
                headers: Self.headers
            )
            let slow = Task { try await transport.send(request) }
            while standIn.requests.isEmpty { await Task.yield() }
            await standIn.stop()
            _ = await slow.result
        }
    }
}
