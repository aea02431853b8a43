import Billing
import Storage

/// A lease as received from a source: unchecked texts.
struct RawLease {
    var owner = ""
    var dseq = ""
    var gseq = ""
    var oseq = ""
    var bseq = "0"
    var provider = ""
    var providerName: String?
    var denomination = ""
    var price = ""
    var created = ""
    /// The height at which it was closed; `nil` or `0` while it is open.
    var closed: String?
    /// The height at which its escrow will be, or was, used up.
    var dryAt: String?
    /// The state given by the source; `nil` to derive it from the heights.
    var state: LeaseRecord.State?
    var closeReason: String?
    var withdrawn: String?
    var cpuMilli = "0"
    var memoryBytes = "0"
    var ephemeralBytes = "0"
    var persistentBytes = "0"
    var gpuUnits = "0"
    var gpuVendor: String?
    var gpuModel: String?
    var groupCount = "1"

    /// The lease's identity for readers.
    var name: String {
        [owner, dseq, gseq, oseq, bseq, provider].map { String($0.prefix(80)) }.joined(separator: "/")
    }

    /// Checks all fields and makes the record.
    ///
    /// - Parameters:
    ///   - source: The kind of source.
    ///   - chainID: The id of the chain.
    ///   - asOf: The height at which the data were read.
    ///   - names: The names of tokens.
    /// - Returns: The checked record.
    /// - Throws: The lease, with the field and its fault.
    func record(
        _ source: UsageSourceKind,
        chainID: String,
        asOf: Int64?,
        _ names: DenominationNames
    ) throws(SetAsideLease) -> LeaseRecord {
        for (field, text) in [("owner", owner), ("provider", provider)] where !ChainName.isValid(text) {
            throw wrong(field, "is no address")
        }
        let createdHeight = try height("created height", created)
        let closedHeight = try closed.flatMap { $0 == "0" ? nil : $0 }.map { text throws(SetAsideLease) in
            try height("closed height", text)
        }
        if let closedHeight, closedHeight < createdHeight {
            throw wrong("closed height", "lies before the created height")
        }
        guard let denomination = names.denomination(denomination) else {
            throw wrong(
                "denomination",
                "\(String(denomination.prefix(128))) is not known. If it is USDC by another channel, add it to "
                    + "AKASH_USDC_DENOMS"
            )
        }
        guard let price = TokenAmount(microUnits: price) else {
            throw wrong("price", "is not a decimal number of at most 18 decimals")
        }
        guard state != .closed || closedHeight != nil else {
            // Without a closed height, the lease would be charged for forever.
            throw wrong("closed height", "is missing although it is closed")
        }
        let escrowEnd = escrowEnd(createdHeight, closedHeight, asOf)
        return LeaseRecord(
            identity: LeaseIdentity(
                chainID: chainID,
                owner: owner,
                dseq: try height("dseq", dseq),
                gseq: try height("gseq", gseq),
                oseq: try height("oseq", oseq),
                bseq: try height("bseq", bseq),
                provider: provider
            ),
            providerName: label(providerName),
            prices: [.init(fromHeight: createdHeight, denomination: denomination, pricePerBlock: price)],
            createdHeight: createdHeight,
            closedHeight: closedHeight,
            escrowEndHeight: escrowEnd,
            predictedEndHeight: closedHeight == nil && escrowEnd == nil ? predictedEnd(asOf) : nil,
            state: closedHeight != nil ? .closed : escrowEnd != nil ? .insufficientFunds : state ?? .active,
            closeReason: label(closeReason),
            withdrawn: withdrawn.flatMap { TokenAmount(stored: $0) },
            resources: LeaseResources(
                cpuMilli: try quantity("cpu units", cpuMilli),
                memoryBytes: try quantity("memory", memoryBytes),
                ephemeralBytes: try quantity("ephemeral storage", ephemeralBytes),
                persistentBytes: try quantity("persistent storage", persistentBytes),
                gpuUnits: try quantity("gpu units", gpuUnits),
                gpuVendor: label(gpuVendor?.lowercased()),
                gpuModel: label(gpuModel?.lowercased())
            ),
            groupCount: try quantity("count", groupCount),
            source: source.rawValue,
            asOfHeight: asOf
        )
    }

    /// The height at which the escrow was used up, if that has happened: a prediction is not a fact.
    private func escrowEnd(_ created: Int64, _ closed: Int64?, _ asOf: Int64?) -> Int64? {
        // Ignore a prediction that does not fit a number; it is in the far future.
        guard let asOf, let dryAt, let end = Int64(dryAt), end > 0, end <= asOf else { return nil }
        // A prediction at or after the closed height did not happen.
        if let closed, end >= closed { return nil }
        return max(created, end)
    }

    /// The height at which the escrow will be used up; `nil` if it is no number, or in the past.
    private func predictedEnd(_ asOf: Int64?) -> Int64? {
        guard let asOf, let end = dryAt.flatMap({ Int64($0) }), end > asOf else { return nil }
        return end
    }

    private func height(_ field: String, _ text: String) throws(SetAsideLease) -> Int64 {
        guard let number = Self.number(text), number <= 1 << 62 else {
            throw wrong(field, "is not a whole number of 0 to 2^62")
        }
        return number
    }

    private func quantity(_ field: String, _ text: String) throws(SetAsideLease) -> Int64 {
        guard let number = Self.number(text), number <= 1 << 48 else {
            throw wrong(field, "is not a whole number of 0 to 2^48")
        }
        return number
    }

    private static func number(_ text: String) -> Int64? {
        guard 1...19 ~= text.utf8.count, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return nil }
        return Int64(text)
    }

    /// Omits a text that a record cannot hold: providers and tenants choose these texts, and must not be able to stop
    /// the totals.
    private func label(_ text: String?) -> String? {
        text.flatMap { 1...256 ~= $0.utf8.count && !$0.utf8.contains(0) ? $0 : nil }
    }

    private func wrong(_ field: String, _ problem: String) -> SetAsideLease {
        let closedHeight = closed.flatMap { Int64($0) }
        return SetAsideLease(lease: name, fault: "its \(field) \(problem)", closedHeight: closedHeight)
    }
}
