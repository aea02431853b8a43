import Billing
import Hummingbird
import JSON
import Storage

/// Gives money to customers: coupons, bonuses, and corrections by hand.
struct CreditsController: Sendable {
    let store: any Store
    /// The mode of the rows.
    let livemode: Bool

    private static let maximumBytes = 4 << 20

    func addRoutes(to routes: Routes) {
        routes.post("/v1/credits", for: .usageWrite, use: give)
    }

    @Sendable
    private func give(_ request: Request, _ context: AppContext) async throws -> Response {
        try QueryReader(request).finish()
        let body = try await request.bytes(upTo: Self.maximumBytes, context)
        let now = context.now
        let credits = try RecordList.read(body) { json throws(JSONFieldError) in
            try Credit(request: json, now: now)
        }
        let outcomes = try await store.give(credits, livemode: livemode, now: now)
        if let index = outcomes.firstIndex(of: .conflict) {
            throw APIError(
                .conflict,
                "credit_conflict",
                "Record \(index + 1): another credit has this id or this invoice already, or the invoice or payment is another "
                    + "customer's. Nothing was given.",
                parameter: "records[\(index)]"
            )
        }
        return JSONBody.response { json in
            json.member("accepted", credits.count)
            json.member("changed", outcomes.count { $0 == .given })
        }
    }
}
