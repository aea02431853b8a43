/// The data of one lease: its owner, its resources, its price per block, and its first and last heights.
///
/// Heights are block heights of the chain; amounts are micro-units of the denomination.
package struct LeaseRecord: Hashable, Sendable {
    package enum State: String, Sendable, CaseIterable {
        case active
        case insufficientFunds = "insufficient_funds"
        case closed
        case reclaiming
    }

    /// A price that applies from a height until the next segment.
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

    package internal(set) var identity: LeaseIdentity
    package let providerName: String?
    /// From the creation on; at least one, by ascending height.
    package internal(set) var prices: [PriceSegment]
    package let createdHeight: Int64
    package let closedHeight: Int64?
    /// When the escrow was used up, whether or not the lease has been closed since.
    package internal(set) var escrowEndHeight: Int64?
    /// When the escrow will be used up if nothing is paid in; no usage is counted by it.
    package let predictedEndHeight: Int64?
    package let state: State
    package let closeReason: String?
    package let withdrawn: TokenAmount?
    package internal(set) var resources: LeaseResources
    /// The number of replicas in the deployment's group.
    package let groupCount: Int64
    /// The source of the record: `indexer`, `rest`, or the name of an importer.
    package let source: String
    /// The height at which the record was true; `nil` if the source does not report it.
    package internal(set) var asOfHeight: Int64?

    package init(
        identity: LeaseIdentity,
        providerName: String? = nil,
        prices: [PriceSegment],
        createdHeight: Int64,
        closedHeight: Int64? = nil,
        escrowEndHeight: Int64? = nil,
        predictedEndHeight: Int64? = nil,
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
        self.predictedEndHeight = predictedEndHeight
        self.state = state
        self.closeReason = closeReason
        self.withdrawn = withdrawn
        self.resources = resources
        self.groupCount = groupCount
        self.source = source
        self.asOfHeight = asOfHeight
    }

    /// The first height that is no longer paid for; `nil` while the lease is open.
    package var endHeight: Int64? {
        guard let closedHeight, let escrowEndHeight else { return closedHeight ?? escrowEndHeight }
        return min(closedHeight, escrowEndHeight)
    }
}

/// The unique key of a lease.
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

    /// The whole key as one text; no part contains a slash.
    package var text: String { "\(deployment.text)/\(gseq)/\(oseq)/\(bseq)/\(provider)" }

    package var deployment: DeploymentIdentity {
        DeploymentIdentity(chainID: chainID, owner: owner, dseq: dseq)
    }
}

/// The unique key of a deployment, which may have several leases.
package struct DeploymentIdentity: Hashable, Sendable {
    package let chainID: String
    package let owner: String
    /// The deployment's number, unique for its owner.
    package let dseq: Int64

    /// The whole key as one text; no part contains a slash.
    package var text: String { "\(chainID)/\(owner)/\(dseq)" }

    /// Only the number: the deployments of an owner differ in it, and texts are slow to hash.
    package func hash(into hasher: inout Hasher) { hasher.combine(dseq) }

    /// The names by which readers know some deployments: the dseq alone, unless another of them has the same.
    ///
    /// - Parameter texts: The ``text`` of each.
    /// - Returns: The name of each, by its text.
    package static func names(of texts: Set<String>) -> [String: String] {
        let byNumber = Dictionary(grouping: texts) { $0.split(separator: "/").last.map(String.init) ?? $0 }
        return byNumber.reduce(into: [:]) { names, entry in
            for text in entry.value { names[text] = entry.value.count == 1 ? entry.key : text }
        }
    }
}

/// The resources of a lease.
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

    /// The best known name of the GPUs; `nil` without a GPU.
    var gpuName: String? { gpuUnits == 0 ? nil : gpuModel ?? gpuVendor ?? "unknown" }
}

extension LeaseRecord {
    /// The price that holds at a block; a lease without one so early has its first.
    package func price(at height: Int64) -> PriceSegment? {
        prices.last { $0.fromHeight <= height } ?? prices.first
    }
}
