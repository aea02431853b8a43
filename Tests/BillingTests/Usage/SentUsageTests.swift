import JSON
import Testing

@testable import Billing

/// Leases and days from outside have no part that the service overlooks.
struct SentUsageTests {
    /// Every member that a lease can have.
    private static let lease = #"""
        {"chain_id":"akashnet-2","owner":"akash1o","dseq":"7","gseq":1,"oseq":1,"bseq":1,"provider":"akash1p",
        "provider_name":"host","denom":"uakt","price_per_block":"12.5",
        "price_segments":[{"from_height":"200","denom":"uact","price":"3"}],"created_height":"100",
        "closed_height":"900","escrow_end_height":"800","state":"closed","close_reason":"owner",
        "withdrawn":"5000","cpu_milli":1000,"memory_bytes":"1024","ephemeral_bytes":1,"persistent_bytes":1,
        "gpu_units":2,"gpu_vendor":"nvidia","gpu_model":"h100","group_count":1,"source":"import",
        "as_of_height":"950"}
        """#
    private static let day =
        #"{"date":"2026-03-12","first_height":"100","last_height":"899","last_height_yet":"899","#
        + #""akt_usd":"2.5","price_source":"coingecko","final":true}"#

    private static func names(of text: String) throws -> [String] {
        try JSONValue.read(Array(text.utf8)) { try #require($0.members).map(\.name) }
    }

    /// The text with the last two letters of a name the other way round, and that name.
    private static func misspelt(_ name: String, in text: String) -> (text: String, name: String) {
        let wrong = name.dropLast(2) + String(name.suffix(2).reversed())
        return (text.replacing("\"\(name)\":", with: "\"\(wrong)\":", maxReplacements: 1), String(wrong))
    }

    private static func problem(
        _ text: String,
        _ read: (JSONValue) throws -> Void
    ) -> String? {
        do {
            try JSONValue.read(Array(text.utf8), read)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func leaseProblem(_ text: String) -> String? {
        problem(text) { _ = try LeaseRecord(sent: $0) }
    }

    private static func dayProblem(_ text: String) -> String? { problem(text) { _ = try CalendarDay($0) } }

    @Test func `a lease and a day with every member are taken`() {
        #expect(Self.leaseProblem(Self.lease) == nil)
        #expect(Self.dayProblem(Self.day) == nil)
    }

    @Test func `a misspelt member of a lease, a price or a day is refused, and the right name is told`()
        throws
    {
        func expect(_ problem: String?, _ wrong: String, for name: String) {
            let told = "has \"\(wrong)\" (did you mean \(name)?)"
            #expect(problem?.contains(told) == true, "\(name): \(problem ?? "none")")
        }
        for name in try Self.names(of: Self.lease) + ["from_height", "price"] {
            let (text, wrong) = Self.misspelt(name, in: Self.lease)
            expect(Self.leaseProblem(text), wrong, for: name)
        }
        for name in try Self.names(of: Self.day) {
            let (text, wrong) = Self.misspelt(name, in: Self.day)
            expect(Self.dayProblem(text), wrong, for: name)
        }
    }

    @Test func `a name that is near none, and one that is given twice, are refused`() {
        let price = Self.day.replacing("akt_usd", with: "price")
        #expect(Self.dayProblem(price)?.hasPrefix("has \"price\", and can have akt_usd, date, ") == true)
        let twice = Self.lease.replacing("{\"chain_id\"", with: "{\"closed_height\":null,\"chain_id\"")
        #expect(Self.leaseProblem(twice) == "has \"closed_height\" twice")
    }

    @Test func `a stored lease is read whatever else a later version has written`() {
        let text = Self.lease.replacing("{\"chain_id\"", with: "{\"later\":1,\"chain_id\"")
        #expect(Self.problem(text) { _ = try LeaseRecord($0) } == nil)
    }

    @Test(arguments: [
        ("uakt", true), ("uact", true), ("uusdc", true), ("ibc/ABC", true), ("factory/akash1x/coin", true),
        ("usdt", false), ("uatk", false), ("akt", false), ("UAKT", false), ("uosmo", false),
    ])
    func `a native token is one of the chain's, in the price and in later prices`(
        token: String,
        isTaken: Bool
    ) {
        for name in ["uakt", "uact"] {
            let text = Self.lease.replacing("\"denom\":\"\(name)\"", with: "\"denom\":\"\(token)\"")
            #expect((Self.leaseProblem(text) == nil) == isTaken, "\(name)")
            #expect(isTaken || Self.leaseProblem(text)?.contains("denom is not a token of the chain") == true)
        }
    }
}
