import Billing
import Hummingbird
import JSON
import Logging
import Storage

/// Stores leases, the calendar of the chain, the customers' addresses on chain, and what is said of both.
struct UsageIntakeController: Sendable {
    let usage: any UsageLedger

    private static let maximumBytes = 16 << 20
    private static let shownContradictions = 100
    private static let shownWarnings = 20

    func addRoutes(to routes: Routes) {
        routes.post("/v1/usage/leases", for: .usageWrite, use: putLeases)
        routes.post("/v1/usage/calendar", for: .usageWrite, use: putCalendar)
        routes.post("/v1/usage/corrections", for: .usageWrite, use: correct)
        routes.on(.put, "/v1/usage/accounts", for: .usageWrite, use: putAccounts)
        routes.on(.put, "/v1/usage/tags", for: .usageWrite, use: putTags)
    }

    @Sendable
    private func putLeases(_ request: Request, _ context: AppContext) async throws -> Response {
        let records = try await records(of: request, context) { json throws(JSONFieldError) in
            try LeaseRecord(sent: json)
        }
        switch try await usage.put(records) {
        case .tooMuch:
            let maximum = LeasePlan.maximumSettledDays
            throw APIError.invalid(
                "leases",
                "The leases could change more than \(maximum) days that are final. Send fewer leases at once. "
                    + "Nothing is stored."
            )
        case .taken(let changed, let contradictions):
            await settle(contradictions.count, context)
            return Self.response(
                accepted: records.count,
                changed: changed,
                contradicted: contradictions.map { Contradicted(date: $0.date, lease: $0.lease.text) },
                warnings: Self.unpriced(records)
            )
        }
    }

    /// A sentence for each of the first tokens that are stored and have no price.
    private static func unpriced(_ records: [LeaseRecord]) -> [String] {
        let tokens = Set(records.flatMap { $0.prices.map(\.denomination) }).filter { $0.worth == .unknown }
        return tokens.map(\.code).sorted().prefix(shownWarnings).map {
            "The token \($0) has no price, so that the days on which it is paid have no total."
        }
    }

    /// Logs contradictions, and adds up stale totals for a second or two; readers add up the rest when they need
    /// it.
    private func settle(_ contradictions: Int, _ context: AppContext) async {
        if contradictions > 0 {
            context.logger.warning("final days contradicted", metadata: ["count": "\(contradictions)"])
        }
        _ = try? await usage.settleUsage(steps: 200)
    }

    @Sendable
    private func putCalendar(_ request: Request, _ context: AppContext) async throws -> Response {
        let days = try await records(of: request, context) { json throws(JSONFieldError) in
            try CalendarDay(sent: json, today: CalendarDate(context.now))
        }
        switch try await usage.put(days) {
        case .refused(let fault):
            throw APIError.invalid("first_height", "\(fault.date.text): \(fault.problem). Nothing is stored.")
        case .taken(let changed, let contradicted):
            await settle(contradicted.count, context)
            return Self.response(
                accepted: days.count,
                changed: changed,
                contradicted: contradicted.map { Contradicted(date: $0.date, difference: $0.difference) }
            )
        }
    }

    @Sendable
    private func correct(_ request: Request, _ context: AppContext) async throws -> Response {
        let entries = try await records(of: request, context) { json throws(JSONFieldError) in
            try UsageCorrection(json)
        }
        let outcomes = try await usage.correct(entries)
        if let index = outcomes.firstIndex(of: .conflict) {
            throw APIError(
                .conflict,
                "correction_conflict",
                "Record \(index + 1): another correction has this id already. Nothing is stored; choose another id.",
                parameter: "records[\(index)]"
            )
        }
        return JSONBody.response { json in
            json.member("accepted", entries.count)
            json.member("changed", outcomes.count { $0 == .added })
        }
    }

    @Sendable
    private func putTags(_ request: Request, _ context: AppContext) async throws -> Response {
        let tags = try await records(of: request, context) { json throws(JSONFieldError) in
            try DeploymentTags(json)
        }
        let changed = try await usage.tag(tags)
        return JSONBody.response { json in
            json.member("accepted", tags.count)
            json.member("changed", changed)
        }
    }

    @Sendable
    private func putAccounts(_ request: Request, _ context: AppContext) async throws -> Response {
        let maps = try await records(of: request, context) { json throws(JSONFieldError) in
            try AccountMap(json)
        }
        switch try await usage.setAccounts(maps) {
        case .shared(let shared):
            throw APIError(
                .conflict,
                "address_conflict",
                "\(shared.period.address) would belong to \(shared.customer) and to \(shared.other) \(shared.period.days). "
                    + "End one of the periods first, or send both customers at once. Nothing is stored.",
                parameter: "accounts"
            )
        case .set(let changed):
            return Self.response(
                accepted: maps.count,
                changed: changed,
                contradicted: [],
                warnings: Self.gaps(maps)
            )
        }
    }

    /// A sentence for each of the first gaps between two addresses of a customer.
    private static func gaps(_ maps: [AccountMap]) -> [String] {
        let gaps = maps.lazy.flatMap { map in map.gaps.map { (map.customer, $0) } }
        return gaps.prefix(shownWarnings).map { customer, dates in
            "\(customer) has no address from \(dates.lowerBound.text) through \(dates.upperBound.text); valid_to is the "
                + "first moment after a period."
        }
    }

    private func records<Record>(
        of request: Request,
        _ context: AppContext,
        _ record: (JSONValue) throws(JSONFieldError) -> Record
    ) async throws -> [Record] {
        try QueryReader(request).finish()
        let body = try await request.bytes(upTo: Self.maximumBytes, context)
        return try RecordList.read(body, record)
    }

    /// A final day that stays as it is: the part of a lease, or the day of the calendar with what differs.
    private struct Contradicted {
        let date: CalendarDate
        var lease: String?
        var difference: String?
    }

    /// Answers with the counts, with the first of the final days that stay as they are, and with what the
    /// sender may not have meant.
    private static func response(
        accepted: Int,
        changed: Int,
        contradicted: [Contradicted],
        warnings: [String] = []
    ) -> Response {
        JSONBody.response { json in
            json.member("accepted", accepted)
            json.member("changed", changed)
            json.array("contradicted", contradicted.prefix(shownContradictions)) { json, contradiction in
                json.member("date", contradiction.date.text)
                json.member("difference", contradiction.difference)
                json.member("lease", contradiction.lease)
            }
            json.member("contradictions", contradicted.count)
            json.member("warnings", warnings)
        }
    }
}
