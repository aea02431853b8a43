package import Billing

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
    /// All objects of these payments, and the customers that the events show or may fetch.
    package private(set) var objects: [ObjectKey: StoredObject] = [:]
    /// The objects with an unreadable snapshot; `objects` has them without a snapshot.
    ///
    /// The store must derive their payments, and the customers among them, again from the log.
    package private(set) var unreadable: Set<ObjectKey> = []
    /// The rows of the feed, by payment and then by id.
    package private(set) var rows: [Int64: [String: StoredTransaction]] = [:]

    package init() {}

    /// Whether the events touch no payment that is known.
    var hasNoPayments: Bool { rows.isEmpty && objects.keys.allSatisfy { $0.reference.kind == .customer } }

    package mutating func add(_ object: StoredObject) {
        objects[object.key] = object
        if !object.isReadable { unreadable.insert(object.key) }
    }

    package mutating func add(_ row: StoredTransaction) {
        rows[row.payment, default: [:]][row.transaction.id] = row
    }
}
