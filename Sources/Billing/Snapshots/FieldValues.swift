import JSON

/// The fields of an object with their values, such as `payment_method_details.last4 = "4242"`.
///
/// Fields that only an event's type provides (`told_…`) are omitted, because no list of Stripe contains them.
package struct FieldValues: Sendable, Equatable {
    private let values: [String: String]

    package init(of object: StripeObject) {
        self.init(encoded: SnapshotCoding.encode(object))
    }

    /// Reads an object in its stored form.
    package init(encoded: [UInt8]) {
        var values: [String: String] = [:]
        encoded.withUnsafeBufferPointer { bytes in
            // These bytes are in our own format, so this does not throw.
            try? JSONValue.read(bytes) { Self.collect($0, at: "", into: &values) }
        }
        self.values = values
    }

    /// Whether all fields have the same values in `other`.
    ///
    /// A field that is missing here is no contradiction: API versions drop fields, and null is equivalent to
    /// absent.
    package func isContained(in other: FieldValues) -> Bool {
        values.allSatisfy { other.values[$0.key] == $0.value }
    }

    /// One text, which is the same for equal fields.
    package var text: String {
        values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
    }

    private static func collect(_ json: JSONValue, at path: String, into values: inout [String: String]) {
        if let members = json.members {
            for (name, value) in members where !name.hasPrefix("told_") {
                collect(value, at: path.isEmpty ? name : path + "." + name, into: &values)
            }
        } else {
            values[path] = json.spelling
        }
    }
}
