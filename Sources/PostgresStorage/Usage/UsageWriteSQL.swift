import Billing
import PostgresClient
import Storage

/// The SQL that stores facts about usage.
enum UsageWriteSQL {
    /// Takes a lock that lets one replica store facts at a time, until its database transaction ends.
    ///
    /// The calendar determines a lease's days, and a day makes the totals of all its leases stale. With the
    /// lock, each replica sees the others' writes, so no total misses either of two concurrent changes.
    static let advisoryLock = Command.advisoryLock(at: "usage_leases")

    // MARK: Leases

    static func closedThrough(_ owners: Set<String>) -> Command {
        Command(
            "SELECT owner, closed_through FROM usage_owners WHERE owner = ANY($1) AND closed_through IS NOT NULL",
            [.texts(Array(owners))]
        )
    }

    static func writing(_ plan: LeasePlan) -> [Command] {
        guard !plan.leases.isEmpty else { return [] }
        let owners = Set(plan.leases.map(\.record.identity.owner))
        return [
            Command(
                "INSERT INTO usage_owners (owner) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING",
                [.texts(owners.sorted())]
            ),
            writing(plan.leases),
            // Last, to hold the row locks on `usage_owners` as briefly as possible.
            makingStale(plan.stale),
        ]
    }

    private static func writing(_ leases: [LeaseState]) -> Command {
        let records = leases.map(\.record)
        return Command(
            """
            INSERT INTO usage_leases
                (identity, owner, provider, provider_name, created_height, end_height, record, kept)
            SELECT identity, owner, provider, provider_name, created_height, end_height, record, kept
            FROM unnest(
                $1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[],
                $8::bytea[])
                WITH ORDINALITY AS l (
                    identity, owner, provider, provider_name, created_height, end_height, record, kept, place)
            ORDER BY place
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
                .texts(records.map(\.identity.text)), .texts(records.map(\.identity.owner)),
                .texts(records.map(\.identity.provider)), .texts(records.map(\.providerName)),
                .ints(records.map(\.createdHeight)), .ints(records.map(\.endHeight)),
                .byteStrings(records.map { UsageCoding.encode($0) }),
                .byteStrings(leases.map { $0.kept.isEmpty ? nil : UsageCoding.encode(kept: $0.kept) }),
            ]
        )
    }

    /// Records that the totals of some days do not follow from the leases yet.
    static func makingStale(_ dates: [String: ClosedRange<CalendarDate>]) -> Command {
        let entries = dates.sorted { $0.key < $1.key }
        return Command(
            """
            UPDATE usage_owners o
            SET stale_revision = o.stale_revision + 1,
                -- Neither minds a NULL.
                stale_from = least(o.stale_from, s.first), stale_through = greatest(o.stale_through, s.last)
            FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS s (owner, first, last)
            WHERE o.owner = s.owner
            """,
            [
                .texts(entries.map(\.key)), .ints(entries.map(\.value.lowerBound.dayNumber)),
                .ints(entries.map(\.value.upperBound.dayNumber)),
            ]
        )
    }

    // MARK: The calendar

    /// For each owner with leases in these blocks, the first and last block of those leases.
    static func spans(of heights: Range<Int64>) -> Command {
        Command(
            """
            SELECT owner, min(created_height), CASE WHEN count(*) = count(end_height) THEN max(end_height) END
            FROM usage_leases
            WHERE (end_height IS NULL OR end_height > $1) AND created_height < $2
            GROUP BY owner
            """,
            [.int(heights.lowerBound), .int(heights.upperBound)]
        )
    }

    static func writing(_ days: [CalendarDay]) -> Command {
        Command(
            """
            INSERT INTO usage_calendar
                (date, first_height, last_height, last_height_yet, akt_usd, price_source, final)
            SELECT * FROM unnest(
                $1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bool[])
            ON CONFLICT (date) DO UPDATE SET
                first_height = excluded.first_height, last_height = excluded.last_height,
                last_height_yet = excluded.last_height_yet, akt_usd = excluded.akt_usd,
                price_source = excluded.price_source, final = excluded.final
            """,
            [
                .ints(days.map(\.date.dayNumber)), .ints(days.map(\.firstHeight)),
                .ints(days.map(\.lastHeight)), .ints(days.map(\.lastHeightYet)),
                .texts(days.map { $0.aktPrice?.text }), .texts(days.map(\.priceSource)),
                .bools(days.map(\.isFinal)),
            ]
        )
    }

    static func closing(through date: CalendarDate?) -> Command {
        Command(
            """
            UPDATE usage_owners
            SET closed_through = $1::bigint
            WHERE closed_through IS DISTINCT FROM $1::bigint
            """,
            [date.map { .int($0.dayNumber) } ?? .null]
        )
    }
}
