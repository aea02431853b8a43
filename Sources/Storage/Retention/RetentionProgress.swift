package import Billing

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// How far the letting go of old bodies is: what a run of the kind ``UpkeepRun/Kind/retention`` keeps.
package struct RetentionProgress: Sendable, Equatable, Codable {
    /// Of all passes so far.
    package var bodies = 0
    package var bytes = 0

    package init() {}
}

extension UpkeepRun {
    /// `nil` for another kind, or what a later version wrote.
    package var retentionProgress: RetentionProgress? {
        kind == .retention
            ? try? JSONDecoder().decode(RetentionProgress.self, from: Data(progress.utf8)) : nil
    }

    package mutating func keep(_ progress: RetentionProgress) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // Numbers, which cannot fail to encode.
        self.progress = (try? encoder.encode(progress)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

extension UpkeepRuns {
    /// Asks for a pass of retention when the last one ended long enough ago.
    ///
    /// - Parameters:
    ///   - seconds: How long is enough.
    ///   - now: The present.
    /// - Returns: Whether it was asked for by this.
    /// - Throws: ``StoreError``.
    package func beginRetention(after seconds: Int64, now: Instant) async throws(StoreError) -> Bool {
        guard let latest = try await latestRun(.retention) else {
            var run = UpkeepRun(id: RunID.make(.retention), kind: .retention, begunAt: now, request: "{}")
            run.keep(RetentionProgress())
            return try await begin(run)
        }
        guard latest.state != .running else { return false }
        // One of the future was left by a clock that ran ahead.
        if latest.updatedAt <= now, now.seconds(since: latest.updatedAt) < seconds { return false }
        return try await replace(latest.left(.running, now: now)) != nil
    }
}
