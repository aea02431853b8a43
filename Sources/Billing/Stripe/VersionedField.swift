/// A field that only some bodies of an object can contain.
///
/// If a body cannot contain a field, its absence means nothing: the value of an earlier body stays valid.
/// This is the only place that defines which bodies can contain which field; ``Snapshot`` merges by it.
package struct VersionedField: Sendable {
    package enum Bodies: Sendable {
        /// Bodies of these API versions, in which absent and null both mean that there is no value.
        case versions(from: APIVersion?, before: APIVersion?)
        /// Only bodies with the field: it comes from the event's type, or was expanded.
        case whereItStands
    }

    package let kind: ObjectKind
    package let name: String
    package let bodies: Bodies
    /// The page of Stripe, or of its SDK, that documents this.
    package let source: String

    private init(_ kind: ObjectKind, _ name: String, _ bodies: Bodies, source: String) {
        self.kind = kind
        self.name = name
        self.bodies = bodies
        self.source = source
    }

    private static let changelog = "https://docs.stripe.com/changelog/"
    private static let eventTypes = "https://docs.stripe.com/api/events/types"

    /// In the order of the bits of ``VersionedFields``.
    package static let all: [VersionedField] = [
        .init(
            .charge,
            "presentment_details",
            .versions(from: .basil, before: nil),
            source: changelog + "basil/2025-03-31"
        ),
        .init(
            .paymentIntent,
            "presentment_details",
            .versions(from: .basil, before: nil),
            source: changelog + "basil/2025-03-31"
        ),
        .init(
            .checkoutSession,
            "presentment_details",
            .versions(from: .basil, before: nil),
            source: changelog + "basil/2025-03-31"
        ),
        .init(
            .refund,
            "customer",
            .versions(from: .refundCustomer, before: nil),
            source: "https://github.com/stripe/stripe-node/blob/master/CHANGELOG.md (22.4.0)"
        ),
        .init(
            .refund,
            "pending_reason",
            .versions(from: .refundPendingReason, before: nil),
            source: changelog + "basil/2025-04-30"
        ),
        // Before basil this is derived from other fields, which basil removed or redefined. Since then it is
        // only in responses to requests that expand it.
        .init(
            .invoice,
            "amount_paid_off_stripe",
            .versions(from: nil, before: .basil),
            source: changelog + "basil/2025-03-31/add-support-for-multiple-partial-payments-on-invoices"
        ),
        .init(.charge, "told_captured", .whereItStands, source: eventTypes),
        .init(.charge, "told_expired", .whereItStands, source: eventTypes),
        .init(.charge, "told_failed", .whereItStands, source: eventTypes),
        .init(.checkoutSession, "told_failed", .whereItStands, source: eventTypes),
        .init(.paymentIntent, "told_succeeded", .whereItStands, source: eventTypes),
        .init(
            .refund,
            "bank_reference",
            .whereItStands,
            source: "https://docs.stripe.com/api/refunds/object"
        ),
        .init(
            .customer,
            "metadata",
            .whereItStands,
            source: "https://docs.stripe.com/api/customers/retrieve"
        ),
        .init(.charge, "told_succeeded", .whereItStands, source: eventTypes),
    ]

    func isExpressible(by version: APIVersion?) -> Bool {
        switch bodies {
        case .versions(let first, let end):
            guard let version else { return false }
            return first.map { $0 <= version } ?? true && end.map { version < $0 } ?? true
        case .whereItStands: return false
        }
    }
}

/// A set of fields of ``VersionedField/all``.
package struct VersionedFields: OptionSet, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    static let chargePresentment = VersionedFields(rawValue: 1 << 0)
    static let intentPresentment = VersionedFields(rawValue: 1 << 1)
    static let sessionPresentment = VersionedFields(rawValue: 1 << 2)
    package static let refundCustomer = VersionedFields(rawValue: 1 << 3)
    static let refundPendingReason = VersionedFields(rawValue: 1 << 4)
    static let invoicePaidOffStripe = VersionedFields(rawValue: 1 << 5)
    static let chargeCaptured = VersionedFields(rawValue: 1 << 6)
    static let chargeExpired = VersionedFields(rawValue: 1 << 7)
    static let chargeFailed = VersionedFields(rawValue: 1 << 8)
    static let sessionFailed = VersionedFields(rawValue: 1 << 9)
    static let intentSucceeded = VersionedFields(rawValue: 1 << 10)
    static let refundBankReference = VersionedFields(rawValue: 1 << 11)
    static let customerMetadata = VersionedFields(rawValue: 1 << 12)
    static let chargeSucceeded = VersionedFields(rawValue: 1 << 13)

    init(where isMeant: (VersionedField) -> Bool) {
        var fields: VersionedFields = []
        for (bit, field) in VersionedField.all.enumerated() where isMeant(field) {
            fields.formUnion(VersionedFields(rawValue: 1 << bit))
        }
        self = fields
    }

    /// The fields of the set, in their order.
    var members: [(field: VersionedField, option: VersionedFields)] {
        VersionedField.all.enumerated().compactMap { bit, field in
            let option = VersionedFields(rawValue: 1 << bit)
            return contains(option) ? (field, option) : nil
        }
    }

    private static let ofKind: [ObjectKind: VersionedFields] = Dictionary(
        uniqueKeysWithValues: ObjectKind.allCases.map { kind in
            (kind, VersionedFields { $0.kind == kind })
        }
    )

    /// All versioned fields of a kind of object.
    static func of(_ kind: ObjectKind) -> VersionedFields { ofKind[kind] ?? [] }

    /// The fields that bodies of a kind of object contain in an API version.
    static func expressible(of kind: ObjectKind, by version: APIVersion?) -> VersionedFields {
        let all = of(kind)
        guard let version, !all.isEmpty else { return [] }
        return all.intersection(VersionedFields { $0.isExpressible(by: version) })
    }
}
