package import Billing
import PostgresClient
package import Storage

extension PostgresStore {
    package func calendar(_ dates: ClosedRange<CivilDate>) async throws(StoreError) -> [CalendarDay] {
        try await run("reading the calendar") { connection throws(PostgresFailure) in
            UsageReading.days(try connection.execute(UsageReading.calendar(dates)))
        }
    }

    package func newestDay() async throws(StoreError) -> CalendarDay? {
        try await run("reading the calendar") { connection throws(PostgresFailure) in
            UsageReading.days(try connection.execute(UsageReading.newestDay)).first
        }
    }

    package func usage(
        of owner: String,
        _ dates: ClosedRange<CivilDate>,
        by grouping: UsageGrouping
    ) async throws(StoreError) -> [UsageGroup] {
        guard UsageTotalling.kept.contains(grouping) else {
            return try await addedUp(owner, dates, by: grouping)
        }
        var patience: Int?
        while true {
            let kept = try await run("reading usage") { connection throws(PostgresFailure) in
                let answers = try connection.snapshot([
                    UsageAdding.stale([owner]), UsageReading.totals(of: owner, dates, by: grouping),
                ])
                guard answers.count == 2 else { throw .unexpected }
                let stale = UsageAdding.stale(answers[0]).first { $0.dates.overlaps(dates) }
                return (stale: stale, groups: stale == nil ? UsageReading.groups(answers[1]) : [])
            }
            guard let stale = kept.stale else {
                if let groups = kept.groups { return groups }
                return try await addedUp(owner, dates, by: grouping)
            }
            // If other replicas make days stale as fast as they are added up, the caller stops waiting and
            // gets a sum of the facts.
            let left = patience ?? stale.steps + 2
            guard left > 0 else { return try await addedUp(owner, dates, by: grouping) }
            patience = left - 1
            try await settleMonth(of: [owner])
        }
    }

    package func leases(
        of owner: String,
        in heights: Range<Int64>
    ) async throws(StoreError) -> [KnownLease] {
        try await run("reading leases", on: adding) { connection throws(PostgresFailure) in
            try UsageReading.leases(try connection.execute(UsageAdding.leases(of: [(owner, heights)])))
        }
    }

    package func openLeases(of owner: String) async throws(StoreError) -> [LeaseRecord] {
        try await run("reading leases") { connection throws(PostgresFailure) in
            try UsageReading.leases(try connection.execute(UsageReading.openLeases(of: owner))).map(\.record)
        }
    }

    package func names(ofProviders providers: Set<String>) async throws(StoreError) -> [String: String] {
        try await run("reading names of providers") { connection throws(PostgresFailure) in
            let rows = try connection.execute(UsageReading.names(ofProviders: providers))
            return (0..<rows.count).reduce(into: [:]) { $0[rows.text($1, 0)] = rows.text($1, 1) }
        }
    }

    // MARK: Accounts

    package func setAccounts(
        _ accounts: [AccountPeriod],
        of customer: String
    ) async throws(StoreError) -> Bool {
        try await run("setting accounts", repeats: false) { connection throws(PostgresFailure) in
            try connection.transaction(reading: [
                .turn(at: "usage_accounts"), UsageReading.accounts(of: customer),
            ]) { answers throws(PostgresFailure) in
                guard answers.count == 2 else { throw .unexpected }
                let fresh = Set(accounts)
                guard Set(UsageReading.accounts(answers[1])) != fresh else { return (false, writing: []) }
                return (true, writing: Self.setting(Array(fresh), of: customer))
            }
        }
    }

    private static func setting(_ accounts: [AccountPeriod], of customer: String) -> [Command] {
        [
            Command("DELETE FROM usage_accounts WHERE customer = $1", [.text(customer)]),
            Command(
                """
                INSERT INTO usage_accounts (customer, address, valid_from, valid_through)
                SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::bigint[])
                """,
                [
                    .text(customer), .texts(accounts.map(\.address)),
                    .ints(accounts.map { $0.from?.dayNumber }), .ints(accounts.map { $0.through?.dayNumber }),
                ]
            ),
        ]
    }

    package func accounts(of customer: CustomerKey) async throws(StoreError) -> [AccountPeriod] {
        guard customer.account == nil else { return [] }
        return try await run("reading accounts") { connection throws(PostgresFailure) in
            UsageReading.accounts(try connection.execute(UsageReading.accounts(of: customer.customer)))
        }
    }

    package func isMapped(_ address: String) async throws(StoreError) -> Bool {
        try await run("looking for an account") { connection throws(PostgresFailure) in
            try connection.execute(
                Command("SELECT 1 FROM usage_accounts WHERE address = $1 LIMIT 1", [.text(address)])
            ).count > 0
        }
    }

    // MARK: Rebuilding

    package func addUpUsage() async throws(StoreError) -> (groups: Int, changed: Int) {
        let (owners, dates) = try await run("reading owners") { connection throws(PostgresFailure) in
            let rows = try connection.execute(Command("SELECT owner FROM usage_owners ORDER BY owner"))
            let dates = UsageReading.days(try connection.execute(UsageReading.calendar)).map(\.date)
            return (rows.map { rows.text($0, 0) }, dates)
        }
        var (groups, changed) = (0, 0)
        for owner in owners {
            let before = try await keptTotals(of: owner)
            if let first = dates.first, let last = dates.last {
                try await run("adding up usage") { connection throws(PostgresFailure) in
                    _ = try connection.execute(UsageIntake.makingStale([owner: first...last]))
                }
            }
            while try await settleMonth(of: [owner]).stale > 0 {}
            let after = try await keptTotals(of: owner)
            groups += after.count
            changed += Set(before.keys).union(after.keys).count { before[$0] != after[$0] }
        }
        return (groups, changed)
    }

    private func keptTotals(of owner: String) async throws(StoreError) -> [[String]: [UInt8]] {
        try await run("reading usage") { connection throws(PostgresFailure) in
            let rows = try connection.execute(UsageReading.allTotals(of: owner))
            return (0..<rows.count).reduce(into: [:]) { totals, row in
                let key = [rows.text(row, 0), String(rows.int(row, 1)), rows.text(row, 2)]
                totals[key] = rows.bytes(row, 3)
            }
        }
    }
}
