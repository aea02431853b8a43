package import Billing
import Database
import PostgresClient
package import Storage

/// Stores leases and days together with the dates whose totals become stale, in one database transaction.
extension PostgresStore {
    package func put(_ leases: [LeaseRecord]) async throws(StoreError) -> LeasesOutcome {
        let plan = try await takeIn("storing leases") { connection throws(PostgresFailure) in
            try connection.transaction(reading: [
                UsageWriteSQL.advisoryLock, Command(UsageQueries.calendar.statement),
                Command(UsageQueries.leases(named: Set(leases.map(\.identity))).statement),
                UsageWriteSQL.closedThrough(Set(leases.map(\.identity.owner))),
            ]) { answers throws(PostgresFailure) in
                let plan = LeasePlan(leases, standing: try Self.standing(answers))
                return (plan, writing: UsageWriteSQL.writing(plan))
            }
        }
        return plan.outcome
    }

    private static func standing(_ answers: [Rows]) throws(PostgresFailure) -> LeasePlan.Standing {
        guard answers.count == 4 else { throw .unexpected }
        let (leases, closed) = (answers[2], answers[3])
        var standing = LeasePlan.Standing(
            leases: [:],
            closedThrough: [:],
            calendar: try answers[1].decoded(UsageQueries.calendar)
        )
        for lease in try leases.decoded(UsageQueries.leases(named: [])) {
            standing.leases[lease.record.identity] = lease
        }
        for row in 0..<closed.count {
            standing.closedThrough[closed.text(row, 0)] = CalendarDate(dayNumber: closed.int(row, 1))
        }
        return standing
    }

    package func put(_ days: [CalendarDay]) async throws(StoreError) -> CalendarOutcome {
        let plan = try await takeIn("storing days") { connection throws(PostgresFailure) in
            try connection.transaction(reading: [
                UsageWriteSQL.advisoryLock, Command(UsageQueries.calendar.statement),
            ]) {
                answers throws(PostgresFailure) in
                guard answers.count == 2 else { throw .unexpected }
                let plan = CalendarPlan(days, calendar: try answers[1].decoded(UsageQueries.calendar))
                guard plan.fault == nil else { return (plan, writing: []) }
                let stale = try Self.stale(by: plan, connection)
                return (
                    plan,
                    writing: [UsageWriteSQL.writing(plan.days), UsageWriteSQL.makingStale(stale)]
                        + [UsageWriteSQL.closing(through: plan.closedThrough)]
                )
            }
        }
        return plan.outcome
    }

    private static func stale(
        by plan: CalendarPlan,
        _ connection: PostgresConnection
    ) throws(PostgresFailure) -> [String: ClosedRange<CalendarDate>] {
        guard let heights = plan.touched else { return [:] }
        let rows = try connection.execute(UsageWriteSQL.spans(of: heights))
        var stale: [String: ClosedRange<CalendarDate>] = [:]
        for row in 0..<rows.count {
            stale[rows.text(row, 0)] = plan.stale(created: rows.int(row, 1), end: rows.optionalInt(row, 2))
        }
        return stale
    }

    private func takeIn<Value: Sendable>(
        _ operation: StaticString,
        _ body: @escaping @Sendable (PostgresConnection) throws(PostgresFailure) -> Value
    ) async throws(StoreError) -> Value {
        try inFlight.begin(operation)
        defer { inFlight.end() }
        do throws(PostgresFailure) {
            // Not repeated if the connection breaks: a second attempt would report the first one's changes as
            // already stored.
            return try await intake.run(repeats: false, body)
        } catch {
            throw StoreError(error, while: operation)
        }
    }
}
