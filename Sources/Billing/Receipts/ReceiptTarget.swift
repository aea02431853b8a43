/// What Stripe has to be asked for, to get the receipt of a row.
package struct ReceiptTarget: Sendable, Hashable {
    /// The object whose receipt it is: the charge, else the PaymentIntent whose charge we do not know, else the
    /// invoice that was paid without either.
    package let object: ObjectReference
    /// The invoice, when it is its document that is wanted: the only true PDF that Stripe makes.
    package let invoice: String?
    package let account: String?

    package init(object: ObjectReference, invoice: String?, account: String?) {
        self.object = object
        self.invoice = invoice
        self.account = account
    }
}

extension Transaction {
    /// Where this row's receipt is to be had: a refund's and a dispute's is that of the charge they go back to.
    ///
    /// - Returns: `nil` when there is none, because nothing was paid.
    package func receiptTarget(prefersPDF: Bool) -> ReceiptTarget? {
        guard receipt.available else { return nil }
        let object =
            charge.map { ObjectReference(.charge, $0) }
            ?? paymentIntent.map { ObjectReference(.paymentIntent, $0) }
            ?? invoice.map { ObjectReference(.invoice, $0) }
        guard let object else { return nil }
        return ReceiptTarget(object: object, invoice: prefersPDF ? invoice : nil, account: account)
    }
}

/// Gets a fresh link to a receipt from Stripe.
package protocol ReceiptSource: Sendable {
    /// - Returns: A link minted by Stripe just now.
    /// - Throws: ``ReceiptUnavailable`` when Stripe gives none, or not in the time a person waits for a page.
    func freshURL(for target: ReceiptTarget) async throws(ReceiptUnavailable) -> ReceiptURL
}

/// Why there is no fresh link.
///
/// Safe to log.
package struct ReceiptUnavailable: Error, Equatable, CustomStringConvertible {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }

    package var description: String { reason }
}

/// No key for Stripe's API is configured: nothing is ever fetched.
package struct NoReceiptSource: ReceiptSource {
    package init() {}

    package func freshURL(for target: ReceiptTarget) async throws(ReceiptUnavailable) -> ReceiptURL {
        throw ReceiptUnavailable("STRIPE_SECRET_KEY is not set")
    }
}
