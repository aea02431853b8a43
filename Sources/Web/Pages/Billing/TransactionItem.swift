import Billing
import Storage

/// One row of the table of transactions.
///
/// Mustache looks for what is absent here in the page around it: no name of an absent value may be one of the page's.
struct TransactionItem {
    /// What became of a part of the amount.
    struct Part {
        let partLabel: String
        let partAmount: PageAmount?
    }

    let id: String
    let moment: PageMoment
    let kind: String
    let itemSummary: String?
    let itemMethod: String?
    let amount: PageAmount
    let parts: [Part]
    let badge: StatusBadge
    /// Where the customer does what the payment waits for; `nil` where Stripe has no page for it.
    let action: NextActionLink?
    /// `nil` where there is no receipt.
    let receipt: ReceiptLinks?
    let detail: TransactionDetail

    /// - Parameters:
    ///   - row: The row of the feed.
    ///   - payment: What stands behind it; `nil` where that is not to be had any more.
    ///   - view: What it is a part of.
    ///   - signature: What makes a link about it good without a session; `nil` where there is one.
    init(
        _ row: Transaction,
        payment: PaymentDetail?,
        view: TransactionsView,
        signature: ((TransactionLink.Purpose) -> String)?
    ) {
        let zone = view.zone
        id = row.id
        moment = PageMoment(row.created, zone: zone)
        kind = Self.name(of: row.type)
        itemSummary = row.description
        itemMethod = row.paymentMethod?.label
        // A refund is money that came back: on a page its sign says so, and nobody has to read the type.
        amount = PageAmount(row.type == .refund ? row.money.negated : row.money)
        badge = StatusBadge(row.status, of: row.type)
        action = row.nextAction.flatMap { NextActionLink(row.id, $0, signature: signature?(.nextAction)) }
        var parts: [Part] = []
        if let statement = row.statement {
            parts.append(Part(partLabel: "On your statement:", partAmount: PageAmount(statement)))
        }
        if row.amountRefunded > 0 {
            let money = Money(minorUnits: row.amountRefunded, currency: row.currency)
            parts.append(Part(partLabel: "Refunded", partAmount: PageAmount(money)))
        }
        if row.type == .purchase, row.disputed {
            let disputes = payment?.group.relatives(of: row).filter { $0.type == .dispute } ?? []
            parts += disputes.map { Part(partLabel: "Disputed", partAmount: PageAmount($0.money)) }
            if disputes.isEmpty { parts.append(Part(partLabel: "Disputed", partAmount: nil)) }
        }
        self.parts = parts
        receipt =
            row.receipt.available ? ReceiptLinks(row.id, signature: signature?(.receipt), view: view) : nil
        detail = TransactionDetail(row, payment: payment, zone: zone)
    }

    static func name(of kind: Transaction.Kind) -> String {
        switch kind {
        case .purchase: "Purchase"
        case .refund: "Refund"
        case .dispute: "Dispute"
        case .credit: "Credit"
        }
    }
}

/// Where the receipt of a row is, and what can be done with it.
struct ReceiptLinks {
    let openLink: String
    let printLink: String
    let emailForm: String
    let emailRoute: String

    /// - Parameters:
    ///   - id: The row's.
    ///   - signature: The query of a signed link, for a visitor whose cookie is not sent from another tab.
    ///   - view: What is shown again once a form has been sent.
    init(_ id: String, signature: String?, view: TransactionsView) {
        let segment = PathSegment.encoded(id)
        let path = "/v1/transactions/\(segment)/receipt"
        let query = signature.map { "?" + $0 } ?? ""
        openLink = path + query
        printLink = path + "/print" + query
        emailRoute = path + "/email"
        emailForm = view.here(PageLink("/billing/transactions/\(segment)/email")).text
    }
}

extension Transaction {
    /// What the customer's own statement says, signed as the row is on a page; `nil` where it says the row's amount,
    /// or nothing at all because no money moved.
    var statement: Money? {
        let hasMoved = !["requires_action", "failed", "canceled"].contains(status)
        guard let presentment, hasMoved, presentment.money != money else { return nil }
        return type == .refund ? presentment.money.negated : presentment.money
    }
}

extension Money {
    var negated: Money { Money(minorUnits: Int64(0).subtractingClamped(minorUnits), currency: currency) }
}
