/// What an object says, statement by statement, such as `payment_method_details.last4 = "4242"`.
///
/// Stripe mints the link to a receipt anew at every render: it states nothing. What only an event's type says (`told_…`)
/// no list of Stripe's can repeat.
package struct Statements: Sendable, Equatable {
    private let values: [String: String]

    package init(of object: StripeObject) {
        self.init(encoded: SnapshotCoding.encode(object))
    }

    /// Reads an object as it is stored.
    package init(encoded: [UInt8]) {
        var values: [String: String] = [:]
        encoded.withUnsafeBufferPointer { bytes in
            // These bytes are our own writing, so that there is nothing to throw.
            try? JSONValue.read(bytes) { Self.collect($0, at: "", into: &values) }
        }
        self.values = values
    }

    /// Whether all that is said here is said there as well.
    ///
    /// What is not said is no contradiction: API versions drop fields, and null is as good as absent.
    package func isContained(in other: Statements) -> Bool {
        values.allSatisfy { other.values[$0.key] == $0.value }
    }

    /// The same for equal statements, in one text.
    package var text: String {
        values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
    }

    private static func collect(_ json: JSONValue, at path: String, into values: inout [String: String]) {
        if let members = json.members {
            for (name, value) in members where name != "receipt_url" && !name.hasPrefix("told_") {
                collect(value, at: path.isEmpty ? name : path + "." + name, into: &values)
            }
        } else {
            values[path] = json.spelling
        }
    }
}
