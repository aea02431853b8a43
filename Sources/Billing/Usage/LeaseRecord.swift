/// What is known of one lease: whose it is, what it holds, what it costs per block, and from when to when.
///
/// Heights are block heights of the chain; amounts are micro-units of the denomination.
package struct LeaseRecord: Hashable, Sendable {
    package enum State: String, Sendable, CaseIterable {
        case active
        case insufficientFunds = "insufficient_funds"
        case closed
        case reclaiming
    }

    /// A price that holds from a height on, until the next one does.
    package struct PriceSegment: Hashable, Sendable {
        package let fromHeight: Int64
        package let denomination: Denomination
        package let pricePerBlock: TokenAmount

        package init(fromHeight: Int64, denomination: Denomination, pricePerBlock: TokenAmount) {
            self.fromHeight = fromHeight
            self.denomination = denomination
            self.pricePerBlock = pricePerBlock
        }
    }

    package let identity: LeaseIdentity
    package let providerName: String?
    /// From the creation on; at least one, by rising height.
    package let prices: [PriceSegment]
    package let createdHeight: Int64
    package let closedHeight: Int64?
    /// When the escrow ran dry, whether or not the lease has been closed since.
    package let escrowEndHeight: Int64?
    package let state: State
    package let closeReason: String?
    package let withdrawn: TokenAmount?
    package internal(set) var resources: LeaseResources
    /// How many of them the deployment's group asked for.
    package let groupCount: Int64
    /// Who said so: `indexer`, `rest`, or what an importer calls itself.
    package let source: String
    /// The height that the record is the truth of; `nil` where the source does not know.
    package let asOfHeight: Int64?

    /// The first height that is no longer paid for; `nil` while the lease goes on.
    package var endHeight: Int64? { [closedHeight, escrowEndHeight].compactMap(\.self).min() }
}

/// What tells a lease from every other.
package struct LeaseIdentity: Hashable, Sendable {
    package let chainID: String
    package let owner: String
    /// The deployment's number, unique for its owner.
    package let dseq: Int64
    package let gseq: Int64
    package let oseq: Int64
    package let bseq: Int64
    package let provider: String

    /// One text for all of it; the parts hold no slash.
    package var text: String { "\(chainID)/\(owner)/\(dseq)/\(gseq)/\(oseq)/\(bseq)/\(provider)" }
}

/// What a lease holds.
package struct LeaseResources: Hashable, Sendable {
    /// Thousandths of a processor.
    package var cpuMilli: Int64
    package var memoryBytes: Int64
    package var ephemeralBytes: Int64
    package var persistentBytes: Int64
    package var gpuUnits: Int64
    package var gpuVendor: String?
    package var gpuModel: String?

    /// What its GPUs are called, as well as that is known; `nil` when it has none.
    package var gpuName: String? { gpuUnits == 0 ? nil : gpuModel ?? gpuVendor ?? "unknown" }
}
