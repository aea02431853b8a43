/// A reference as Stripe sends it: an id, or the whole object where somebody asked to expand it.
///
/// It is written back as the id alone: the expanded object is kept as a snapshot of its own.
package enum Expandable<Object: StripeObjectProtocol>: Sendable {
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

extension Expandable {
    init(_ json: JSONValue, _ rendering: Rendering) throws(JSONFieldError) {
        if json.string != nil || json.bool("deleted") == true {
            self = .id(json.isObject ? try json.identity("id") : try json.identity())
        } else {
            self = .expanded(try json.object(rendering.inside))
        }
    }
}
