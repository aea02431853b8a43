import Billing
import Storage

/// A receipt of our own, for printing, which is available even if Stripe's is not.
struct ReceiptPage {
    struct Line {
        let on: PageMoment?
        let label: String
        let quantity: String?
        let amount: PageAmount
        /// The amount on the customer's statement, if it differs.
        var lineStatement: PageAmount?
        var tracedBy: String?
    }

    let root: String
    let styleLink: String
    let sellerName: String?
    let sellerLines: [String]
    let hasBuyer: Bool
    let buyerLines: [String]
    let reference: String
    let number: String?
    let invoice: String?
    let date: PageMoment
    let paymentMethod: String?
    /// The paid amount on the buyer's statement, if it differs.
    let statement: PageAmount?
    let lines: [Line]
    let refunds: [Line]
    let hasRefunds: Bool
    /// The amount paid, before refunds; `nil` if only a refund is known and not its payment.
    let paid: PageAmount?
    let total: PageAmount?

    init(
        _ detail: PaymentDetail,
        particulars: ReceiptLines,
        merchant: Merchant,
        assets: AssetLinks
    ) {
        root = assets.root
        styleLink = assets.receiptStyle
        sellerName = merchant.name
        sellerLines = merchant.lines
        buyerLines = particulars.buyer
        hasBuyer = !particulars.buyer.isEmpty
        let rows = detail.group.relatives(of: detail.transaction)
        let purchase = rows.first { $0.type == .purchase }
        let shown = purchase ?? detail.transaction
        reference = purchase?.id ?? shown.paymentIntent ?? shown.charge ?? shown.id
        number = shown.receipt.number
        invoice = particulars.invoiceNumber ?? shown.invoice
        date = PageMoment(shown.created, zone: .utc)
        paymentMethod = shown.paymentMethod?.label
        statement = purchase?.statement.map { PageAmount($0) }
        lines = purchase.map { Self.lines(of: $0, particulars.items) } ?? []
        refunds =
            rows
            .filter { $0.type == .refund && $0.status != "failed" && $0.status != "canceled" }
            .map { refund in
                Line(
                    on: PageMoment(refund.created, zone: .utc),
                    label: Self.label(of: refund),
                    quantity: nil,
                    amount: PageAmount(refund.money.negated),
                    lineStatement: refund.statement.map { PageAmount($0) },
                    tracedBy: refund.reference.map { "\(refund.referenceTerm) \($0)" }
                )
            }
        hasRefunds = !refunds.isEmpty
        paid = purchase.map { PageAmount($0.money) }
        total = purchase.map { purchase in
            PageAmount(
                Money(
                    minorUnits: purchase.amount.subtractingClamped(purchase.amountRefunded),
                    currency: purchase.currency
                )
            )
        }
    }

    private static func label(of refund: Transaction) -> String {
        let standing = StatusBadge(refund.status, of: .refund).label.lowercased()
        return refund.status == "succeeded" ? "Refund" : "Refund (\(standing))"
    }

    /// The items of the invoice if they explain the paid amount; otherwise the payment as one line.
    private static func lines(of purchase: Transaction, _ items: [ReceiptLines.Item]) -> [Line] {
        func amount(_ minorUnits: Int64) -> PageAmount {
            PageAmount(Money(minorUnits: minorUnits, currency: purchase.currency))
        }
        let sum = items.reduce(Int64(0)) { $0.addingClamped($1.amount) }
        guard !items.isEmpty, sum.magnitude <= purchase.amount.magnitude * 2 else {
            return [
                Line(
                    on: nil,
                    label: purchase.description ?? "Payment",
                    quantity: nil,
                    amount: amount(purchase.amount)
                )
            ]
        }
        let rest = purchase.amount.subtractingClamped(sum)
        return items.map {
            Line(on: nil, label: $0.itemName, quantity: $0.quantity, amount: amount($0.amount))
        }
            + (rest == 0
                ? []
                : [
                    Line(
                        on: nil,
                        label: rest > 0 ? "Taxes and other charges" : "Discounts and credits",
                        quantity: nil,
                        amount: amount(rest)
                    )
                ])
    }

    var html: String { Templates.render(self, "receipt") }
}
