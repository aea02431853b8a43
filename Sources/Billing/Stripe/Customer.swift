/// What we read of a customer: whose it is in Console.
///
/// Names and addresses stay in the event's body.
package final class Customer: StripeObjectProtocol {
    package static let kind = ObjectKind.customer

    package let id: String
    /// The user of Console that this customer was made for (`metadata.userId`).
    package let consoleUser: String?
    package let isDeleted: Bool
    /// `false` for a deleted customer, of which Stripe shows only the id
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
        // SQLite would cut a text at its NUL, and what is left could be the name of somebody else.
        consoleUser = json["metadata"]?.string("userId").flatMap { $0.utf8.contains(0) ? nil : $0 }
        isDeleted = json.bool("deleted") ?? false
    }

    package func write(to json: inout JSONWriter) {
        json.member("deleted", isDeleted ? true : nil)
        json.member("id", id)
        if hasMetadata { json.object("metadata") { $0.member("userId", consoleUser) } }
    }
}
