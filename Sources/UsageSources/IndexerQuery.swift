import Billing
import Database
import PostgresClient
import Storage

/// The queries to the indexer's database.
///
/// Numbers are read as text: the price is a double there, and its shortest text is the number that the chain
/// meant. Texts are cut beyond the longest valid length, so that a result has a limited size.
enum IndexerQuery {
    /// The newest block that the indexer has processed.
    static func head(_ connection: PostgresConnection) throws(PostgresFailure) -> ChainHead? {
        let newest = Query(
            // The indexer stores a block before it processes it. If the table has `isProcessed`, skip
            // unprocessed blocks.
            """
            SELECT height::bigint AS height, extract(epoch FROM datetime)::bigint AS at
            FROM block
            WHERE coalesce((to_jsonb(block) ->> 'isProcessed')::boolean, TRUE)
            ORDER BY height DESC
            LIMIT 1
            """
        ) { row in
            ChainHead(
                height: min(try row.int("height"), 1 << 62),
                at: try row.optionalInt("at").map { Instant(unixSeconds: $0) }
            )
        }
        return try connection.row(newest)
    }

    // A group's resources may name several GPU models, while the lease gives one number of units for all. The
    // models are joined, such as `a100+h100`, because the division of the price among them is unknown.
    private static let columns = """
        SELECT left(l.owner, 200) AS owner, left(l.dseq::text, 40) AS dseq, l.gseq::bigint::text AS gseq,
            l.oseq::bigint::text AS oseq, \(bseq)::text AS bseq, left(l."providerAddress", 200) AS provider,
            left(p."hostUri", 257) AS provider_name, left(l.denom, 200) AS denomination,
            left(CASE WHEN l.price::text ~ '^-?[0-9.]+(e[+-]?[0-9]{1,3})?$' THEN l.price::text::numeric::text
                ELSE l.price::text END, 200) AS price,
            l."createdHeight"::bigint::text AS created, l."closedHeight"::bigint::text AS closed,
            left(l."predictedClosedHeight"::text, 40) AS dry_at,
            CASE WHEN l."withdrawnAmount"::text ~ '^[0-9.]+(e[+-]?[0-9]{1,3})?$'
                THEN left(round(l."withdrawnAmount"::text::numeric, 18)::text, 60) END AS withdrawn,
            left(l."cpuUnits"::text, 40) AS cpu, left(l."memoryQuantity"::text, 40) AS memory,
            left(l."ephemeralStorageQuantity"::text, 40) AS ephemeral,
            left(l."persistentStorageQuantity"::text, 40) AS persistent, left(l."gpuUnits"::text, 40) AS gpus,
            left(g.vendors, 257) AS gpu_vendor, left(g.models, 257) AS gpu_model,
            left(g.count::text, 40) AS group_count
        FROM lease l
        LEFT JOIN provider p ON p.owner = l."providerAddress"
        LEFT JOIN LATERAL (
            SELECT string_agg(DISTINCT lower(nullif(r."gpuVendor", '')), '+' ORDER BY lower(nullif(r."gpuVendor", '')))
                    FILTER (WHERE r."gpuUnits" > 0) AS vendors,
                string_agg(DISTINCT lower(nullif(r."gpuModel", '')), '+' ORDER BY lower(nullif(r."gpuModel", '')))
                    FILTER (WHERE r."gpuUnits" > 0) AS models,
                sum(r.count) AS count
            FROM "deploymentGroupResource" r
            WHERE r."deploymentGroupId" = l."deploymentGroupId"
        ) g ON TRUE

        """

    /// The number of the bid; 0 in an indexer from before bids were numbered.
    ///
    /// <https://github.com/akash-network/console/blob/d84c9e93d/apps/indexer/drizzle/0001_add_bseq_to_bid_and_lease.sql>
    private static let bseq = "coalesce((to_jsonb(l) ->> 'bseq')::bigint, 0)"

    private static let name =
        #"l.owner, l.dseq::text, l.gseq::bigint, l.oseq::bigint, l."providerAddress", \#(bseq)"#

