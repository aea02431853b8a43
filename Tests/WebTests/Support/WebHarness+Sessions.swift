import Billing
import HTTPClient
import Storage

@testable import Web

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
                now: clock.now.adding(seconds: age.negatedClamped)
            )
        )
    }

    /// A link's token as the service makes it.
    func linkToken(
        _ customer: String = "cus_one",
        account: String? = nil,
        returnURL: String? = nil,
        age: Int64 = 0
    ) -> String {
        let signer = settings.sessionSigner
        let key = CustomerKey(customer, account: account)
        let begun = clock.now.adding(seconds: age.negatedClamped)
        return signer.linkToken(for: signer.session(of: key, owner: nil, returnURL: returnURL, now: begun))
    }

    /// The headers of a browser that keeps the token.
    func cookie(_ token: String) -> TransportHeader {
        let name = SessionCookie(publicURL: settings.publicURL, isFramed: false).name
        return TransportHeader("Cookie", "theme=dark; \(name)=\(token)")
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

extension TransactionLink {
    /// The link to a row of ``FeedSample``.
    static func ofSample(_ id: String, for purpose: Purpose = .receipt) -> TransactionLink {
        let customer = ["ch_c", "ch_d", "pi_c"].contains(id) ? "cus_two" : "cus_one"
        return TransactionLink(transaction: id, owner: CustomerKey(customer, account: nil), purpose: purpose)
    }
}
