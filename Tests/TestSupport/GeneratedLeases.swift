import Scenarios

/// Random leases and calendar days, decided by a seed, as the JSON to be posted, with all variations that the service accepts.
package struct GeneratedLeases: Sendable {
    package let calendar: [String]
    package let leases: [String]

    /// - Parameters:
    ///   - seed: The seed of all values.
    ///   - count: The number of leases.
    package init(seed: UInt64, count: Int) {
        var random = SeededRandom(seed: seed)
        var height = Int64.random(in: 1...9_000_000_000, using: &random)
        let first = height
        var calendar: [String] = []
        for day in 1...28 {
            let last = height + Int64.random(in: 1...14_500, using: &random)
            let date = "2026-02-" + (day < 10 ? "0\(day)" : "\(day)")
            let price = random.happens(inPercent: 15) ? "null" : "\"\(Self.decimal(0...9, &random))1\""
            let isOpen = day == 28
            calendar.append(
                #"{"date":"\#(date)","first_height":"\#(height)","last_height":\#(isOpen ? "null" : "\"\(last)\""),"#
                    + #""last_height_yet":"\#(last)","akt_usd":\#(price),"final":\#(!isOpen)}"#
            )
            height = last + 1
        }
        self.calendar = calendar
        let end = height
        leases = (0..<count).map { Self.lease($0, first..<end, &random) }
    }

    private static func lease(_ number: Int, _ span: Range<Int64>, _ random: inout SeededRandom) -> String {
        let accessScope = span.lowerBound - min(20_000, span.lowerBound)..<span.upperBound + 20_000
        let created = Int64.random(in: accessScope, using: &random)
        func later(_ percent: Int) -> String {
            guard random.happens(inPercent: percent) else { return "null" }
            return "\"\(created + Int64.random(in: 0...60_000, using: &random))\""
        }
        let (closed, escrow) = (later(60), later(25))
        var segments: [String] = []
        var from = created - 500
        while random.happens(inPercent: 35) {
            from += Int64.random(in: 1...20_000, using: &random)
            segments.append(
                #"{"from_height":"\#(max(0, from))","denom":"\#(denomination(&random))","price":"\#(decimal(0...999_999, &random))"}"#
            )
        }
        // A deployment has up to three leases; some have another's number and owner, on another chain.
        let chain = number % 9 == 4 ? "sandbox-01" : "akashnet-2"
        let deployment = number / 3
        return #"{"chain_id":"\#(chain)","owner":"akash1owner\#(deployment % 40)","#
            + #""dseq":"\#(deployment + 1)","gseq":1,"oseq":1,"bseq":\#(number),"provider":"akash1provider\#(number % 7)","#
            + #""denom":"\#(denomination(&random))","price_per_block":"\#(decimal(0...999_999, &random))","#
            + #""price_segments":[\#(segments.joined(separator: ","))],"created_height":"\#(max(0, created))","#
            + #""closed_height":\#(closed),"escrow_end_height":\#(escrow),"state":"active","cpu_milli":1000,"#
            + #""gpu_units":\#(number % 3),"gpu_vendor":"nvidia","gpu_model":"h100","source":"test"}"#
    }

    private static func denomination(_ random: inout SeededRandom) -> String {
        ["uakt", "uakt", "uact", "uusdc", "udoge"].randomElement(using: &random) ?? "uakt"
    }

    /// A number with up to 17 decimals.
    private static func decimal(_ whole: ClosedRange<Int>, _ random: inout SeededRandom) -> String {
        let digits = Int.random(in: 0...16, using: &random)
        let fraction = (0..<digits).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
        return "\(Int.random(in: whole, using: &random)).\(fraction)0"
    }
}
