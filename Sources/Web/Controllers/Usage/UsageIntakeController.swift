import Billing
import Hummingbird
import Logging
import Storage

/// Stores leases, the calendar of the chain, and the customers' addresses on chain.
struct UsageIntakeController: Sendable {
    let usage: any UsageLedger
    let authenticator: Authenticator

    private static let maximumBytes = 16 << 20
    private static let shownContradictions = 100

    func addRoutes(to routes: Routes) {
        routes.post("/v1/usage/leases", use: putLeases)
        routes.post("/v1/usage/calendar", use: putCalendar)
        routes.on(.put, "/v1/usage/accounts", use: putAccounts)
    }

    @Sendable
    private func putLeases(_ request: Request, _ context: AppContext) async throws -> Response {
        let records = try await records(of: request, context) { json throws(JSONFieldError) in
            try LeaseRecord(json)
        }
        let outcome = try await usage.put(records)
        if !outcome.contradictions.isEmpty {
            context.logger.warning(
                "final days contradicted",
                metadata: ["count": "\(outcome.contradictions.count)"]
            )
        }
        return JSONBody.response(
            Intake(
                accepted: records.count,
                changed: outcome.changed,
                contradictions: outcome.contradictions.count,
                contradicted: outcome.contradictions.prefix(Self.shownContradictions).map {
                    Contradicted(lease: $0.lease.text, date: $0.date.text)
                }
            )
        )
    }

    @Sendable
    private func putCalendar(_ request: Request, _ context: AppContext) async throws -> Response {
        let days = try await records(of: request, context) { json throws(JSONFieldError) in
            try CalendarDay(json)
        }
        switch try await usage.put(days) {
        case .refused(let fault):
            throw APIError.invalid("first_height", "\(fault.date.text): \(fault.problem). Nothing was taken.")
        case .taken(let changed, let contradicted):
            if !contradicted.isEmpty {
                context.logger.warning(
                    "final days contradicted",
                    metadata: ["count": "\(contradicted.count)"]
                )
            }
            return JSONBody.response(
                Intake(
                    accepted: days.count,
                    changed: changed,
                    contradictions: contradicted.count,
                    contradicted: contradicted.prefix(Self.shownContradictions).map {
                        Contradicted(lease: nil, date: $0.text)
                    }
                )
            )
        }
    }

    @Sendable
    private func putAccounts(_ request: Request, _ context: AppContext) async throws -> Response {
        let maps = try await records(of: request, context) { json throws(JSONFieldError) in
            try AccountMap(json)
        }
        var changed = 0
        for map in maps where try await usage.setAccounts(map.accounts, of: map.customer) { changed += 1 }
        return JSONBody.response(
            Intake(accepted: maps.count, changed: changed, contradictions: 0, contradicted: [])
        )
    }

    private func records<Record>(
        of request: Request,
        _ context: AppContext,
        _ record: (JSONValue) throws(JSONFieldError) -> Record
    ) async throws -> [Record] {
        _ = try await authenticator.caller(of: request, needing: .usageWrite, context)
        try QueryReader(request).finish()
        let body = try await request.bytes(upTo: Self.maximumBytes, context.bodies)
        return try RecordList.read(body, record)
    }

    private struct Intake: Encodable {
        let accepted: Int
        let changed: Int
        let contradictions: Int
        let contradicted: [Contradicted]
    }

    private struct Contradicted: Encodable {
        let lease: String?
        let date: String
    }
}
