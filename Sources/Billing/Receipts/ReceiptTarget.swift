/// The object to request from Stripe for the receipt of a row.
package struct ReceiptTarget: Sendable, Hashable {
    /// The object with the receipt: the charge; else the PaymentIntent, if its charge is unknown; else the
    /// invoice, if it was paid without either.
    package let object: ObjectReference
    /// The invoice whose document is requested, the only real PDF that Stripe makes; otherwise `nil`.
    package let invoice: String?
    package let account: String?

    package init(object: ObjectReference, invoice: String?, account: String?) {
        self.object = object
        self.invoice = invoice
        self.account = account
    }
}

extension Transaction {
    /// The target of this row's receipt; refunds and disputes have the receipt of their charge.
    ///
    /// - Returns: `nil` if there is no receipt, because no money was paid.
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

/// Fetches a new link to a receipt from Stripe.
package protocol ReceiptSource: Sendable {
    /// - Returns: A link that Stripe has just generated.
    /// - Throws: ``ReceiptUnavailable`` if Stripe provides no link, or not within the time that a reader
    ///   waits for a page.
    func freshURL(for target: ReceiptTarget) async throws(ReceiptUnavailable) -> ReceiptURL
}

/// Why there is no new link.
///
/// Safe to log.
package struct ReceiptUnavailable: Error, Equatable, CustomStringConvertible {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }

    package var description: String { reason }
}

/// The source without a key for Stripe's API, which never fetches.
package struct NoReceiptSource: ReceiptSource {
    package init() {}

    package func freshURL(for target: ReceiptTarget) async throws(ReceiptUnavailable) -> ReceiptURL {
        throw ReceiptUnavailable("STRIPE_SECRET_KEY is not set")
    }
}
