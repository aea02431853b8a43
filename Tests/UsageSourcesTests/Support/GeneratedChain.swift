import Billing
import Scenarios

/// A chain generated from a seed: its days and leases, an indexer's view of them at a height, and the true
/// usage.
struct GeneratedChain {
    struct Day {
        let date: CalendarDate
        let first: Int64
        let last: Int64
        let price: String?
        /// How many days late the price is known.
        let priceDelay: Int64
    }

    struct Lease {
        let owner: String
        let dseq: Int64
        let oseq: Int64
        let provider: String
        let created: Int64
        let closed: Int64?
        /// When the escrow is used up, unless it is closed before.
        let dry: Int64?
        /// The indexer shows the closing only from this height on.
        let closingShownAt: Int64
        let denomination: String
        var prices: [(from: Int64, price: String)]
        let group: Int
    }

    static let owners = (1...6).map { "akash1owner\($0)" }
    private static let denominations = [
        "uakt", "uact", "uusdc", "ibc/170C677610AC31DF0904FFE09CD3B5C657492170E7E52372E48756B71E56F2F1",
    ]

    let days: [Day]
    private(set) var leases: [Lease]
    let start: Int64
    let end: Int64
    private var random: SeededRandom

    init(seed: UInt64, days count: Int = 12, leases leaseCount: Int = 60) {
        var random = SeededRandom(seed: seed)
        var height: Int64 = 18_000_000 + Int64.random(in: 0...1_000_000, using: &random)
        let start = height
        var days: [Day] = []
        for number in 0..<count {
            let last = height + Int64.random(in: 2000...14_400, using: &random)
            let isPriced = !random.happens(inPercent: 10)
            days.append(
                Day(
                    date: CalendarDate(dayNumber: 20_400 + Int64(number)),
                    first: height,
                    last: last,
                    price: isPriced ? Self.decimal(0...4, &random) : nil,
                    priceDelay: Int64.random(in: 0...2, using: &random)
                )
            )
            height = last + 1
        }
        let end = height - 1
        var leases: [Lease] = []
        for number in 0..<leaseCount {
            let created = Int64.random(in: start - 5000...end, using: &random)
            func later(_ percent: Int) -> Int64? {
                random.happens(inPercent: percent)
                    ? created + Int64.random(in: 0...60_000, using: &random) : nil
            }
            let (closed, dry) = (later(60), later(30))
            let delay = random.happens(inPercent: 30) ? Int64.random(in: 0...1000, using: &random) : 0
            // A row that arrives after its day is final does not count.
            let dayEnd = closed.flatMap { closed in days.first { $0.first...$0.last ~= closed }?.last }
            leases.append(
                Lease(
                    owner: Self.owners[number % Self.owners.count],
                    dseq: 18_000_000 + Int64(number / 3),
                    oseq: Int64(number),
                    provider: "akash1provider\(number % 4)",
                    created: created,
                    closed: closed,
                    dry: dry,
                    closingShownAt: min((closed ?? 0) + delay, dayEnd ?? closed ?? 0),
                    denomination: Self.denominations[number % Self.denominations.count],
                    prices: [(created, Self.decimal(0...2000, &random))],
                    group: number % 5
                )
            )
        }
        self.days = days
        self.leases = leases
        self.start = start
        self.end = end
        self.random = random
    }

    /// A number as a chain may have it and a double can hold.
    private static func decimal(_ whole: ClosedRange<Int>, _ random: inout SeededRandom) -> String {
        let fraction = (0..<Int.random(in: 1...9, using: &random)).map { _ in
            String(Int.random(in: 0...9, using: &random))
        }
        return "\(Int.random(in: whole, using: &random)).\(fraction.joined())7"
    }

    /// The next height at which the source is read.
    mutating func nextHeight(after height: Int64) -> Int64 {
        min(
            end,
            height + Int64.random(in: 1...(random.happens(inPercent: 25) ? 30_000 : 3000), using: &random)
        )
    }

    /// A number of pages after which a source falls silent; `nil` for none.
    mutating func cut() -> Int? {
        random.happens(inPercent: 40) ? Int.random(in: 0...9, using: &random) : nil
    }

    /// Gives some leases that are open another price from a height on.
    mutating func reprice(from height: Int64) {
        for index in leases.indices where random.happens(inPercent: 8) {
            guard height > leases[index].created, height < leases[index].closed ?? .max,
                height < leases[index].dry ?? .max
            else { continue }
            leases[index].prices.append((height, Self.decimal(0...2000, &random)))
        }
    }

    // MARK: What the indexer shows

