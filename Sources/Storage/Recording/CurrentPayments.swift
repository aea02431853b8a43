package import Billing

/// The key of the derived tables: an object of one Stripe account.
package struct ObjectKey: Hashable, Sendable {
    /// `""` for the platform account, because NULLs would not be equal in a unique index.
    package let account: String
    package let reference: ObjectReference

    package init(_ reference: ObjectReference, account: String?) {
        self.account = account ?? ""
        self.reference = reference
    }
}

/// The key of the work queue: a question on behalf of one Stripe account.
package struct FetchKey: Hashable, Sendable, Comparable {
    /// `""` for the platform account.
    package let account: String
    package let question: StripeFetchRequest

    package init(_ question: StripeFetchRequest, account: String?) {
        self.account = account ?? ""
        self.question = question
    }

    package static func < (left: FetchKey, right: FetchKey) -> Bool {
        (left.account, left.question) < (right.account, right.question)
    }
}

/// The current state of the payments that some events touch.
package struct CurrentPayments: Sendable {
    package struct Object: Sendable {
        /// The objects of one payment share this number, which has no other meaning.
        package let payment: Int64
        package let record: ObjectRecord

        package init(payment: Int64, record: ObjectRecord) {
            self.payment = payment
            self.record = record
        }
    }

    /// All objects of these payments, and the customers that the events show or may fetch.
    package var objects: [ObjectKey: Object] = [:]
    /// The objects with an unreadable snapshot; `objects` has them without a snapshot.
    ///
    /// The store must derive their payments, and the customers among them, again from the log.
    package var unreadable: Set<ObjectKey> = []
    /// The bodies of the feed's rows, by payment and then by id.
    package var rows: [Int64: [String: [UInt8]]] = [:]

    package init() {}
}
