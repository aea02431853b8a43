import Billing
import HTTPTypes
import Hummingbird
import JSON

/// `POST /v1/transactions/{id}/receipt/email`: asks Stripe to e-mail the receipt again.
///
/// A signed link is not sufficient: links are passed on, and a link's holder must not be able to send e-mail.
struct ReceiptEmailController: Sendable {
    let emailer: ReceiptEmailer

    /// Enough for one address in JSON.
    private static let maxBodyBytes = 4096

    func addRoutes(to routes: Routes) {
        routes.post("/v1/transactions/{id}/receipt/email", for: .feedRead, cost: .page, use: send)
    }

    @Sendable
    private func send(_ request: Request, _ context: AppContext) async throws -> Response {
        let id = try context.pathID()
        try QueryReader(request).finish()
        let address = try address(in: try await request.bytes(upTo: Self.maxBodyBytes, context))
        // An intruder may use a session in an open browser, so a session can send the receipt only to the
        // customer's own address.
        guard address == nil || context.caller.accessScope == .anyCustomer else {
            throw APIError.addressNotAllowed
        }
        let asked = try await emailer.send(id, to: address, for: context.caller, context)
        return JSONBody.response { json in
            json.member("email", asked)
            json.member("object", "receipt_email")
            json.member("status", "requested")
            json.member("transaction", id)
        }
    }

    private func address(in body: [UInt8]) throws(APIError) -> EmailAddress? {
        // An empty body has no address.
        guard !body.isEmpty, let text = try EmailBody(body).email else { return nil }
        guard let address = EmailAddress(text) else {
            throw .invalid("email", "Give an e-mail address such as customer@example.com, or leave it out.")
        }
        return address
    }
}

extension APIError {
    fileprivate static let addressNotAllowed = APIError(
        .forbidden,
        "email_not_allowed",
        "A customer's receipt is sent only to the address that Stripe has for the payment. Leave email out.",
        parameter: "email"
    )

    static let receiptUnavailable = APIError(
        .notFound,
        "receipt_unavailable",
        "There is no receipt: only payments that succeeded have one."
    )

    init(_ error: ReceiptNotMailed) {
        switch error {
        case .notConfigured:
            self = .stripe(
                "stripe_not_configured",
                "This service has no key for Stripe's API (STRIPE_SECRET_KEY), so Stripe cannot be asked to send anything."
            )
        case .noCharge:
            self.init(
                .notFound,
                "receipt_unavailable",
                "Stripe has no charge for this payment whose receipt it could e-mail: it was paid outside Stripe, or "
                    + "Stripe no longer knows it. Open its receipt instead."
            )
        case .noAddress:
            self = .invalid(
                "email",
                "Stripe has no e-mail address for this payment. Send one: {\"email\":\"customer@example.com\"}."
            )
        case .addressRefused:
            self = .invalid("email", "Stripe does not take this e-mail address. Send another one.")
        case .tooSoon(let seconds):
            self.init(
                .tooManyRequests,
                "rate_limited",
                "The receipt of this payment was e-mailed a moment ago. Try again in \(seconds) seconds.",
                headers: [.retryAfter: String(seconds)]
            )
        case .keyRefused:
            self = .stripe(
                "stripe_key_refused",
                "This service's key for Stripe's API may not send receipts. Give it write access to Charges.",
                retryAfterSeconds: 600
            )
        case .unavailable(_, let seconds):
            self = .stripe(
                "stripe_unavailable",
                "Stripe cannot be asked at the moment. Try again in \(seconds) seconds.",
                retryAfterSeconds: seconds
            )
        }
    }

    /// An error of Stripe, not of the caller: 503.
    static func stripe(
        _ code: String,
        _ message: String,
        retryAfterSeconds: Int64? = nil
    ) -> APIError {
        APIError(
            .serviceUnavailable,
            code,
            message,
            headers: retryAfterSeconds.map { [.retryAfter: String($0)] } ?? [:]
        )
    }
}
