/// The objects of one payment: all that are connected by links, directly or not.
///
/// Usually these are one PaymentIntent with its charges, refunds and disputes. An invoice paid in parts, or a
/// charge older than PaymentIntents, has another structure; the rows are derived from the objects in any
/// case.
package final class PaymentGroup: Sendable {
    /// A snapshot with its object in the right type.
    struct Known<Object: StripeObjectProtocol>: Sendable {
        let object: Object
        let snapshot: Snapshot
        var observedAt: Instant { snapshot.observedAt }
    }

    let account: String?
    let intents: [Known<PaymentIntent>]
    let charges: [Known<Charge>]
    let refunds: [Known<Refund>]
    let disputes: [Known<Dispute>]
    let sessions: [Known<CheckoutSession>]
    let invoices: [Known<Invoice>]
    let invoicePayments: [Known<InvoicePayment>]
    let credits: [Known<Credit>]
    /// The objects whose current state is ambiguous and must be fetched.
    let undecided: [ObjectReference]
    private let links: [ObjectReference: Set<ObjectReference>]
    // Computed once, because they are read for each of up to thousands of refunds.
    private let named: [Side: [String]]
    private let naming: [Side: [String]]
    /// By charge: the PaymentIntent that refunds and disputes name together with it.
    private let witnessedIntents: [String: String]
    /// The customer of the payment, from the first object that names one.
    let customer: String?

    /// An object, and the kind of objects that it names or that name it.
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
        credits = known { if case .credit(let object) = $0 { object } else { nil } }
        undecided = records.filter(\.isAmbiguous).map(\.reference)
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
        let claims = self.claims(purchases: purchases)
        let credited = Set(claims.values)
        let invoices = self.invoices.filter { !credited.contains($0.object.id) }
        return purchases.map(\.transaction)
            + invoices.compactMap { outOfBandPurchase($0) }
            + refunds.compactMap { refundRow($0, purchases: purchases) }
            + disputes.map { disputeRow($0, purchases: purchases) }
            + invoices.compactMap { couponRow($0) }
            + givenRows(purchases: purchases, claims: claims)
    }

    // MARK: Links between objects

    /// The object of `kind` that `reference` names, or else that names it, in any snapshot.
    func linked(
        _ kind: ObjectKind,
        from reference: ObjectReference,
        except excluded: Set<String> = []
    ) -> String? {
        let side = Side(reference: reference, kind: kind)
        return named[side]?.first { !excluded.contains($0) } ?? naming[side]?.first { !excluded.contains($0) }
    }

    /// The PaymentIntent of a charge: named by either of them, or named by a refund or dispute together with
    /// the charge.
    ///
    /// Invoices are not used, because the PaymentIntent and the charge of an invoice may be two separate
    /// payments.
    func intentID(ofCharge id: String) -> String? {
        linked(.paymentIntent, from: ObjectReference(.charge, id)) ?? witnessedIntents[id]
    }

    /// The PaymentIntent of a refund or a dispute.
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

    /// One purchase for each PaymentIntent that is known itself, by a charge or by a completed session, and
    /// one for each charge without a PaymentIntent.
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

    /// The purchase of a refund or a dispute.
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
    /// The customer of the first object that names one.
    fileprivate func firstCustomer<Object: StripeObjectProtocol>(
        _ customer: (Object) -> Expandable<Customer>?
    ) -> String? where Element == PaymentGroup.Known<Object> {
        for known in self {
            if let id = customer(known.object)?.id { return id }
        }
        return nil
    }
}
