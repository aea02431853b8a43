package import JSON

/// A difference between one of our rows and Stripe's data.
package struct Drift: Sendable, Equatable {
    package enum Kind: String, Sendable, JSONEncodable, JSONDecodable {
        /// Stripe has the object, but there is no row.
        case missingHere = "missing_here"
        /// There is a row, but Stripe does not know its object.
        case missingAtStripe = "missing_there"
        case differs
    }

    package let kind: Kind
    /// The id of the row.
    package let id: String
    package let type: String
    /// The field that differs, or the object that Stripe does not know.
    package let field: String?
    package let ours: String?
    package let theirs: String?

    package init(
        _ kind: Kind,
        id: String,
        type: String,
        field: String? = nil,
        ours: String? = nil,
        theirs: String? = nil
    ) {
        self.kind = kind
        self.id = id
        self.type = type
        self.field = field
        self.ours = ours
        self.theirs = theirs
    }
}

extension Drift {
    /// The differences of a row, in the fields that affect the customer's money.
    ///
    /// - Parameters:
    ///   - ours: The current row.
    ///   - theirs: The row derived from Stripe's current data.
    /// - Returns: An empty list if they agree.
    package static func between(_ ours: Transaction?, _ theirs: Transaction?) -> [Drift] {
        switch (ours, theirs) {
        case (nil, nil): return []
        case (nil, let theirs?):
            return isWorthARow(theirs)
                ? [Drift(.missingHere, id: theirs.id, type: theirs.type.rawValue, theirs: theirs.summary)]
                : []
        case (let ours?, nil):
            return [Drift(.missingAtStripe, id: ours.id, type: ours.type.rawValue, ours: ours.summary)]
        case (let ours?, let theirs?):
            return zip(ours.comparedFields, theirs.comparedFields).compactMap { mine, other in
                guard mine.value != other.value else { return nil }
                return Drift(
                    .differs,
                    id: ours.id,
                    type: ours.type.rawValue,
                    field: mine.name,
                    ours: mine.value,
                    theirs: other.value
                )
            }
        }
    }

    /// Whether a missing row matters.
    ///
    /// A payment that was never attempted has only the event of its creation, for which an endpoint need not
    /// be registered.
    private static func isWorthARow(_ row: Transaction) -> Bool {
        row.type != .purchase || row.charge != nil || row.invoice != nil
            || !["pending", "canceled"].contains(row.status)
    }
}

extension Transaction {
    fileprivate var comparedFields: [(name: String, value: String?)] {
        [
            ("type", type.rawValue), ("status", status), ("amount", String(amount)),
            ("amount_refunded", String(amountRefunded)), ("currency", currency.code), ("customer", customer),
            ("disputed", String(disputed)),
        ]
    }

    fileprivate var summary: String { "\(status) \(amount) \(currency.code)" }
}

extension Drift: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        kind = try json.decode("kind")
        id = try json.decode("id")
        type = try json.decode("type")
        field = try json.decodeIfPresent("field")
        ours = try json.decodeIfPresent("ours")
        theirs = try json.decodeIfPresent("theirs")
    }

    package func write(to json: inout JSONWriter) {
        json.member("field", field)
        json.member("id", id)
        json.member("kind", kind)
        json.member("ours", ours)
        json.member("theirs", theirs)
        json.member("type", type)
    }
}
