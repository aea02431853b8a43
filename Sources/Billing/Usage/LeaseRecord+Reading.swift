package import JSON

/// Reads a lease record from JSON.
///
/// The dseq and heights may exceed 2^53, so they are texts; numbers are accepted too.
extension LeaseRecord {
    private static let members: Set<String> = [
        "as_of_height", "bseq", "chain_id", "close_reason", "closed_height", "cpu_milli", "created_height",
        "denom", "dseq", "ephemeral_bytes", "escrow_end_height", "gpu_model", "gpu_units", "gpu_vendor",
        "group_count", "gseq", "memory_bytes", "oseq", "owner", "persistent_bytes", "predicted_end_height",
        "price_per_block",
        "price_segments", "provider", "provider_name", "source", "state", "withdrawn",
    ]

    /// Reads a record from outside the service.
    ///
    /// - Parameter json: The record. A misspelt `closed_height` would leave a lease without an end, so members
    ///   that a lease does not have are refused.
    /// - Throws: `JSONFieldError` that names the member, also for a token that the chain does not have; see
    ///   ``Denomination/isForeign``.
    package init(sent json: JSONValue) throws(JSONFieldError) {
        try json.refuseMembers(otherThan: Self.members)
        try json.refuseMisspeltToken("denom")
        for segment in json["price_segments"]?.elements?.prefix(Self.maximumSegments) ?? [] {
            try segment.refuseMembers(otherThan: ["from_height", "denom", "price"])
            try segment.refuseMisspeltToken("denom")
        }
        try self.init(json)
    }

    /// Reads a stored record, which an earlier version may have written.
    package init(_ json: JSONValue) throws(JSONFieldError) {
        identity = LeaseIdentity(
            chainID: try json.chainName("chain_id"),
            owner: try json.chainName("owner"),
            dseq: try json.requiredHeight("dseq"),
            gseq: try json.requiredHeight("gseq"),
            oseq: try json.requiredHeight("oseq"),
            // Leases from before bids were numbered have none.
            bseq: try json.height("bseq") ?? 0,
            provider: try json.chainName("provider")
        )
        createdHeight = try json.requiredHeight("created_height")
        closedHeight = try json.height("closed_height", atLeast: createdHeight)
        escrowEndHeight = try json.height("escrow_end_height", atLeast: createdHeight)
        predictedEndHeight = try json.height("predicted_end_height", atLeast: createdHeight)
        state = try json.leaseState("state")
        if state == .closed, closedHeight == nil, escrowEndHeight == nil {
            // Without an end, the lease would be paid for without limit.
            throw .missing("closed_height", in: json)
        }
        prices = try Self.prices(json, from: createdHeight)
        providerName = try json.label("provider_name")
        closeReason = try json.label("close_reason")
        withdrawn = try json.tokenSum("withdrawn")
        resources = LeaseResources(
            cpuMilli: try json.quantity("cpu_milli"),
            memoryBytes: try json.quantity("memory_bytes"),
            ephemeralBytes: try json.quantity("ephemeral_bytes"),
            persistentBytes: try json.quantity("persistent_bytes"),
            gpuUnits: try json.quantity("gpu_units"),
            gpuVendor: try json.label("gpu_vendor") { $0.lowercased() },
            gpuModel: try json.label("gpu_model") { $0.lowercased() }
        )
        groupCount = try json.quantity("group_count", otherwise: 1)
        source = try json.label("source") ?? "import"
        asOfHeight = try json.height("as_of_height")
    }

    static let maximumSegments = 1000

    private static func prices(
        _ json: JSONValue,
        from created: Int64
    ) throws(JSONFieldError) -> [PriceSegment] {
        var prices = [
            PriceSegment(
                fromHeight: created,
                denomination: try json.denomination("denom"),
                pricePerBlock: try json.requiredTokenAmount("price_per_block")
            )
        ]
        guard let value = json["price_segments"] else { return prices }
        guard let elements = value.elements, elements.count <= maximumSegments else {
            throw .wrong(value, "is not a list of at most \(maximumSegments) segments")
        }
        var previous: Int64 = -1
        for element in elements {
            let from = try element.requiredHeight("from_height")
            guard from > previous else { throw .wrong(element, "does not begin after the one before it") }
            previous = from
            let segment = PriceSegment(
                fromHeight: max(from, created),
                denomination: try element.denomination("denom"),
                pricePerBlock: try element.requiredTokenAmount("price")
            )
            // Only the last price before the lease's creation applies, from the creation on.
            if segment.fromHeight == created { prices = [segment] } else { prices.append(segment) }
        }
        return prices
    }
}

