import Billing
import Storage

/// One row of the table of transactions.
///
/// Mustache looks up an absent value in the enclosing page: no optional property here may have the name of a
/// property of the page.
struct TransactionItem {
    /// A refunded or disputed part of the amount, the bonus beside it, or the amount on the customer's
    /// statement.
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
    /// The link to the step that the payment waits for; `nil` if Stripe has no page for it.
    let action: NextActionLink?
    /// `nil` if there is no receipt.
    let receipt: ReceiptLinks?
    let detail: TransactionDetail

    init(
        _ row: Transaction,
        payment: PaymentDetail?,
        view: TransactionsView,
        signature: ((TransactionLink.Purpose) -> String)?
    ) {
        let zone = view.zone
        id = row.id
        moment = PageMoment(row.created, zone: zone)
        kind = Self.name(of: row)
        itemSummary = row.description
        itemMethod = row.paymentMethod?.label
        // A refund is shown as a negative amount, so that the direction is clear without the type.
        amount = PageAmount(row.type == .refund ? row.money.negated : row.money)
        badge = StatusBadge(row.status, of: row.type)
        action = row.nextAction.flatMap { NextActionLink(row.id, $0, signature: signature?(.nextAction)) }
        var parts: [Part] = []
        if let statement = row.statement {
            parts.append(Part(partLabel: "On your statement:", partAmount: PageAmount(statement)))
        }
        if row.bonus > 0 {
            let money = Money(minorUnits: row.bonus, currency: row.currency)
            parts.append(Part(partLabel: "Bonus", partAmount: PageAmount(money)))
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

    static func name(of row: Transaction) -> String {
        switch (row.type, row.creditKind) {
        case (.purchase, _): "Purchase"
        case (.refund, _): "Refund"
        case (.dispute, _): "Dispute"
        case (.credit, .coupon): "Coupon"
        case (.credit, .bonus): "Bonus"
        case (.credit, .trial): "Trial credit"
        case (.credit, _): "Credit"
        }
    }
}

/// The links to the receipt of a row.
struct ReceiptLinks {
    let openLink: String
    let printLink: String
    let emailForm: String
    let emailRoute: String

    /// A visitor whose browser sends no cookie from another tab needs the signature, the query of a signed
    /// link.
    init(_ id: String, signature: String?, view: TransactionsView) {
        let segment = PercentEncoding.encoded(id)
        let path = "/v1/transactions/\(segment)/receipt"
        let query = signature.map { "?" + $0 } ?? ""
        openLink = path + query
        printLink = path + "/print" + query
        emailRoute = path + "/email"
        emailForm = view.here(PageLink("/billing/transactions/\(segment)/email")).text
    }
}

extension Transaction {
    /// The amount on the customer's statement, with the sign that the page uses; `nil` if it is the row's
    /// amount, or if no money moved.
    var statement: Money? {
        let hasMoved = !["requires_action", "failed", "canceled"].contains(status)
        guard let presentment, hasMoved, presentment.money != money else { return nil }
        return type == .refund ? presentment.money.negated : presentment.money
    }
}
