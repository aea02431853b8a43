import JSON

/// A successful response.
///
/// Its description leaves out the body.
package struct StripeAnswer: Sendable, CustomStringConvertible, CustomReflectable {
    package let bytes: [UInt8]
    /// Stripe's id of the request.
    package let requestID: String?
    /// The time of the response by Stripe's clock, in Unix seconds.
    package let date: Int64?

    package var description: String { "\(bytes.count) bytes (\(requestID ?? "no request id"))" }
    package var customMirror: Mirror { Mirror(self, children: ["requestID": requestID as Any]) }
}

extension StripeAnswer {
    /// Checks that the body is one object with this kind and id.
    func check(kind: String? = nil, id: String? = nil) throws(StripeAPIError) {
        // The bytes become a part of an event, in which a byte order mark is not JSON.
        guard bytes.first != 0xEF, let identity = try? JSONValue.read(bytes, ObjectIdentity.init) else {
            throw .notAnObject(requestID: requestID)
        }
        guard identity.id == id ?? identity.id, identity.object == kind ?? identity.object else {
            throw .wrongObject(requestID: requestID)
        }
    }
}
