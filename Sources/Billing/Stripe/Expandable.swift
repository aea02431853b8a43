/// A reference as Stripe sends it: an id, or the whole object where somebody asked to expand it.
///
/// It is written back as the id alone: the expanded object is kept as a snapshot of its own.
package indirect enum Expandable<Object: StripeObjectProtocol>: Sendable {
    case id(String)
    case expanded(Object)

    package var id: String {
        switch self {
        case .id(let id): id
        case .expanded(let object): object.id
        }
    }

    package var object: Object? {
        guard case .expanded(let object) = self else { return nil }
        return object
    }

    package var reference: ObjectReference { ObjectReference(Object.kind, id) }
}

extension Expandable: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let id = try? container.decode(String.self) {
            guard StripeID.isValid(id) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an id")
            }
            self = .id(id)
        } else if let deleted = try? container.decode(DeletedObject.self), deleted.deleted {
            self = .id(deleted.id)
        } else {
            self = .expanded(try container.decode(Object.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(id)
    }
}

/// What Stripe leaves of an object that was deleted.
private struct DeletedObject: Decodable {
    let id: String
    let deleted: Bool
}

/// Stripe's list envelope inside another object; only the first page of it travels in an event.
package struct EmbeddedList<Element: Codable & Sendable>: Codable, Sendable {
    package let data: [Element]
}
