/// How an object is kept: as JSON, of the fields that we read and no others.
package enum SnapshotCoding {
    /// The stored form of an object: equal objects give equal bytes.
    package static func encode(_ object: StripeObject) -> [UInt8] {
        JSONWriter.object { write(object, to: &$0) }
    }

    /// Writes the stored form as the members of the object that is open.
    package static func write(_ object: StripeObject, to json: inout JSONWriter) {
        json.member("kind", object.kind.rawValue)
        json.object("value") { object.value.write(to: &$0) }
    }

    /// The same without what differs each time that Stripe shows the object.
    static func encodeState(of object: StripeObject) -> [UInt8] {
        JSONWriter.object { object.value.writeState(to: &$0) }
    }

    package static func decode(_ bytes: UnsafeBufferPointer<UInt8>) throws -> StripeObject {
        try JSONValue.read(bytes) { try object($0) }
    }

    /// Reads the stored form where it is part of a larger one.
    package static func object(_ json: JSONValue) throws(JSONFieldError) -> StripeObject {
        let name = try json.required("kind")
        guard let kind = name.string.flatMap(ObjectKind.init) else {
            throw .wrong(name, "is not a kind of object")
        }
        return try StripeObject(kind, json.required("value"))
    }
}
