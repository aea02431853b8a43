package import Billing
import JSON

/// The extract that is kept of an event after its body is purged: all fields that we read, and no others.
///
/// The feed derived from the extract equals the feed derived from the body, unless the code later reads more
/// fields than when the extract was made.
package enum RetainedFields {
    /// - Returns: JSON; `nil` for an event that could not be read, whose body must stay.
    package static func encode(_ event: Event) -> [UInt8]? {
        switch event.content {
        case .unreadable: nil
        case .other: JSONWriter.object { _ in }
        case .thin(let thin): encode(thin)
        case .snapshot, .restored: encode(event.shown)
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

    private static func encode(_ shown: [ObservedObject]) -> [UInt8] {
        JSONWriter.object { json in
            json.array("shown", shown) { json, shown in
                json.member("links", LinkCoding.encode(shown.links))
                json.object("object") { SnapshotCoding.write(shown.object, to: &$0) }
            }
        }
    }

    /// Decodes the JSON of ``encode(_:)``.
    package static func decode(_ extract: [UInt8]) -> Event.Content {
        let read = extract.withUnsafeBufferPointer { bytes in
            try? JSONValue.read(bytes) { try content($0) }
        }
        // A later version may have written the extract, with kinds of objects that this version does not
        // know.
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
        var objects: [ObservedObject] = []
        for entry in shown {
            guard let object = entry["object"], let links = entry["links"]?.string else { return nil }
            objects.append(
                ObservedObject(try SnapshotCoding.object(object), links: LinkCoding.decode(links))
            )
        }
        return .restored(objects)
    }
}
