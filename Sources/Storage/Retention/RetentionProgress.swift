package import Billing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The progress of retention, stored by the run of kind ``UpkeepRun/Kind/retention``.
package struct RetentionProgress: Sendable, Equatable, Codable {
    /// The totals of all passes so far.
    package var bodies = 0
    package var bytes = 0

    package init() {}
}

extension UpkeepRun {
    /// `nil` for a run of another kind, or for JSON of a later version.
    package var retentionProgress: RetentionProgress? {
        kind == .retention
            ? try? JSONDecoder().decode(RetentionProgress.self, from: Data(progress.utf8)) : nil
    }

    package mutating func keep(_ progress: RetentionProgress) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // The progress has only numbers, which cannot fail to encode.
        self.progress = (try? encoder.encode(progress)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension UpkeepRuns {
    /// Starts a pass of retention if the last one ended long enough ago.
    ///
    /// - Parameters:
    ///   - seconds: The time that must pass since the last pass.
    ///   - now: The current time.
    /// - Returns: Whether this call started it.
    /// - Throws: ``StoreError``.
    package func beginRetention(after seconds: Int64, now: Instant) async throws(StoreError) -> Bool {
        guard let latest = try await latestRun(.retention) else {
            var run = UpkeepRun(id: RunID.make(.retention), kind: .retention, begunAt: now, request: "{}")
            run.keep(RetentionProgress())
            return try await begin(run)
        }
        guard latest.state != .running else { return false }
        // A time in the future was written while the clock was ahead.
        if latest.updatedAt <= now, now.seconds(since: latest.updatedAt) < seconds { return false }
        return try await replace(latest.left(.running, now: now)) != nil
    }
}
