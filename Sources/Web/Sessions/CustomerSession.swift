package import Billing
package import Storage

/// What one customer may look at for a while, as whoever holds a key for it said (`POST /v1/customer_sessions`).
package struct CustomerSession: Sendable, Equatable {
    package let customer: CustomerKey
    /// The address on chain that the customer's usage is read at while no account map says otherwise.
    package let owner: String?
    /// Where the page leads back to.
    package let returnURL: String?
    /// From this second on it is over.
    package let expiresAt: Instant

    package init(
        customer: CustomerKey,
        owner: String? = nil,
        returnURL: String? = nil,
        expiresAt: Instant
    ) {
        self.customer = customer
        self.owner = owner
        self.returnURL = returnURL
        self.expiresAt = expiresAt
    }
}

extension CustomerSession {
    /// What a token says of the session.
    ///
    /// Equal sessions are equal bytes.
    var payload: [UInt8] {
        JSONWriter.object {
            $0.member("account", customer.account)
            $0.member("customer", customer.customer)
            $0.member("expires_at", expiresAt.unixSeconds)
            $0.member("owner", owner)
            $0.member("return_url", returnURL)
        }
    }

    init?(payload: [UInt8]) {
        guard
            let session = try? payload.withUnsafeBufferPointer({ bytes in
                try JSONValue.read(bytes) { json -> CustomerSession? in
                    guard let customer = json["customer"]?.string, let end = json["expires_at"]?.integer
                    else {
                        return nil
                    }
                    return CustomerSession(
                        customer: CustomerKey(customer, account: json["account"]?.string),
                        owner: json["owner"]?.string,
                        returnURL: json["return_url"]?.string,
                        expiresAt: Instant(unixSeconds: end)
                    )
                }
            })
        else { return nil }
        self = session
    }
}
