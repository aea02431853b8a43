import Billing
import Mustache
import Storage

/// The receipt we can always give: what we know of the payment ourselves, for when Stripe cannot be asked.
struct ReceiptPage {
    struct Line {
        let date: String
        let label: String
        let amount: String
    }

    let reference: String
    let number: String?
    let date: String
    let paymentMethod: String?
    let description: String?
    let lines: [Line]
    /// `nil` while we know of money that went back and not of the payment it came from.
    let total: String?

    init(_ detail: PaymentDetail) {
        let rows = detail.group.relatives(of: detail.transaction)
        let purchase = rows.first { $0.type == .purchase }
        let shown = purchase ?? detail.transaction
        let refunds = rows.filter { $0.type == .refund && $0.status != "failed" && $0.status != "canceled" }
        reference = purchase?.id ?? shown.paymentIntent ?? shown.charge ?? shown.id
        number = shown.receipt.number
        date = LocalTime.utc.text(shown.created)
        paymentMethod = shown.paymentMethod?.label
        description = shown.description
        let payment = purchase.map { purchase in
            Line(
                date: LocalTime.utc.text(purchase.created),
                label: "Payment",
                amount: purchase.money.display
            )
        }
        lines =
            [payment].compactMap(\.self)
            + refunds.map { refund in
                Line(
                    date: LocalTime.utc.text(refund.created),
                    label: refund.status == "succeeded" ? "Refund" : "Refund (\(refund.status))",
                    amount: Money(minorUnits: -refund.amount, currency: refund.currency).display
                )
            }
        total = purchase.map { purchase in
            Money(minorUnits: purchase.amount - purchase.amountRefunded, currency: purchase.currency).display
        }
    }

    /// The whole page.
    ///
    /// Mustache escapes every value in it.
    var html: String { Self.template.render(self) }

    private static let template = Templates.compile(PackageResources.receipt_mustache)
}

/// The templates, compiled into the binary: one file to ship, none to lose.
enum Templates {
    static func compile(_ bytes: [UInt8]) -> MustacheTemplate {
        do {
            return try MustacheTemplate(string: String(decoding: bytes, as: UTF8.self))
        } catch {
            // A template is a part of the program; a test renders each.
            preconditionFailure("a template of ours does not compile: \(error)")
        }
    }
}