    static func leases(
        _ connection: PostgresConnection,
        _ question: LeaseQuery,
        after place: IndexerCursor?,
        limit: Int
    ) throws(PostgresFailure) -> [RawLease] {
        let isClosed = place?.isClosed ?? false
        var sql = columns
        var parameters: [SQLValue] = [.int(Int64(limit))]
        if isClosed {
            parameters += [.int(question.closedFrom ?? .min), .ints(question.closedAt)]
            sql += #"WHERE (l."closedHeight" >= $2::bigint OR l."closedHeight" = ANY($3::bigint[]))"#
            if let last = place?.last {
                // Only this condition lets PostgreSQL begin within the index.
                parameters.append(.int(last.closedHeight))
                sql += #" AND l."closedHeight" >= $4::bigint"#
            }
        } else {
            sql += #"WHERE l."closedHeight" IS NULL"#
        }
        let key = (isClosed ? #"l."closedHeight"::bigint, "# : "") + name
        if let last = place?.last {
            var values: [(SQLValue, String)] = [
                (.text(last.owner), "text"), (.text(last.dseq), "text"), (.int(last.gseq), "bigint"),
                (.int(last.oseq), "bigint"), (.text(last.provider), "text"), (.int(last.bseq), "bigint"),
            ]
            if isClosed { values.insert((.int(last.closedHeight), "bigint"), at: 0) }
            let places = values.enumerated().map { "$\(parameters.count + 1 + $0.offset)::\($0.element.1)" }
            sql += "\n    AND (\(key)) > (\(places.joined(separator: ", ")))"
            parameters += values.map(\.0)
        }
        let order = (isClosed ? #"l."closedHeight", "# : "") + name
        sql += "\nORDER BY \(order)\nLIMIT $1::bigint"
        return try connection.rows(Query(sql, parameters, decode: rawLease))
    }

    /// All leases of some deployments.
    static func leases(
        _ connection: PostgresConnection,
        ofDeployments deployments: [DeploymentIdentity]
    ) throws(PostgresFailure) -> [RawLease] {
        let names = Set(deployments)
        let sql = columns + "WHERE (l.owner, l.dseq) IN (SELECT * FROM unnest($1::text[], $2::text[]))"
        let parameters: [SQLValue] = [
            .texts(names.map(\.owner)), .texts(names.map { String($0.dseq) }),
        ]
        return try connection.rows(Query(sql, parameters, decode: rawLease))
    }

    @Sendable
    private static func rawLease(_ row: SQLRow) throws -> RawLease {
        func text(_ column: String) throws -> String { try row.optionalText(column) ?? "" }
        var facts = RawLease()
        facts.owner = try text("owner")
        facts.dseq = try text("dseq")
        facts.gseq = try text("gseq")
        facts.oseq = try text("oseq")
        facts.bseq = try text("bseq")
        facts.provider = try text("provider")
        facts.providerName = try row.optionalText("provider_name")
        facts.denomination = try text("denomination")
        facts.price = try text("price")
        facts.created = try text("created")
        facts.closed = try row.optionalText("closed")
        facts.dryAt = try row.optionalText("dry_at")
        facts.withdrawn = try row.optionalText("withdrawn")
        facts.cpuMilli = try text("cpu")
        facts.memoryBytes = try text("memory")
        facts.ephemeralBytes = try text("ephemeral")
        facts.persistentBytes = try text("persistent")
        facts.gpuUnits = try text("gpus")
        facts.gpuVendor = try row.optionalText("gpu_vendor")
        facts.gpuModel = try row.optionalText("gpu_model")
        facts.groupCount = try row.optionalText("group_count") ?? "1"
        return facts
    }

    static func days(
        _ connection: PostgresConnection,
        from date: CalendarDate?,
        through height: Int64,
        limit: Int
    ) throws(PostgresFailure) -> [DayFacts] {
        let days = Query(
            """
            SELECT "date"::date::text AS date, "firstBlockHeight"::bigint AS first,
                "lastBlockHeight"::bigint AS last, "lastBlockHeightYet"::bigint AS last_yet,
                left(CASE WHEN "aktPrice"::text ~ '^-?[0-9.]+(e[+-]?[0-9]{1,3})?$'
                    THEN round("aktPrice"::text::numeric, 18)::text ELSE "aktPrice"::text END, 200) AS price
            FROM day
            WHERE "date"::date >= $1::text::date AND "firstBlockHeight" <= $2::bigint
            ORDER BY "date"
            LIMIT $3::bigint
            """,
            [.text(date?.text ?? "0001-01-01"), .int(height), .int(Int64(limit))]
        ) { row in
            DayFacts(
                date: try row.text("date"),
                firstHeight: try row.int("first"),
                lastHeight: try row.optionalInt("last"),
                lastHeightYet: try row.optionalInt("last_yet"),
                aktPrice: try row.optionalText("price")
            )
        }
        return try connection.rows(days)
    }
}

/// A day as stored by the indexer, unchecked.
struct DayFacts {
    let date: String
    let firstHeight: Int64
    let lastHeight: Int64?
    let lastHeightYet: Int64?
    let aktPrice: String?

    /// The checked day, as known at a height.
    func day(through height: Int64) throws(UsageSourceError) -> CalendarDay {
        guard let civil = CalendarDate(date) else { throw wrong("is none") }
        // Clamped, for the indexer may hold any number.
        let heights =
            firstHeight.subtractingClamped(1)...firstHeight.addingClamped(CalendarDay.maximumBlocks)
        guard 0...(1 << 62) ~= firstHeight, let yet = lastHeightYet ?? lastHeight, heights.contains(yet),
            heights.contains(lastHeight ?? yet), yet <= lastHeight ?? yet
        else { throw wrong("ends before it begins, or has more blocks than a day can have") }
        // A price of 0 means that the indexer did not know it.
        let text = aktPrice.flatMap { price in price.contains { !"0.".contains($0) } ? price : nil }
        let price = text.flatMap { AKTPrice($0) }
        if let text, price == nil { throw wrong("has the AKT price \(text.prefix(40)), which is none") }
        // Blocks after `height` count as not indexed, even if the indexer has them by now.
        let isFinal = lastHeight.map { $0 <= height } ?? false
        return CalendarDay(
            date: civil,
            firstHeight: firstHeight,
            lastHeight: isFinal ? lastHeight : nil,
            lastHeightYet: isFinal ? lastHeight ?? yet : min(yet, height),
            aktPrice: price,
            priceSource: price == nil ? nil : UsageSourceKind.indexer.rawValue,
            isFinal: isFinal
        )
    }

    private func wrong(_ problem: String) -> UsageSourceError {
        .unreadable("day \(date.prefix(40)) of the indexer \(problem).")
    }
}
