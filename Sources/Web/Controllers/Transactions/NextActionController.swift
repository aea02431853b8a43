import Billing
import Hummingbird
import Storage

/// `GET /v1/transactions/{id}/next_action`: redirects to Stripe's page for the step that a payment waits for.
struct NextActionController: Sendable {
    let access: TransactionAccess
    /// `nil` if there is no key for Stripe's API.
    let intents: (any PaymentIntentSource)?
    let problems: ProblemPages

    func addRoutes(to routes: Routes) {
        routes.get("/v1/transactions/{id}/next_action", cost: .page, use: open)
    }

    @Sendable
    private func open(_ request: Request, _ context: AppContext) async throws -> Response {
        try await problems.orPage(request, context) {
            let (detail, _) = try await access.payment(request, context, for: .nextAction) { _ in }
            let link = try await link(of: detail.transaction, context)
            return PageResponse.redirect(to: link, status: .found)
        }
    }

    /// The URL of Stripe's page, fetched for each click; the URL from the last event if Stripe is
    /// unavailable.
    private func link(of transaction: Transaction, _ context: AppContext) async throws -> String {
        guard transaction.status == PaymentIntent.Status.requiresAction.rawValue else {
            throw APIError.nothingToDo
        }
        guard transaction.type == .purchase, let id = transaction.paymentIntent else {
            throw APIError.noPageForIt
        }
        do {
            guard let intents else { throw PaymentIntentUnavailable("STRIPE_SECRET_KEY is not set") }
            let intent = try await intents.freshIntent(id, account: transaction.account)
            guard intent.status == .requiresAction else { throw APIError.nothingToDo }
            guard let link = intent.nextAction?.url else { throw APIError.noPageForIt }
            return link
        } catch let error as PaymentIntentUnavailable {
            context.logger.notice(
                "next action not fetched",
                metadata: ["transaction": "\(transaction.id)", "reason": "\(error.reason)"]
            )
            guard let stored = transaction.nextAction?.url else {
                throw intents == nil ? APIError.noKeyToAskWith : APIError.cannotAskNow
            }
            return stored
        }
    }
}

extension APIError {
    fileprivate static let nothingToDo = APIError(
        .notFound,
        "next_action_none",
        "There is nothing left to do: this transaction no longer waits for the customer."
    )

    fileprivate static let noPageForIt = APIError(
        .notFound,
        "next_action_no_page",
        "Stripe has no page for this step. The list of transactions says what to do instead."
    )

    fileprivate static let cannotAskNow = APIError.stripe(
        "stripe_unavailable",
        "Stripe cannot be asked at the moment. Try again in a minute.",
        retryAfterSeconds: 60
    )

    fileprivate static let noKeyToAskWith = APIError.stripe(
        "stripe_not_configured",
        "This service has no key for Stripe's API (STRIPE_SECRET_KEY), so the payment cannot be looked up."
    )
}
