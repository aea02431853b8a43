package import Billing
package import Database

/// Stores leases and days together with the dates whose totals become stale, in one database transaction.
///
/// Never repeated if a connection breaks: a second attempt would report the first one's changes as already
/// stored.
extension SQLStore {
    package func put(_ leases: [LeaseRecord]) async throws(StoreError) -> LeasesOutcome {
        let identities = Set(leases.map(\.identity))
        let owners = Set(identities.map(\.owner))
        return try await transaction("storing leases", under: .usage, repeats: false) { session in
            let (calendar, known, closed) = try session.rows(
                UsageQueries.calendar,
                UsageQueries.leases(named: identities),
                UsageQueries.closedThrough(owners)
            )
            let standing = LeasePlan.Standing(
                leases: KnownLeases(known),
                closedThrough: Dictionary(uniqueKeysWithValues: closed),
                calendar: calendar
            )
            let plan = LeasePlan(leases, standing: standing)
            let settled = Set(plan.leases.map(\.record.identity.owner)).subtracting(plan.stale.keys)
            try session.runLater(settled.sorted().map(UsageChanges.insertingOwner))
            try session.runLater(UsageChanges.makingStale(plan.stale))
            try session.runLater(plan.renamed.map(UsageChanges.renaming))
            try session.runLater(plan.leases.map(UsageChanges.writing))
            return plan.outcome
        }
    }

    package func put(_ days: [CalendarDay]) async throws(StoreError) -> CalendarOutcome {
        try await transaction("storing days", under: .usage, repeats: false) { session in
            let plan = CalendarPlan(days, calendar: try session.rows(UsageQueries.calendar))
            guard plan.fault == nil else { return plan.outcome }
            var stale: [String: ClosedRange<CalendarDate>] = [:]
            if let heights = plan.touched {
                for life in try session.rows(UsageQueries.lives(in: heights)) {
                    stale[life.owner] = plan.stale(created: life.created, end: life.end)
                }
            }
            try session.runLater(plan.days.map(UsageChanges.writing))
            try session.runLater(UsageChanges.makingStale(stale))
            try session.runLater([UsageChanges.closing(through: plan.closedThrough)])
            return plan.outcome
        }
    }
}

/// The statements that store facts about usage.
package enum UsageChanges {
    static func insertingOwner(_ owner: String) -> SQLStatement {
        SQLStatement("INSERT INTO usage_owners (owner) VALUES ($1) ON CONFLICT DO NOTHING", [.text(owner)])
    }

    static func renaming(from identity: LeaseIdentity, to new: LeaseIdentity) -> SQLStatement {
        SQLStatement(
            "UPDATE usage_leases SET identity = $2 WHERE identity = $1",
            [.text(identity.text), .text(new.text)]
        )
    }

    static func writing(_ lease: LeaseState) -> SQLStatement {
        let record = lease.record
        return SQLStatement(
            """
            INSERT INTO usage_leases
                (identity, unnumbered, owner, provider, provider_name, created_height, end_height, record, kept)
            VALUES ($1, $9, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (identity) DO UPDATE SET
                -- A name is as new as the record that brought it.
                sequence = CASE
                    WHEN excluded.provider_name IS NOT DISTINCT FROM usage_leases.provider_name
                        THEN usage_leases.sequence
                    ELSE excluded.sequence
                END,
                provider_name = excluded.provider_name, created_height = excluded.created_height,
                end_height = excluded.end_height, record = excluded.record, kept = excluded.kept
            """,
            [
                .text(record.identity.text), .text(record.identity.owner), .text(record.identity.provider),
                .text(orNull: record.providerName), .int(record.createdHeight),
                .int(orNull: record.endHeight), .bytes(UsageCoding.encode(record)),
                lease.kept.isEmpty ? .null : .bytes(UsageCoding.encode(kept: lease.kept)),
                .text(record.identity.unnumbered.text),
            ]
        )
    }

    static func writing(_ day: CalendarDay) -> SQLStatement {
        SQLStatement(
            """
            INSERT INTO usage_calendar
                (date, first_height, last_height, last_height_yet, akt_usd, price_source, final)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (date) DO UPDATE SET
                first_height = excluded.first_height, last_height = excluded.last_height,
                last_height_yet = excluded.last_height_yet, akt_usd = excluded.akt_usd,
                price_source = excluded.price_source, final = excluded.final
            """,
            [
                .int(day.date.dayNumber), .int(day.firstHeight), .int(orNull: day.lastHeight),
                .int(day.lastHeightYet), .text(orNull: day.aktPrice?.text), .text(orNull: day.priceSource),
                .bool(day.isFinal),
            ]
        )
    }

    /// Records that the totals of some days do not follow from the leases yet; adds owners that are new.
    package static func makingStale(_ dates: [String: ClosedRange<CalendarDate>]) -> [SQLStatement] {
        // In one order everywhere, so that transactions that lock the same owners cannot deadlock.
        dates.sorted { $0.key < $1.key }.map { owner, dates in
            SQLStatement(
                """
                INSERT INTO usage_owners AS o (owner, stale_from, stale_through)
                VALUES ($1, $2, $3)
                ON CONFLICT (owner) DO UPDATE SET
                    stale_revision = o.stale_revision + 1,
                    -- A comparison with NULL is not true.
                    stale_from = CASE WHEN o.stale_from < $2 THEN o.stale_from ELSE $2 END,
                    stale_through = CASE WHEN o.stale_through > $3 THEN o.stale_through ELSE $3 END
                """,
                [.text(owner), .int(dates.lowerBound.dayNumber), .int(dates.upperBound.dayNumber)]
            )
        }
    }

    static func replacingAccounts(of customer: String, by periods: Set<AccountPeriod>) -> [SQLStatement] {
        let removal = SQLStatement("DELETE FROM usage_accounts WHERE customer = $1", [.text(customer)])
        let insertions = periods.map { account in
            SQLStatement(
                """
                INSERT INTO usage_accounts (customer, address, valid_from, valid_through)
                VALUES ($1, $2, $3, $4)
                """,
                [
                    .text(customer), .text(account.address), .int(orNull: account.from?.dayNumber),
                    .int(orNull: account.through?.dayNumber),
                ]
            )
        }
        return [removal] + insertions
    }

    static func closing(through date: CalendarDate?) -> SQLStatement {
        SQLStatement(
            "UPDATE usage_owners SET closed_through = $1 WHERE closed_through IS DISTINCT FROM $1",
            [.int(orNull: date?.dayNumber)]
        )
    }
}
