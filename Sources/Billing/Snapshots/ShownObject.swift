/// One object as an event shows it: what we read of it, and the objects it names.
///
/// The links are apart from the object because its stored form names less than what came: the refunds in a charge,
/// say, are snapshots of their own.
package struct ShownObject: Sendable {
    package let object: StripeObject
    package let links: Set<ObjectReference>

    package init(_ object: StripeObject, links: Set<ObjectReference>) {
        self.object = object
        self.links = links
    }

    init(_ object: StripeObject) { self.init(object, links: Set(object.value.links)) }
}

extension Event {
    /// The objects that this event shows, the one that it is about first.
    package var shown: [ShownObject] {
        switch content {
        case .snapshot(let object): object.flattened.map { ShownObject($0) }
        case .remembered(let shown): shown
        case .thin, .other, .unreadable: []
        }
    }

    /// The id of the object that this event is about, where that is of a kind we read and can be read.
    package var objectID: String? {
        switch content {
        case .snapshot(let object): object.reference.id
        case .remembered(let shown): shown.first?.object.reference.id
        case .unreadable(_, let objectID): objectID
        case .thin, .other: nil
        }
    }
}
