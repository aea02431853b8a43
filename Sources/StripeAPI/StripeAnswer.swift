/// The body of a success, and what came with it; it does not print the body.
package struct StripeAnswer: Sendable, CustomStringConvertible, CustomReflectable {
    package let bytes: [UInt8]
    /// Stripe's name for the request.
    package let requestID: String?
    /// When Stripe answered, by Stripe's clock, in unix seconds.
    package let date: Int64?

    package var description: String { "\(bytes.count) bytes (\(requestID ?? "no request id"))" }
    package var customMirror: Mirror { Mirror(self, children: ["requestID": requestID as Any]) }
}

extension StripeAnswer {
    /// Makes sure that this is one object, and the one that was asked for.
    func check(kind: String? = nil, id: String? = nil) throws(StripeAPIError) {
        guard let identity = ObjectIdentity(bytes) else { throw .notAnObject(requestID: requestID) }
        guard identity.id == id ?? identity.id, identity.object == kind ?? identity.object else {
            throw .wrongObject(requestID: requestID)
        }
    }
}
