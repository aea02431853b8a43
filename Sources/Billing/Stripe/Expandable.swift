import JSON

/// A reference in Stripe's JSON: an id, or the whole object if it was expanded.
///
/// Only the id is stored here; the expanded object is stored as a snapshot of its own.
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
