/// The objects that tell of one payment together: everything connected by links, through whatever path.
///
/// Usually that is one PaymentIntent with its charges, refunds and disputes. An invoice paid in parts, or a
/// charge older than PaymentIntents, makes other shapes; the rows follow from the objects either way.
package final class PaymentGroup: Sendable {
    /// A snapshot with its object already of the right type.
    struct Known<Object: StripeObjectProtocol>: Sendable {
        let object: Object
        let snapshot: Snapshot
        var shownAt: Instant { snapshot.shownAt }
    }

    let account: String?
    let intents: [Known<PaymentIntent>]
    let charges: [Known<Charge>]
    let refunds: [Known<Refund>]
    let disputes: [Known<Dispute>]
    let sessions: [Known<CheckoutSession>]
    let invoices: [Known<Invoice>]
    let invoicePayments: [Known<InvoicePayment>]
    /// Objects of which nobody can tell what they are like now.
    let undecided: [ObjectReference]
    private let links: [ObjectReference: Set<ObjectReference>]
    // Asked for again and again, for each refund of thousands, so worked out once.
    private let named: [Side: [String]]
    private let naming: [Side: [String]]
    /// By charge: the PaymentIntent that refunds and disputes name beside it.
    private let witnessedIntents: [String: String]
    /// Whose payment it is, as far as any object of it says.
    let customer: String?

    /// An object, and the kind of others that it names or is named by.
    private struct Side: Hashable {
        let reference: ObjectReference
        let kind: ObjectKind
    }

    package init(_ records: [ObjectRecord], account: String?) {
        self.account = account
        let snapshots = records.compactMap(\.snapshot).sorted { $0.object.value.id < $1.object.value.id }
        func known<Object: StripeObjectProtocol>(_ object: (StripeObject) -> Object?) -> [Known<Object>] {
            snapshots.compactMap { snapshot in
                object(snapshot.object).map { Known(object: $0, snapshot: snapshot) }
            }
        }
        intents = known { if case .paymentIntent(let object) = $0 { object } else { nil } }
        charges = known { if case .charge(let object) = $0 { object } else { nil } }
        refunds = known { if case .refund(let object) = $0 { object } else { nil } }
        disputes = known { if case .dispute(let object) = $0 { object } else { nil } }
        sessions = known { if case .checkoutSession(let object) = $0 { object } else { nil } }
        invoices = known { if case .invoice(let object) = $0 { object } else { nil } }
        invoicePayments = known { if case .invoicePayment(let object) = $0 { object } else { nil } }
        undecided = records.filter(\.isUndecided).map(\.reference)
        links = Dictionary(records.map { ($0.reference, $0.links) }) { $0.union($1) }
        var named: [Side: [String]] = [:]
        var naming: [Side: [String]] = [:]
        var witnessed: [String: String] = [:]
        for (reference, links) in links {
            for other in links {
                named[Side(reference: reference, kind: other.kind), default: []].append(other.id)
                naming[Side(reference: other, kind: reference.kind), default: []].append(reference.id)
            }
            guard reference.kind == .refund || reference.kind == .dispute,
                let intent = links.filter({ $0.kind == .paymentIntent }).map(\.id).min()
            else { continue }
            for charge in links where charge.kind == .charge {
                witnessed[charge.id] = min(intent, witnessed[charge.id] ?? intent)
            }
        }
        self.named = named.mapValues { $0.sorted() }
        self.naming = naming.mapValues { $0.sorted() }
        witnessedIntents = witnessed
        customer =
            intents.firstCustomer(\.customer) ?? charges.firstCustomer(\.customer)
            ?? sessions.firstCustomer(\.customer) ?? invoices.firstCustomer(\.customer)
            ?? refunds.firstCustomer(\.customer)
    }

    /// The rows of this payment, in no particular order.
    package var transactions: [Transaction] {
        let purchases = self.purchases
        guard !purchases.contains(where: \.isCardValidation) else { return [] }
        return purchases.map(\.transaction)
            + invoices.compactMap { outOfBandPurchase($0) }
            + refunds.compactMap { refundRow($0, purchases: purchases) }
            + disputes.map { disputeRow($0, purchases: purchases) }
            + invoices.compactMap { creditRow($0) }
    }

    // MARK: Who belongs to whom

    /// The one object of `kind` that `reference` names or is named with, whichever snapshot showed it.
    func linked(
        _ kind: ObjectKind,
        from reference: ObjectReference,
        except excluded: Set<String> = []
    ) -> String? {
        let side = Side(reference: reference, kind: kind)
        return named[side]?.first { !excluded.contains($0) } ?? naming[side]?.first { !excluded.contains($0) }
    }

    /// The PaymentIntent of a charge: as either says, or as a refund or a dispute names both.
    ///
    /// An invoice can name a PaymentIntent and a charge that are two payments of it.
    func intentID(ofCharge id: String) -> String? {
        linked(.paymentIntent, from: ObjectReference(.charge, id)) ?? witnessedIntents[id]
    }

    /// The PaymentIntent that a refund or a dispute goes back to.
    func intentID(behind reference: ObjectReference) -> String? {
        linked(.paymentIntent, from: reference)
            ?? linked(.charge, from: reference).flatMap { intentID(ofCharge: $0) }
    }

    /// The invoice that one of `references` paid.
    func invoiceID(paidBy references: [ObjectReference]) -> String? {
        for reference in references {
            if let invoice = linked(.invoice, from: reference) { return invoice }
        }
        for payment in invoicePayments {
            guard let invoice = payment.object.invoice?.id else { continue }
            let paidWith = links[payment.object.reference] ?? []
            if references.contains(where: paidWith.contains) { return invoice }
        }
        return nil
    }

    // MARK: Purchases

    /// One for each PaymentIntent that something of its own tells of, and for each charge without one.
    var purchases: [Purchase] {
        var chargesByIntent: [String: [Known<Charge>]] = [:]
        var loose: [Known<Charge>] = []
        for charge in charges {
            if let intent = intentID(ofCharge: charge.object.id) {
                chargesByIntent[intent, default: []].append(charge)
            } else {
                loose.append(charge)
            }
        }
        let sessionIntents = sessions.filter { $0.object.isComplete }
            .compactMap { linked(.paymentIntent, from: $0.object.reference) }
        let intentIDs = Set(intents.map(\.object.id)).union(chargesByIntent.keys).union(sessionIntents)
        return intentIDs.sorted().map { id in
            Purchase(
                group: self,
                intentID: id,
                intent: intents.first { $0.object.id == id },
                charges: chargesByIntent[id] ?? [],
                session: sessions.first { linked(.paymentIntent, from: $0.object.reference) == id }
            )
        } + loose.map { Purchase(group: self, intentID: nil, intent: nil, charges: [$0], session: nil) }
    }

    /// The purchase that money went back from.
    func purchase(behind reference: ObjectReference, among purchases: [Purchase]) -> Purchase? {
        let chargeID = linked(.charge, from: reference)
        let intentID = intentID(behind: reference)
        return purchases.first { purchase in
            purchase.charges.contains { $0.object.id == chargeID }
                || (intentID != nil && purchase.intentID == intentID)
        }
    }
}

extension Array {
    /// Whose the first of them is that says so.
    fileprivate func firstCustomer<Object: StripeObjectProtocol>(
        _ customer: (Object) -> Expandable<Customer>?
    ) -> String? where Element == PaymentGroup.Known<Object> {
        for known in self {
            if let id = customer(known.object)?.id { return id }
        }
        return nil
    }
}
