import Billing
import HTTPClient
import Storage
import Web

extension WebHarness {
    /// A token as the service makes it.
    func sessionToken(
        _ customer: String = "cus_one",
        account: String? = nil,
        owner: String? = nil,
        returnURL: String? = nil,
        age: Int64 = 0
    ) -> String {
        let signer = settings.sessionSigner
        return signer.token(
            for: signer.session(
                of: CustomerKey(customer, account: account),
                owner: owner,
                returnURL: returnURL,
                now: clock.now.adding(seconds: -age)
            )
        )
    }

    /// What a browser sends that keeps the token.
    func cookie(_ token: String) -> TransportHeader {
        TransportHeader("Cookie", "theme=dark; __Host-billing_session=\(token)")
    }

    func postSession(_ body: String, key: TestKey? = .sessions) async throws -> Answer {
        try await post("/v1/customer_sessions", Array(body.utf8), key: key)
    }
}

func bearer(_ token: String) -> TransportHeader { TransportHeader("Authorization", "Bearer \(token)") }

extension SessionSigner {
    /// A session of a customer of one's own account.
    func session(of customer: String, returnURL: String? = nil, now: Instant) -> CustomerSession {
        session(of: CustomerKey(customer, account: nil), returnURL: returnURL, now: now)
    }
}

extension ReceiptLink {
    /// The link to a row of ``FeedSample``.
    static func ofSample(_ id: String) -> ReceiptLink {
        let customer = ["ch_c", "ch_d"].contains(id) ? "cus_two" : "cus_one"
        return ReceiptLink(transaction: id, owner: CustomerKey(customer, account: nil))
    }
}
