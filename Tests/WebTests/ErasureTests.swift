import Billing
import Foundation
import Storage
import Testing

@testable import Web

/// `POST /v1/erasures`, and what the routes say of an erased customer.
struct ErasureTests {
    private func erase(_ body: String, _ harness: WebHarness) async throws -> Answer {
        try await harness.post("/v1/erasures", Array(body.utf8), key: .ops)
    }

    private static let canary = "CANARY-4c1d"

    /// A purchase of `cus_gone` whose texts are canaries, and one of `cus_other`.
    private func deliver(to harness: WebHarness) async throws {
        for (customer, text) in [("cus_gone", Self.canary), ("cus_other", "kept")] {
            let charge = #"""
                {"id":"ch_\#(customer)","object":"charge","amount":2500,"amount_captured":2500,"currency":"usd",
                "created":1750000000,"status":"succeeded","paid":true,"captured":true,"customer":"\#(customer)",
                "description":"\#(text)","receipt_url":"https://pay.stripe.com/receipts/\#(text)",
                "billing_details":{"name":"\#(text)","email":"\#(text)@example.com"},
                "payment_method_details":{"type":"card","card":{"brand":"visa","last4":"\#(text)"}}}
                """#
            let event = #"""
                {"id":"evt_\#(customer)","object":"event","type":"charge.succeeded","created":1750000000,
                "livemode":false,"data":{"object":\#(charge)}}
                """#
            #expect(try await harness.deliver(Array(event.utf8)).status == 200)
        }
    }

    private func texts(_ harness: WebHarness) async throws -> [String] {
        var texts: [String] = []
        for path in [
            "/v1/transactions", "/v1/transactions/ch_cus_gone", "/v1/transactions/export?format=csv",
            "/v1/transactions/export?format=jsonl", "/v1/transactions/ch_cus_gone/receipt/print",
        ] {
            texts.append(try await harness.get(path, key: .feed).text)
        }
        texts.append(try await harness.get("/v1/transactions?q=\(Self.canary)", key: .feed).text)
        texts.append(try await harness.get("/v1/events/evt_cus_gone", key: .ops).text)
        texts.append(try await harness.get("/v1/events", key: .ops).text)
        return texts
    }

    @Test func `nobody is told anything personal of an erased customer any more, and all amounts`()
        async throws
    {
        let log = LogRecorder()
        var settings = WebHarness.Settings()
        settings.logger = log.logger
        try await WebHarness.with(settings) { harness in
            try await deliver(to: harness)
            #expect(try await texts(harness).filter { $0.contains(Self.canary) }.count == 7)
            let answer = try await erase(#"{"customer":"cus_gone"}"#, harness)
            #expect(answer.status == 200)
            let said = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
            #expect(said?["object"] as? String == "erasure")
            #expect(said?["events"] as? Int == 1)
            #expect(said?["transactions"] as? Int == 1)
            #expect(said?["erased_before"] as? Bool == false)
            #expect(said?["account"] is NSNull)
            let texts = try await texts(harness)
            #expect(!texts.contains { $0.contains(Self.canary) })
            #expect(texts[1].contains(#""amount":2500"#))
            #expect(texts[6].contains(#""cause":"erasure""#) && texts[6].contains(#""archive":null"#))
            #expect(try await harness.get("/v1/transactions/ch_cus_other", key: .feed).text.contains("kept"))
            #expect(!log.lines.contains { $0.contains(Self.canary) })
        }
    }

    @Test func `nothing is changed by a dry run, nor for somebody who is not known`() async throws {
        try await WebHarness.with { harness in
            try await deliver(to: harness)
            let texts = try await texts(harness)
            #expect(try await erase(#"{"customer":"cus_gone","dry_run":true}"#, harness).status == 200)
            #expect(try await erase(#"{"customer":"cus_nobody"}"#, harness).status == 404)
            #expect(try await erase(#"{"customer":"cus_gone","account":"acct_1"}"#, harness).status == 404)
            #expect(try await self.texts(harness) == texts)
        }
    }

    @Test(arguments: [
        ("", "body"), ("[]", "body"), ("{}", "customer"), (#"{"customer":5}"#, "customer"),
        (#"{"customer":"cus 1"}"#, "customer"), (#"{"customer":"cus_1","account":""}"#, "account"),
        (#"{"customer":"cus_1","dry_run":"yes"}"#, "dry_run"),
        (#"{"customer":"cus_1","force":true}"#, "force"),
        (#"{"customer":"cus_1","customer":"cus_2"}"#, "customer"),
    ])
    func `a wish that cannot be right is refused by name`(body: String, parameter: String) async throws {
        try await WebHarness.with { harness in
            let answer = try await erase(body, harness)
            #expect(answer.status == 400)
            #expect(answer.errorParameter == parameter)
        }
    }
}
