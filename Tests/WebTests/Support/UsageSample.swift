import StripeAPI
import Testing

/// Leases of two owners over three days of March 2026, of 14,400 blocks each; the last lease stays open.
enum UsageSample {
    static let owner = "akash1the0wnerygferu"
    static let other = "akash1an0ther0hra0rx"

    static let calendar = """
        {"date":"2026-03-12","first_height":"1000000","last_height":"1014399","last_height_yet":"1014399","akt_usd":"2","final":true}
        {"date":"2026-03-13","first_height":"1014400","last_height":"1028799","last_height_yet":"1028799","akt_usd":"3.5","final":true}
        {"date":"2026-03-14","first_height":"1028800","last_height_yet":"1035999","akt_usd":null,"final":false}
        """

    /// One paid in dollars over all three days, one with two GPUs paid in AKT on the second, and one of another owner.
    static let leases = """
        [\(lease(1, created: 1_000_000, price: "100", cpu: 1500)),
         \(lease(2, created: 1_014_400, denomination: "uakt", price: "50", closed: 1_021_600, gpus: 2)),
         \(lease(3, owner: other, created: 1_000_000, price: "7"))]
        """

    static func lease(
        _ dseq: Int,
        owner: String = owner,
        created: Int,
        denomination: String = "uact",
        price: String,
        closed: Int? = nil,
        cpu: Int = 1000,
        gpus: Int = 0
    ) -> String {
        #"{"chain_id":"akashnet-2","owner":"\#(owner)","dseq":"\#(dseq)","gseq":1,"oseq":1,"bseq":1,"#
            + #""provider":"akash1prov\#(dseq)","provider_name":"host \#(dseq)","denom":"\#(denomination)","#
            + #""price_per_block":"\#(price)","created_height":"\#(created)","#
            + #""closed_height":\#(closed.map { "\"\($0)\"" } ?? "null"),"state":"\#(closed == nil ? "active" : "closed")","#
            + #""cpu_milli":\#(cpu),"memory_bytes":"1073741824","ephemeral_bytes":5,"persistent_bytes":6,"#
            + #""gpu_units":\#(gpus),"gpu_vendor":"nvidia","gpu_model":"h100"}"#
    }

    static func accounts(
        _ customer: String = "cus_one",
        _ list: String = #"{"address":"akash1the0wnerygferu"}"#
    ) -> String {
        #"{"customer":"\#(customer)","accounts":[\#(list)]}"#
    }

    /// Posts all of it, and whose it is.
    static func deliver(to harness: WebHarness) async throws {
        for (path, body) in [("leases", leases), ("calendar", calendar)] {
            let answer = try await harness.post("/v1/usage/\(path)", Array(body.utf8), key: .usage)
            #expect(answer.status == 200, "\(answer.text)")
        }
        #expect(try await harness.putAccounts(accounts()).status == 200)
    }
}

extension WebHarness {
    func putAccounts(_ body: String) async throws -> Answer {
        try await send(.put(Array(body.utf8)), "/v1/usage/accounts", headers: TestKey.usage.headers)
    }

    func putLeases(_ body: String) async throws -> Answer {
        try await post("/v1/usage/leases", Array(body.utf8), key: .usage)
    }
}