extension JSONValue {
    /// A height, or another number of the chain: a text or a number from 0 to 2^62.
    func height(_ key: StaticString, atLeast least: Int64 = 0) throws(JSONFieldError) -> Int64? {
        guard let value = self[key] else { return nil }
        guard let number = value.wholeNumber, 0...Self.maximumHeight ~= number else {
            throw .wrong(value, "is not a whole number of 0 to 2^62, as text or number")
        }
        guard number >= least else { throw .wrong(value, "lies before created_height") }
        return number
    }

    func requiredHeight(_ key: StaticString) throws(JSONFieldError) -> Int64 {
        if let height = try height(key) { return height }
        _ = try required(key)
        throw .missing(key, in: self)
    }

    static var maximumHeight: Int64 { 1 << 62 }

    private var wholeNumber: Int64? {
        if let integer { return integer }
        guard let text = string, 1...20 ~= text.utf8.count,
            text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return nil }
        return Int64(text)
    }

    /// A quantity; `otherwise` if the member is absent.
    func quantity(_ key: StaticString, otherwise: Int64 = 0) throws(JSONFieldError) -> Int64 {
        guard let value = self[key] else { return otherwise }
        guard let number = value.wholeNumber, 0...(1 << 48) ~= number else {
            throw .wrong(value, "is not a whole number of 0 to 2^48")
        }
        return number
    }

    /// A chain's id, or an address on the chain.
    func chainName(_ key: StaticString) throws(JSONFieldError) -> String {
        let value = try required(key)
        guard let name = value.string, ChainName.isValid(name) else {
            throw .wrong(value, "is not a name of 1 to 128 letters, digits, dots, hyphens and underscores")
        }
        return name
    }

    /// Text for readers, short enough for a table.
    ///
    /// The stored spelling may be longer than the received one, and must fit the limit.
    func label(
        _ key: StaticString,
        spelt: (String) -> String = { $0 }
    ) throws(JSONFieldError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = text(key).map(spelt), text.utf8.count <= 256 else {
            throw .wrong(value, "is not a text of at most 256 bytes")
        }
        return text.isEmpty ? nil : text
    }

    func denomination(_ key: StaticString) throws(JSONFieldError) -> Denomination {
        let value = try required(key)
        guard let denomination = value.string.flatMap(Denomination.init) else {
            throw .wrong(value, "is not a denomination, such as uakt or uact")
        }
        return denomination
    }

    /// Refuses a token that the chain does not have.
    fileprivate func refuseMisspeltToken(_ key: StaticString) throws(JSONFieldError) {
        guard let value = self[key], let token = value.string.flatMap(Denomination.init),
            token.worth == .unknown, !token.isForeign
        else { return }
        throw .wrong(
            value,
            "is not a token of the chain: uakt, uact, uusdc, or ibc/… for one of another chain"
        )
    }

    /// The sum paid over a lease's life, which may exceed the limit of a price.
    func tokenSum(_ key: StaticString) throws(JSONFieldError) -> TokenAmount? {
        guard let value = self[key] else { return nil }
        if let sum = value.string.flatMap({ TokenAmount(stored: $0) }) { return sum }
        return try requiredTokenAmount(key)
    }

    /// A text is best, because a program in between cannot have converted it to floating point.
    func requiredTokenAmount(_ key: StaticString) throws(JSONFieldError) -> TokenAmount {
        let value = try required(key)
        guard let amount = value.decimalText.flatMap({ TokenAmount(microUnits: $0) }) else {
            throw .wrong(value, "is not a decimal number of at most 18 decimals and below 10^12")
        }
        return amount
    }

    fileprivate func leaseState(_ key: StaticString) throws(JSONFieldError) -> LeaseRecord.State {
        let value = try required(key)
        guard let state = value.string.flatMap(LeaseRecord.State.init) else {
            let names = LeaseRecord.State.allCases.map(\.rawValue).joined(separator: ", ")
            throw .wrong(value, "is none of \(names)")
        }
        return state
    }
}

/// The form of chain ids and addresses.
package enum ChainName {
    package static func isValid(_ text: String) -> Bool {
        1...128 ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }
}