    /// The statements that make its tables show the chain at a height.
    func script(at height: Int64) -> String {
        let shown = days.filter { $0.first <= height }
        let dayRows = shown.enumerated().map { index, day in
            let next = index + 1 < shown.count
            let known = height >= day.first && Int64(shown.count - 1 - index) >= day.priceDelay
            let price = known ? day.price ?? "NULL" : "NULL"
            return
                "('\(day.date.text) 00:00:00+00', \(price), \(day.first), \(next ? String(day.last) : "NULL"), "
                + "\(min(height, day.last)))"
        }
        let leaseRows = leases.filter { $0.created <= height }.map { lease in
            let isClosed = lease.closed.map { $0 <= height && lease.closingShownAt <= height } ?? false
            let price = lease.prices.last { $0.from <= height }?.price ?? "0"
            return "('\(Self.uuid(lease.group))', '\(lease.owner)', '\(lease.dseq)', \(lease.oseq), 1, "
                + "'\(lease.provider)', \(lease.created), \(isClosed ? String(lease.closed ?? 0) : "NULL"), "
                + "\(lease.dry.map(String.init) ?? "999999999999999999999"), \(price), 0, '\(lease.denomination)', "
                + "1000, \(lease.group), 2147483648, 1073741824, 0)"
        }
        // One block is as good as all of them: the last one says how far it is; the next is not gone through yet.
        return """
            TRUNCATE day, lease, block;
            INSERT INTO day (date, "aktPrice", "firstBlockHeight", "lastBlockHeight", "lastBlockHeightYet")
            VALUES \(dayRows.joined(separator: ", "));
            INSERT INTO block (height, datetime, "isProcessed")
            VALUES (\(height), to_timestamp(\(Self.time(height))), TRUE),
                (\(height + 1), to_timestamp(\(Self.time(height + 1))), FALSE);
            INSERT INTO lease ("deploymentGroupId", owner, dseq, oseq, gseq, "providerAddress", "createdHeight",
                "closedHeight", "predictedClosedHeight", price, "withdrawnAmount", denom, "cpuUnits", "gpuUnits",
                "memoryQuantity", "ephemeralStorageQuantity", "persistentStorageQuantity")
            SELECT v.a::uuid, v.b, v.c, v.d, v.e, v.f, v.g, v.h::integer, v.i, v.j, v.k, v.l, v.m, v.n, v.o, v.p, v.q
            FROM (VALUES \(leaseRows.isEmpty ? Self.noRow : leaseRows.joined(separator: ", ")))
                AS v (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q)
            WHERE v.b <> ''
            """
    }

    private static let noRow = "('', '', '', 0, 0, '', 0, NULL, 0, 0, 0, '', 0, 0, 0, 0, 0)"

    /// The providers and groups, which do not change.
    static let standing = """
        INSERT INTO provider VALUES ('akash1provider0', 'https://one.example:8443');
        INSERT INTO "deploymentGroupResource" ("deploymentGroupId", "cpuUnits", "gpuUnits", "gpuVendor", "gpuModel",
            "memoryQuantity", "ephemeralStorageQuantity", "persistentStorageQuantity", count, price)
        VALUES ('\(uuid(1))', 100, 1, 'nvidia', 'H100', 1, 1, 1, 1, 0),
            ('\(uuid(2))', 100, 1, 'nvidia', 'rtx4090', 1, 1, 1, 1, 0),
            ('\(uuid(2))', 100, 1, 'nvidia', 'a100', 1, 1, 1, 1, 0),
            ('\(uuid(3))', 100, 0, NULL, NULL, 1, 1, 1, 2, 0),
            ('\(uuid(3))', 100, 3, 'amd', 'mi300x', 1, 1, 1, 1, 0)
        """

    static func uuid(_ number: Int) -> String { "00000000-0000-4000-8000-00000000000\(number)" }

    static func time(_ height: Int64) -> Int64 { 1_790_000_000 + (height - 18_000_000) * 6 }

    // MARK: The true usage

    /// Every lease as it is at the end, with the prices it had.
    func records() throws -> [LeaseRecord] {
        try leases.map { lease in
            let closed = lease.closed.flatMap { $0 <= end && lease.closingShownAt <= end ? $0 : nil }
            let dry = lease.dry.flatMap { $0 <= end && $0 < closed ?? .max ? $0 : nil }
            return LeaseRecord(
                identity: LeaseIdentity(
                    chainID: "akashnet-2",
                    owner: lease.owner,
                    dseq: lease.dseq,
                    gseq: 1,
                    oseq: lease.oseq,
                    bseq: 0,
                    provider: lease.provider
                ),
                prices: try lease.prices.map { from, price in
                    .init(
                        fromHeight: from,
                        denomination: try Self.required(Denomination(lease.denomination)),
                        pricePerBlock: try Self.required(TokenAmount(microUnits: price))
                    )
                },
                createdHeight: lease.created,
                closedHeight: closed,
                escrowEndHeight: dry.map { max($0, lease.created) },
                state: closed == nil ? .active : .closed,
                resources: LeaseResources(
                    cpuMilli: 1000,
                    memoryBytes: 2_147_483_648,
                    ephemeralBytes: 1_073_741_824,
                    gpuUnits: Int64(lease.group),
                    gpuVendor: lease.group == 3
                        ? "amd" : lease.group == 4 || lease.group == 0 ? nil : "nvidia",
                    gpuModel: [nil, "h100", "a100+rtx4090", "mi300x", nil][lease.group]
                ),
                source: "truth",
                asOfHeight: end
            )
        }
    }

    func calendar() -> [CalendarDay] {
        days.enumerated().map { index, day in
            let isOver = index + 1 < days.count
            let isPriced = Int64(days.count - 1 - index) >= day.priceDelay
            return CalendarDay(
                date: day.date,
                firstHeight: day.first,
                lastHeight: isOver ? day.last : nil,
                lastHeightYet: day.last,
                aktPrice: isPriced ? day.price.flatMap { AKTPrice($0) } : nil,
                isFinal: isOver
            )
        }
    }

    private struct Impossible: Error {}

    private static func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Impossible() }
        return value
    }
}
