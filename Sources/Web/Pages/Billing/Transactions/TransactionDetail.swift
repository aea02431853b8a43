import Billing
import Storage

/// The details of a row: its facts, its attempts, and the other rows of its payment.
struct TransactionDetail {
    struct Fact {
        let term: String
        let fact: String
    }

    struct Attempt {
        let tried: PageMoment
        let triedWith: String?
        let triedAmount: PageAmount
        let outcome: StatusBadge
        let why: String?
    }

    struct Relative {
        let happened: PageMoment
        let relation: String
        let relativeID: String
        let relativeAmount: PageAmount
        let standing: StatusBadge
    }

    let facts: [Fact]
    let hasAttempts: Bool
    let attempts: [Attempt]
    let hasRelatives: Bool
    let relatives: [Relative]
    /// The reason of a failure; `nil` if the transaction has not failed.
    let failure: String?
    /// Sentences on what the customer should do or wait for.
    let advice: [String]

    init(_ row: Transaction, payment: PaymentDetail?, zone: LocalTime) {
        let named: [(String, String?)] = [
            ("ID", row.id), ("Payment", row.paymentIntent == row.id ? nil : row.paymentIntent),
            ("Charge", row.charge == row.id ? nil : row.charge), ("Invoice", row.invoice),
            ("Receipt number", row.receipt.number), (row.referenceTerm, row.reference),
        ]
        facts = named.compactMap { term, fact in fact.map { Fact(term: term, fact: $0) } }
        failure = row.failure.map(Self.reason)
        advice = TransactionAdvice.sentences(on: row, payment: payment)
        let tries = row.type == .purchase ? payment?.group.attempts(of: row) ?? [] : []
        attempts = tries.map { attempt in
            Attempt(
                tried: PageMoment(attempt.created, zone: zone),
                triedWith: attempt.paymentMethod?.label,
                triedAmount: PageAmount(Money(minorUnits: attempt.amount, currency: row.currency)),
                outcome: StatusBadge(attempt.status, of: .purchase),
                why: attempt.failure.map(Self.reason)
            )
        }
        hasAttempts = !attempts.isEmpty
        relatives = (payment?.group.relatives(of: row) ?? []).filter { $0.id != row.id }.map { other in
            Relative(
                happened: PageMoment(other.created, zone: zone),
                relation: TransactionItem.name(of: other),
                relativeID: other.id,
                relativeAmount: PageAmount(other.type == .refund ? other.money.negated : other.money),
                standing: StatusBadge(other.status, of: other.type)
            )
        }
        hasRelatives = !relatives.isEmpty
    }

    private static func reason(_ failure: Transaction.Failure) -> String {
        failure.message ?? (failure.declineCode ?? failure.code ?? "unknown").replacing("_", with: " ")
    }
}
