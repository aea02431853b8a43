package import JSON

/// The field that we read of a customer: its user in Console.
///
/// Names and addresses are only in the event's body.
package final class Customer: StripeObjectProtocol {
    package static let kind = ObjectKind.customer

    package let id: String
    /// The user of Console for whom this customer was created (`metadata.userId`).
    package let consoleUser: String?
    package let isDeleted: Bool
    /// `false` for a deleted customer, for which Stripe shows only the id
    /// (<https://docs.stripe.com/api/customers/retrieve>).
    private let hasMetadata: Bool

    package var links: [ObjectReference] { [] }
    package var expanded: [StripeObject] { [] }
    package var isFinal: Bool { isDeleted }
    package var stated: VersionedFields { hasMetadata ? .customerMetadata : [] }
    package var progress: [Int64] { [consoleUser == nil ? 0 : 1] }

    // MARK: JSON

    package init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        id = try json.identity("id")
        hasMetadata = json["metadata"]?.isObject ?? false
        // SQLite would truncate a text at its NUL, and the result could be the id of another user.
        consoleUser = json["metadata"]?.string("userId").flatMap { $0.utf8.contains(0) ? nil : $0 }
        isDeleted = json.bool("deleted") ?? false
    }

    package func write(to json: inout JSONWriter) {
        json.member("deleted", isDeleted ? true : nil)
        json.member("id", id)
        if hasMetadata { json.object("metadata") { $0.member("userId", consoleUser) } }
    }
}
