extension PaymentGroup {
    /// The questions to ask Stripe because the answers would complete these rows, each once and sorted.
    ///
    /// They are derived from the group alone, and there are at most a few for each object in it. An answer
    /// normally settles its question. After one that does not, such as a list without the wanted object, the
    /// question is not asked again until an event of Stripe has news about the payment.
    package var missing: [StripeFetchRequest] {
        let purchases = self.purchases
        var questions = Set(undecided.map(StripeFetchRequest.object))
        for purchase in purchases {
            if let object = purchase.missing { questions.insert(.object(object)) }
            if let charge = purchase.decidingCharge, purchase.amountRefundedUnseen > 0 {
                questions.insert(.refunds(charge: charge.object.id))
            }
        }
        // A refund that only releases an authorisation makes no row.
        for reference in refunds.filter({ !$0.object.isLapsedAuthorisation }).map(\.object.reference)
            + disputes.map(\.object.reference)
        {
            if let origin = unseenOrigin(of: reference) { questions.insert(.object(origin)) }
        }
        for invoice in invoices { questions.formUnion(self.questions(about: invoice)) }
        return questions.sorted()
    }

    /// The charge of a refund or a dispute, or else its PaymentIntent, if no event has shown it.
    private func unseenOrigin(of reference: ObjectReference) -> ObjectReference? {
        if let charge = linked(.charge, from: reference) {
            return charges.contains { $0.object.id == charge } ? nil : ObjectReference(.charge, charge)
        }
        guard let intent = linked(.paymentIntent, from: reference),
            // The charge of a succeeded PaymentIntent is requested elsewhere.
            !intents.contains(where: { $0.object.id == intent && $0.object.status == .succeeded }),
            !charges.contains(where: { intentID(ofCharge: $0.object.id) == intent })
        else { return nil }
        return ObjectReference(.paymentIntent, intent)
    }

    private func questions(about invoice: Known<Invoice>) -> [StripeFetchRequest] {
        switch settlement(of: invoice) {
        case .notPaid, .accounted: return []
        case .unknown: return [.payments(invoice: invoice.object.id)]
        case .throughStripe: break
        }
        // An open or canceled payment did not pay the invoice.
        let witnesses =
            [invoice.object.reference]
            + payments(of: invoice).filter { !["open", "canceled"].contains($0.object.status) }
            .map(\.object.reference)
        let payments = witnesses.compactMap { witness in
            linked(.paymentIntent, from: witness).map { ObjectReference(.paymentIntent, $0) }
                ?? linked(.charge, from: witness).map { ObjectReference(.charge, $0) }
        }
        guard !payments.isEmpty else { return [.payments(invoice: invoice.object.id)] }
        return payments.filter { !isSeen($0) }.map(StripeFetchRequest.object)
    }

    /// Whether the charge is known, or the PaymentIntent itself or one of its charges.
    private func isSeen(_ payment: ObjectReference) -> Bool {
        intents.contains { $0.object.reference == payment }
            || charges.contains {
                $0.object.reference == payment
                    || payment.kind == .paymentIntent && intentID(ofCharge: $0.object.id) == payment.id
            }
    }
}

extension Purchase {
    /// The object to fetch: a succeeded payment has a charge that no event has shown.
    fileprivate var missing: ObjectReference? {
        guard status == .succeeded, !charges.contains(where: \.object.isPaid) else { return nil }
        if let chargeID, !charges.contains(where: { $0.object.id == chargeID }) {
            return ObjectReference(.charge, chargeID)
        }
        return charges.isEmpty ? intentID.map { ObjectReference(.paymentIntent, $0) } : nil
    }
}
