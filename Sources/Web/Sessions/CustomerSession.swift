import Billing
import Storage

/// The temporary access to one customer's data, which the holder of an API key grants (`POST
/// /v1/customer_sessions`).
struct CustomerSession: Sendable, Equatable {
    let customer: CustomerKey
    /// The address on chain whose usage the session may read, as long as no account map says otherwise.
    let owner: String?
    /// The URL that the page links back to.
    let returnURL: String?
    /// The second from which the session is invalid.
    let expiresAt: Instant
}

extension CustomerSession {
    /// The session as the payload of a token.
    ///
    /// Equal sessions have equal bytes.
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
