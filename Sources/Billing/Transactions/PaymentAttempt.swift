/// One attempt to pay: a charge, as shown in the details of a purchase.
package struct PaymentAttempt: Sendable, Equatable {
    package let charge: String
    package let status: String
    package let amount: Int64
    package let created: Instant
    package let paymentMethod: PaymentMethod?
    package let failure: Transaction.Failure?
}

extension PaymentGroup {
    /// The attempts of a row's purchase, oldest first.
    package func attempts(of transaction: Transaction) -> [PaymentAttempt] {
        let purchase = purchases.first { purchase in
            purchase.intentID.map { $0 == transaction.paymentIntent }
                ?? purchase.charges.contains { $0.object.id == transaction.charge }
        }
        return (purchase?.charges ?? []).map(\.object)
            .sorted { ($0.created, $0.id) < ($1.created, $1.id) }
            .map { charge in
                PaymentAttempt(
                    charge: charge.id,
                    status: charge.isAuthorisedOnly ? "authorized" : charge.status.rawValue,
                    amount: charge.amount,
                    created: charge.created,
                    paymentMethod: charge.paymentMethodDetails.map(PaymentMethod.init),
                    failure: charge.status == .failed
                        ? .init(code: charge.failureCode, declineCode: nil, message: charge.failureMessage)
                        : nil
                )
            }
    }

    /// Stripe's reason why a refund is pending; `nil` if it is not pending, or if Stripe gave no reason.
    package func pendingReason(ofRefund id: String) -> String? {
        refunds.first { $0.object.id == id && $0.object.status == "pending" }?.object.pendingReason
    }

    /// The rows of the same purchase as a row, for its receipt.
    package func relatives(of transaction: Transaction) -> [Transaction] {
        transactions.filter { other in
            other.paymentIntent == transaction.paymentIntent && other.charge == transaction.charge
                || other.paymentIntent != nil && other.paymentIntent == transaction.paymentIntent
        }
        .sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }
}
