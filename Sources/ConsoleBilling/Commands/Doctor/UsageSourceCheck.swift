import Billing
import HTTPClient
import Storage
import UsageSources

/// Checks the source from which usage is synced.
enum UsageSourceCheck {
    /// One hour; a chain makes a block every few seconds.
    private static let tolerableLagSeconds: Int64 = 3600

    static func results(
        _ sync: UsageSyncConfiguration?,
        _ transport: any HTTPTransport,
        now: Instant
    ) async -> [CheckResult] {
        guard let sync else {
            return [
                .skipped(
                    "usage.source",
                    "Neither USAGE_INDEXER_URL nor AKASH_NODE_URL is set: usage is what is posted or imported."
                )
            ]
        }
        let source = sync.open(transport)
        let result = await examine(source, now: now)
        if let indexer = source as? IndexerSource { await indexer.close() }
        return [result]
    }

    static func examine(_ source: any UsageSource, now: Instant) async -> CheckResult {
        let head: ChainHead
        do throws(UsageSourceError) {
            head = try await source.head()
            if source.kind == .indexer {
                // Read every table and column that a sync reads; discard the results.
                _ = try await source.leases(LeaseQuery())
                _ = try await source.days(from: nil, through: head.height ?? 0)
            }
        } catch {
            return .bad("usage.source", "\(error)")
        }
        let name = "The \(source.kind.rawValue) of \(source.chainID)"
        guard let height = head.height else {
            return source.kind == .indexer
                ? .bad("usage.source", "\(name) has no block yet. Is it running?")
                : .advice("usage.source", "\(name) answers, but does not report its latest block.")
        }
        guard let lag = head.at.map({ now.seconds(since: $0) }), lag > tolerableLagSeconds else {
            return .good("usage.source", "\(name) can be read, and is at height \(height).")
        }
        return .bad(
            "usage.source",
            "\(name) is at height \(height), which is \(lag) s old. Usage is no newer than that: is it running?"
        )
    }
}
