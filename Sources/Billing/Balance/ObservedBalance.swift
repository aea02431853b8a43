package import JSON

/// A customer's balance as Console and the chain say it, in dollars.
package struct ObservedBalance: Sendable, Equatable {
    /// The money in the escrow of one deployment.
    package struct Reserve: Sendable, Equatable {
        package let dseq: String
        package let amount: ExactAmount

        package init(dseq: String, amount: ExactAmount) {
            self.dseq = dseq
            self.amount = amount
        }
    }

    /// A customer of the platform account.
    package let customer: String
    /// The money in the wallet.
    package let available: ExactAmount
    /// By ascending dseq.
    package let reserves: [Reserve]
    /// Whether the wallet is on trial: its money is an allowance, and was never paid.
    package let isTrial: Bool
    package let observedAt: Instant

    package init(
        customer: String,
        available: ExactAmount,
        reserves: [Reserve],
        isTrial: Bool,
        observedAt: Instant
    ) {
        self.customer = customer
        self.available = available
        self.reserves = reserves
        self.isTrial = isTrial
        self.observedAt = observedAt
    }

    package var reserved: ExactAmount { reserves.reduce(.zero) { $0 + $1.amount } }

    package var all: ExactAmount { available + reserved }
}

extension ObservedBalance {
    /// The sum of several customers that are shown together.
    package struct Total: Sendable, Equatable {
        package let available: ExactAmount
        package let reserved: ExactAmount
        package let reserves: [Reserve]
        package let isTrial: Bool
        /// The time of the oldest observation.
        package let observedAt: Instant

        /// `nil` without observations.
        package init?(_ balances: [ObservedBalance]) {
            guard let oldest = balances.map(\.observedAt).min() else { return nil }
            available = balances.reduce(.zero) { $0 + $1.available }
            reserved = balances.reduce(.zero) { $0 + $1.reserved }
            reserves = balances.flatMap(\.reserves)
            isTrial = balances.allSatisfy(\.isTrial)
            observedAt = oldest
        }

        package var all: ExactAmount { available + reserved }

        /// By how much more there is than the balance by our rows.
        package func drift(from ours: ExactAmount) -> ExactAmount { all - ours }
    }
}

extension ObservedBalance {
    /// The money left in the escrow of each deployment, which its leases use up at the height that Console's indexer
    /// predicts.
    ///
    /// - Parameters:
    ///   - leases: All open leases of the wallets.
    ///   - height: The newest indexed block.
    /// - Returns: `nil` if a lease is not paid in dollars, or its end is unknown.
    package static func reserves(of leases: [LeaseRecord], at height: Int64) -> [Reserve]? {
        var amounts: [String: TokenAmount] = [:]
        for lease in leases {
            guard let end = lease.predictedEndHeight ?? lease.endHeight, let price = lease.price(at: height),
                price.denomination != .uakt
            else { return nil }
            let blocks = max(0, end.subtractingClamped(height))
            amounts[String(lease.identity.dseq), default: .zero] += price.pricePerBlock * blocks
        }
        return amounts.map { Reserve(dseq: $0, amount: ExactAmount(microDollars: $1)) }
            .sorted { $0.dseq < $1.dseq }
    }
}

extension ObservedBalance {
    private static let maximumReserves = 1000

    /// Reads `{"customer","available","reserved"?:[{"dseq","amount"}],"trial"?,"observed_at"?}`.
    ///
    /// - Parameters:
    ///   - json: Amounts are decimal numbers of dollars as text, and not negative; `observed_at` is a time in RFC
    ///     3339 in UTC, or seconds since 1970.
    ///   - now: The time of the observation, if the JSON has none; a later time is refused.
    /// - Throws: `JSONFieldError`.
    package init(_ json: JSONValue, now: Instant) throws(JSONFieldError) {
        try json.refuseMembers(otherThan: ["customer", "available", "reserved", "trial", "observed_at"])
        customer = try json.identity("customer")
        available = try json.dollars("available")
        if let trial = json["trial"] {
            guard let isTrial = json.bool("trial") else { throw .wrong(trial, "is neither true nor false") }
            self.isTrial = isTrial
        } else {
            isTrial = false
        }
        observedAt = try json.moment("observed_at") ?? now
        if let told = json["observed_at"], observedAt > now.adding(seconds: 300) {
            throw .wrong(told, "is in the future")
        }
        var reserves: [String: ExactAmount] = [:]
        if let list = json["reserved"] {
            guard let elements = list.elements, elements.count <= Self.maximumReserves else {
                throw .wrong(list, "is not a list of at most \(Self.maximumReserves) deployments")
            }
            for element in elements {
                try element.refuseMembers(otherThan: ["dseq", "amount"])
                let value = try element.required("dseq")
                guard let dseq = value.string, let number = UInt64(dseq), String(number) == dseq else {
                    throw .wrong(value, "is not the dseq of a deployment, as text")
                }
                guard reserves.updateValue(try element.dollars("amount"), forKey: dseq) == nil else {
                    throw .wrong(value, "stands twice")
                }
            }
        }
        self.reserves = reserves.map { Reserve(dseq: $0, amount: $1) }.sorted { $0.dseq < $1.dseq }
    }

    package func write(to json: inout JSONWriter) {
        json.member("available", available.exactText)
        json.member("customer", customer)
        json.member("observed_at", observedAt)
        json.array("reserved", reserves) { json, reserve in
            json.member("amount", reserve.amount.exactText)
            json.member("dseq", reserve.dseq)
        }
        json.member("trial", isTrial)
    }
}

extension JSONValue {
    /// An amount of dollars that is not negative, as text.
    fileprivate func dollars(_ key: StaticString) throws(JSONFieldError) -> ExactAmount {
        let value = try required(key)
        guard let amount = value.string.flatMap(ExactAmount.init(dollars:)), amount >= .zero else {
            throw .wrong(
                value,
                "is not a decimal number as text, such as \"12.50\", below 10^9, of at most 18 decimals and not negative"
            )
        }
        return amount
    }
}
