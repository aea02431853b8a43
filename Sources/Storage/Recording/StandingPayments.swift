package import Billing

/// An object of one of Stripe's accounts: what the derived tables are keyed by.
package struct ObjectKey: Hashable, Sendable {
    /// `""` for one's own account: in a unique index, NULLs would not be equal.
    package let account: String
    package let reference: ObjectReference

    package init(_ reference: ObjectReference, account: String?) {
        self.account = account ?? ""
        self.reference = reference
    }
}

/// A question on behalf of one of Stripe's accounts: what the work queue is keyed by.
package struct QuestionKey: Hashable, Sendable, Comparable {
    /// `""` for one's own account.
    package let account: String
    package let question: StripeQuestion

    package init(_ question: StripeQuestion, account: String?) {
        self.account = account ?? ""
        self.question = question
    }

    package static func < (left: QuestionKey, right: QuestionKey) -> Bool {
        (left.account, left.question) < (right.account, right.question)
    }
}

/// What the derived tables hold of the payments that some events touch.
package struct StandingPayments: Sendable {
    package struct Object: Sendable {
        /// The objects of one payment share this number; it means nothing else.
        package let payment: Int64
        package let record: ObjectRecord

        package init(payment: Int64, record: ObjectRecord) {
            self.payment = payment
            self.record = record
        }
    }

    /// All the objects of those payments, and the customers that the events show, or name and may ask for.
    package var objects: [ObjectKey: Object] = [:]
    /// Those whose snapshot cannot be read; they stand among the objects as if they had never been shown.
    ///
    /// Their payments, and the customers among them, are to be derived again from the log.
    package var unreadable: Set<ObjectKey> = []
    /// The rows of the feed: by payment, then by id, their bodies.
    package var rows: [Int64: [String: [UInt8]]] = [:]

    package init() {}
}
