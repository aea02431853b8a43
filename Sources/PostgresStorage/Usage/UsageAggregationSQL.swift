import Billing
import Database
import PostgresClient
import Storage

/// The SQL for adding up stale days and storing their totals.
enum UsageAggregationSQL {
    // MARK: Stale days

    /// The columns that ``stale(_:)`` reads.
    private static let columns = "owner, stale_from, stale_through, stale_revision"

    static func stale(_ owners: [String]) -> Command {
        Command(
            "SELECT \(columns) FROM usage_owners WHERE owner = ANY($1) AND stale_from IS NOT NULL",
            [.texts(owners)]
        )
    }

    static func stale(_ rows: Rows) -> [StaleUsage] {
        rows.map { row in
            StaleUsage(
                owner: rows.text(row, 0),
                dates: CalendarDate(dayNumber: rows.int(row, 1))...CalendarDate(dayNumber: rows.int(row, 2)),
                revision: rows.int(row, 3)
            )
        }
    }

    /// The owners with stale days, ascending.
    static func staleOwners(after owner: String, limit: Int) -> Command {
        Command(
            """
            SELECT owner
            FROM usage_owners
            WHERE stale_from IS NOT NULL AND owner > $1
            ORDER BY owner
            LIMIT $2
            """,
            [.text(owner), .int(Int64(limit))]
        )
    }

    // MARK: The leases

    /// For each owner, the leases with a block in the owner's range, and all leases with frozen days
    /// (`kept`).
    static func leases(
        of owners: [(owner: String, heights: Range<Int64>)]
    ) -> Query<(owner: String, lease: LeaseState)> {
        Query(
            """
            SELECT l.record, l.kept, s.owner
            FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS s (owner, first_height, end_height)
            CROSS JOIN LATERAL (
                -- Apart, so that each goes along an index, and the past of an owner is not gone through every day.
                SELECT record, kept
                FROM usage_leases
                WHERE owner = s.owner AND end_height > s.first_height AND created_height < s.end_height
                    AND kept IS NULL
                UNION ALL
                SELECT record, kept
                FROM usage_leases
                WHERE owner = s.owner AND end_height IS NULL AND created_height < s.end_height AND kept IS NULL
                UNION ALL
                SELECT record, kept
                FROM usage_leases
                WHERE owner = s.owner AND kept IS NOT NULL) AS l
            """,
            [
                .texts(owners.map(\.owner)), .ints(owners.map(\.heights.lowerBound)),
                .ints(owners.map(\.heights.upperBound)),
            ]
        ) { (try $0.text("owner"), try UsageQueries.lease($0)) }
    }

    // MARK: Keeping

    /// Marks days as added up, and returns the owners for which that succeeded.
    ///
    /// Skips an owner whose revision changed, or whose days another replica has added up since, because these
    /// totals are outdated. Also skips an owner whose row another transaction has locked (SKIP LOCKED),
    /// because that transaction is about to do one of the two.
    static func marking(_ stale: [StaleUsage]) -> Command {
        Command(
            """
            WITH due AS MATERIALIZED (
                SELECT o.owner, s.rest_from, s.rest_through
                FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
                    AS s (owner, revision, stale_from, rest_from, rest_through)
                JOIN usage_owners o
                    ON o.owner = s.owner AND o.stale_revision = s.revision AND o.stale_from = s.stale_from
                FOR NO KEY UPDATE OF o SKIP LOCKED)
            UPDATE usage_owners o
            SET stale_from = due.rest_from, stale_through = due.rest_through
            FROM due
            WHERE o.owner = due.owner
            RETURNING o.owner
            """,
            [
                .texts(stale.map(\.owner)), .ints(stale.map(\.revision)),
                .ints(stale.map(\.dates.lowerBound.dayNumber)),
                .ints(stale.map { $0.rest?.lowerBound.dayNumber }),
                .ints(stale.map { $0.rest?.upperBound.dayNumber }),
            ]
        )
    }

    /// Replaces the stored totals of these days.
    static func keeping(_ totals: [(stale: StaleUsage, groups: [UsageAggregator.Group])]) -> [Command] {
        let stale = totals.map(\.stale)
        let groups = totals.flatMap { entry in
            entry.groups.map { (owner: entry.stale.owner, grouping: $0.grouping, group: $0.group) }
        }
        return [
            Command(
                """
                DELETE FROM usage_totals t
                USING unnest($1::text[], $2::bigint[], $3::bigint[]) AS s (owner, first, last),
                    unnest($4::text[]) AS g (grouping)
                WHERE t.owner = s.owner AND t.grouping = g.grouping AND t.date BETWEEN s.first AND s.last
                """,
                [
                    .texts(stale.map(\.owner)), .ints(stale.map(\.step.lowerBound.dayNumber)),
                    .ints(stale.map(\.step.upperBound.dayNumber)),
                    .texts(UsageAggregator.kept.map(\.rawValue)),
                ]
            ),
            Command(
                """
                INSERT INTO usage_totals (owner, grouping, date, name, totals)
                SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bytea[])
                """,
                [
                    .texts(groups.map(\.owner)), .texts(groups.map(\.grouping.rawValue)),
                    .ints(groups.map(\.group.date.dayNumber)), .texts(groups.map(\.group.group)),
                    .byteStrings(groups.map { UsageCoding.encode($0.group.totals) }),
                ]
            ),
        ]
    }
}
