import Billing
import Hummingbird
import JSON
import Storage

/// Takes the balances that Console and the chain state, with which ours are compared.
struct ObservedBalancesController: Sendable {
    let observations: any BalanceObservations

    private static let maximumBytes = 4 << 20

    func addRoutes(to routes: Routes) {
        routes.on(.put, "/v1/balances/observed", for: .usageWrite, use: put)
    }

    @Sendable
    private func put(_ request: Request, _ context: AppContext) async throws -> Response {
        try QueryReader(request).finish()
        let body = try await request.bytes(upTo: Self.maximumBytes, context)
        let now = context.now
        let balances = try RecordList.read(body) { json throws(JSONFieldError) in
            try ObservedBalance(json, now: now)
        }
        let changed = try await observations.observe(balances)
        return JSONBody.response { json in
            json.member("accepted", balances.count)
            json.member("changed", changed)
        }
    }
}
