import Billing
import HTTPClient

@testable import Web

extension WebHarness {
    /// A token as the service makes it.
    func sessionToken(
        _ customer: String = "cus_one",
        owner: String? = nil,
        returnURL: String? = nil,
        age: Int64 = 0
    ) -> String {
        let signer = settings.sessionSigner
        return signer.token(
            for: signer.session(
                of: customer,
                owner: owner,
                returnURL: returnURL,
                now: clock.now.adding(seconds: -age)
            )
        )
    }

    /// What a browser sends that keeps the token.
    func cookie(_ token: String) -> TransportHeader {
        let name = SessionCookie(publicURL: settings.publicURL, isFramed: false).name
        return TransportHeader("Cookie", "theme=dark; \(name)=\(token)")
    }

    func postSession(_ body: String, key: TestKey? = .sessions) async throws -> Answer {
        try await post("/v1/customer_sessions", Array(body.utf8), key: key)
    }
}

func bearer(_ token: String) -> TransportHeader { TransportHeader("Authorization", "Bearer \(token)") }
