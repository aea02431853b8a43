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
    package internal(set) var prices: [PriceSegment]
    package let createdHeight: Int64
    package let closedHeight: Int64?
    /// When the escrow ran dry, whether or not the lease has been closed since.
    package internal(set) var escrowEndHeight: Int64?
    package let state: State
    package let closeReason: String?
    package let withdrawn: TokenAmount?
    package internal(set) var resources: LeaseResources
    /// How many of them the deployment's group asked for.
    package let groupCount: Int64
    /// Who said so: `indexer`, `rest`, or what an importer calls itself.
    package let source: String
    /// The height that the record is the truth of; `nil` where the source does not know.
    package internal(set) var asOfHeight: Int64?

    package init(
        identity: LeaseIdentity,
        providerName: String? = nil,
        prices: [PriceSegment],
        createdHeight: Int64,
        closedHeight: Int64? = nil,
        escrowEndHeight: Int64? = nil,
        state: State,
        closeReason: String? = nil,
        withdrawn: TokenAmount? = nil,
        resources: LeaseResources,
        groupCount: Int64 = 1,
        source: String,
        asOfHeight: Int64?
    ) {
        precondition(!prices.isEmpty, "a lease has a price")
        self.identity = identity
        self.providerName = providerName
        self.prices = prices
        self.createdHeight = createdHeight
        self.closedHeight = closedHeight
        self.escrowEndHeight = escrowEndHeight
        self.state = state
        self.closeReason = closeReason
        self.withdrawn = withdrawn
        self.resources = resources
        self.groupCount = groupCount
        self.source = source
        self.asOfHeight = asOfHeight
    }

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

    package init(
        chainID: String,
        owner: String,
        dseq: Int64,
        gseq: Int64,
        oseq: Int64,
        bseq: Int64,
        provider: String
    ) {
        self.chainID = chainID
        self.owner = owner
        self.dseq = dseq
        self.gseq = gseq
        self.oseq = oseq
        self.bseq = bseq
        self.provider = provider
    }

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

    package init(
        cpuMilli: Int64 = 0,
        memoryBytes: Int64 = 0,
        ephemeralBytes: Int64 = 0,
        persistentBytes: Int64 = 0,
        gpuUnits: Int64 = 0,
        gpuVendor: String? = nil,
        gpuModel: String? = nil
    ) {
        self.cpuMilli = cpuMilli
        self.memoryBytes = memoryBytes
        self.ephemeralBytes = ephemeralBytes
        self.persistentBytes = persistentBytes
        self.gpuUnits = gpuUnits
        self.gpuVendor = gpuVendor
        self.gpuModel = gpuModel
    }

    /// What its GPUs are called, as well as that is known; `nil` when it has none.
    package var gpuName: String? { gpuUnits == 0 ? nil : gpuModel ?? gpuVendor ?? "unknown" }
}
