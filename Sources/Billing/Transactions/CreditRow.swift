extension PaymentGroup {
    /// The row for the coupons of a paid invoice; `nil` if it had none.
    ///
    /// Console redeems a coupon with an invoice of the coupon's value, which the coupon pays in full. Stripe
    /// then reports an invoice that was paid with 0, and no payment. A coupon that pays a part is a credit of
    /// that part.
    func couponRow(_ invoice: Known<Invoice>) -> Transaction? {
        guard invoice.object.isPaid, invoice.object.amountDiscounted > 0 else { return nil }
        return creditRow(
            // If the invoice was also paid outside Stripe, its purchase has the invoice's id.
            id: invoice.object.id + "_credit",
            kind: .coupon,
            money: Money(minorUnits: invoice.object.amountDiscounted, currency: invoice.object.currency),
            created: invoice.object.created,
            customer: invoice.object.customer?.id ?? customer,
            description: invoice.object.description ?? "Coupon",
            invoice: invoice.object.id,
            livemode: invoice.snapshot.livemode
        )
    }

    /// The invoices whose only row is a credit, by the credit's id.
    ///
    /// The first credit by its id has the invoice, unless that is another customer's, or was paid through Stripe.
    func claims(purchases: [Purchase]) -> [String: String] {
        guard !credits.isEmpty else { return [:] }
        let paid = Set(purchases.filter { $0.status == .succeeded }.compactMap(\.invoice))
        let owners = Dictionary(invoices.map { ($0.object.id, $0.object.customer?.id) }) { $0 ?? $1 }
        var claims: [String: String] = [:]
        var taken = paid
        for credit in credits.map(\.object) {
            guard let invoice = credit.invoice,
                owners[invoice].flatMap(\.self) ?? credit.customer == credit.customer,
                taken.insert(invoice).inserted
            else { continue }
            claims[credit.id] = invoice
        }
        return claims
    }

    /// The rows of the credits that were given, and a second row for a bonus that was taken back.
    ///
    /// A credit that names an invoice and does not have it has no row: the invoice is shown otherwise.
    func givenRows(purchases: [Purchase], claims: [String: String]) -> [Transaction] {
        credits.filter { $0.object.invoice == nil || claims[$0.object.id] != nil }.flatMap { credit in
            let refund = purchases.first { $0.grants(credit.object) }?.wholeRefund
            let given = row(credit, status: refund == nil ? "granted" : "revoked")
            return [given] + [refund.map { takenBack(given, credit.object, at: $0) }].compactMap(\.self)
        }
    }

    private func row(_ credit: Known<Credit>, status: String) -> Transaction {
        let invoice = invoices.first { $0.object.id == credit.object.invoice }?.object
        return creditRow(
            id: credit.object.invoice ?? credit.object.id,
            kind: credit.object.kind,
            status: status,
            money: credit.object.money,
            created: credit.object.created,
            customer: credit.object.customer,
            description: credit.object.description ?? invoice?.description,
            invoice: credit.object.invoice,
            paymentIntent: credit.object.paymentIntent,
            livemode: credit.snapshot.livemode
        )
    }

    /// The row that takes a bonus back, as Console does on a whole refund and never on a part of one
    /// (`stripe-transaction.service.ts` of akash-network/console).
    private func takenBack(_ given: Transaction, _ credit: Credit, at moment: Instant) -> Transaction {
        creditRow(
            id: given.id + "_revoked",
            kind: credit.kind,
            status: given.status,
            money: credit.money.negated,
            created: max(moment, given.created),
            customer: given.customer,
            description: given.description,
            invoice: given.invoice,
            paymentIntent: given.paymentIntent,
            livemode: given.livemode
        )
    }

    private func creditRow(
        id: String,
        kind: Credit.Kind,
        status: String = "granted",
        money: Money,
        created: Instant,
        customer: String?,
        description: String?,
        invoice: String?,
        paymentIntent: String? = nil,
        livemode: Bool
    ) -> Transaction {
        var row = Transaction(
            id: id,
            type: .credit,
            status: status,
            amount: money.minorUnits,
            amountRefunded: 0,
            currency: money.currency,
            created: created,
            customer: customer,
            description: description,
            paymentMethod: nil,
            paymentIntent: paymentIntent,
            charge: nil,
            invoice: invoice,
            refund: nil,
            dispute: nil,
            failure: nil,
            disputed: false,
            livemode: livemode,
            account: account,
            // No money was paid.
            receipt: .init(available: false, number: nil),
            presentment: nil,
            nextAction: nil,
            reference: nil,
            amountGone: 0
        )
        row.creditKind = kind
        return row
    }
}

extension Purchase {
    /// Whether the credit is a bonus that was given with this purchase.
    func grants(_ credit: Credit) -> Bool {
        credit.kind == .bonus && credit.paymentIntent != nil && credit.paymentIntent == intentID
            && customer ?? credit.customer == credit.customer
    }

    /// When the last part of the amount was refunded; `nil` unless all of it was.
    var wholeRefund: Instant? {
        guard status == .succeeded, amount > 0, amountRefunded >= amount else { return nil }
        let counted = moneyBack.filter(\.object.counts).map(\.object.created)
        return counted.max() ?? decidingCharge?.observedAt
    }

    /// The bonuses that were given with this purchase and not taken back, in minor units.
    var bonus: Int64 {
        guard !group.credits.isEmpty, wholeRefund == nil else { return 0 }
        return group.credits.filter { grants($0.object) && $0.object.money.currency == currency }
            .reduce(0) { $0.addingClamped($1.object.money.minorUnits) }
    }
}
