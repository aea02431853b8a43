/// What we read of a customer: whose it is in Console.
///
/// Names and addresses stay in the event's body.
package struct Customer: StripeObjectProtocol {
    package static let kind = ObjectKind.customer

    package let id: String
    /// The user of Console that this customer was made for (`metadata.userId`).
    package let consoleUser: String?
    package let isDeleted: Bool

    package var links: [ObjectReference] { [] }
    package var expanded: [StripeObject] { [] }
    package var isFinal: Bool { isDeleted }
    package var progress: [Int64] { [consoleUser == nil ? 0 : 1] }
}

extension Customer {
    private enum CodingKeys: String, CodingKey { case id, metadata, deleted }
    private struct Metadata: Codable { let userId: String? }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.identity(.id)
        // SQLite would cut a text at its NUL, and what is left could be the name of somebody else.
        consoleUser = container.lenient(.metadata, as: Metadata.self)?.userId
            .flatMap { $0.contains("\0") ? nil : $0 }
        isDeleted = container.lenient(.deleted) ?? false
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(Metadata(userId: consoleUser), forKey: .metadata)
        if isDeleted { try container.encode(true, forKey: .deleted) }
    }
}
