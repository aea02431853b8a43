package import Billing

/// What is kept of an event whose body is let go of: all that we read of it, and nothing else.
///
/// The feed derived from it is the one derived from the body, for as long as the code reads no more of a body than
/// it did when this was made of it.
package enum EventEssence {
    /// - Returns: JSON; `nil` for an event whose body is to stay, because it could not be read.
    package static func encode(_ event: Event) -> [UInt8]? {
        switch event.content {
        case .unreadable: nil
        case .other: JSONWriter.object { _ in }
        case .thin(let thin): encode(thin)
        case .snapshot, .remembered: encode(event.shown)
        }
    }

    private static func encode(_ thin: ThinEvent) -> [UInt8] {
        JSONWriter.object { json in
            json.object("thin") { json in
                json.member("context", thin.context)
                json.member("object", LinkCoding.encode([thin.object]))
            }
        }
    }

    private static func encode(_ shown: [ShownObject]) -> [UInt8] {
        JSONWriter.object { json in
            json.array("shown", shown) { json, shown in
                json.member("links", LinkCoding.encode(shown.links))
                json.object("object") { SnapshotCoding.write(shown.object, to: &$0) }
            }
        }
    }

    /// Reads what ``encode(_:)`` wrote.
    package static func decode(_ essence: [UInt8]) -> Event.Content {
        let read = essence.withUnsafeBufferPointer { bytes in
            try? JSONValue.read(bytes) { try content($0) }
        }
        // Kept by a later version, perhaps, which reads kinds of objects that this one does not know.
        guard let content = read ?? nil else {
            return .unreadable(reason: "what is kept of it is not for this version to read", objectID: nil)
        }
        return content
    }

    private static func content(_ json: JSONValue) throws -> Event.Content? {
        if let thin = json["thin"] {
            let object = thin["object"]?.string.map(LinkCoding.decode)?.first
            return object.map { .thin(ThinEvent($0, context: thin["context"]?.string)) }
        }
        guard let shown = json["shown"]?.elements else { return .other }
        var objects: [ShownObject] = []
        for entry in shown {
            guard let object = entry["object"], let links = entry["links"]?.string else { return nil }
            objects.append(
                ShownObject(try SnapshotCoding.object(object), links: LinkCoding.decode(links))
            )
        }
        return .remembered(objects)
    }
}
