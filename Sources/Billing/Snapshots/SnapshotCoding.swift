package import JSON

/// The stored form of an object: JSON with only the fields that we read.
package enum SnapshotCoding {
    /// Encodes an object; equal objects give equal bytes.
    package static func encode(_ object: StripeObject) -> [UInt8] {
        JSONWriter.object { write(object, to: &$0) }
    }

    /// Writes the stored form as members of the object being written.
    package static func write(_ object: StripeObject, to json: inout JSONWriter) {
        json.member("kind", object.kind.rawValue)
        json.object("value") { object.value.write(to: &$0) }
    }

    /// Merges one object with fields of earlier snapshots.
    ///
    /// - Parameters:
    ///   - latest: The stored form that provides all other fields.
    ///   - earlier: Other stored forms of the object, each with the fields to take from it.
    /// - Returns: `nil` only for bytes that we did not write.
    static func merged(_ latest: [UInt8], _ earlier: [([UInt8], VersionedFields)]) -> StripeObject? {
        var taken: [String: [UInt8]] = [:]
        for (bytes, fields) in earlier {
            for (name, spelling) in members(ofValueIn: bytes) ?? [] {
                if fields.members.contains(where: { $0.field.name == name }) { taken[name] = spelling }
            }
        }
        guard let own = members(ofValueIn: latest), let kind = kind(of: latest) else { return nil }
        let all = (own.filter { taken[$0.name] == nil } + taken.map { ($0.key, $0.value) }).sorted {
            $0.0 < $1.0
        }
        let bytes = JSONWriter.object { json in
            json.member("kind", kind)
            json.object("value") { json in
                for (name, spelling) in all { json.verbatim(named: name, spelling) }
            }
        }
        return try? decode(bytes)
    }

    private static func kind(of bytes: [UInt8]) -> String? {
        bytes.withUnsafeBufferPointer { try? JSONValue.read($0) { $0.string("kind") } } ?? nil
    }

    private static func members(ofValueIn bytes: [UInt8]) -> [(name: String, spelling: [UInt8])]? {
        bytes.withUnsafeBufferPointer { bytes in
            try? JSONValue.read(bytes) { json in
                json["value"]?.members?.map { ($0.name, $0.value.raw) }
            }
        } ?? nil
    }

    static func decode(_ bytes: [UInt8]) throws -> StripeObject {
        try bytes.withUnsafeBufferPointer { try decode($0) }
    }

    package static func decode(_ bytes: UnsafeBufferPointer<UInt8>) throws -> StripeObject {
        try JSONValue.read(bytes) { try object($0) }
    }

    /// Reads the stored form inside a larger JSON text.
    package static func object(_ json: JSONValue) throws(JSONFieldError) -> StripeObject {
        let name = try json.required("kind")
        guard let kind = name.string.flatMap(ObjectKind.init) else {
            throw .wrong(name, "is not a kind of object")
        }
        return try StripeObject(kind, json.required("value"), .stored)
    }
}
