package import Billing
package import JSON

/// The progress of retention, stored by the run of kind ``Job/Kind/retention``.
package struct RetentionProgress: Sendable, Equatable {
    /// The totals of all passes so far.
    package var bodies = 0
    package var bytes = 0

    package init() {}
}

extension RetentionProgress: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        bodies = try json.decode("bodies")
        bytes = try json.decode("bytes")
    }

    package func write(to json: inout JSONWriter) {
        json.member("bodies", bodies)
        json.member("bytes", bytes)
    }
}

extension Job {
    /// `nil` for a run of another kind, or for JSON of a later version.
    package var retentionProgress: RetentionProgress? { kind == .retention ? Self.decode(progress) : nil }

    package mutating func keep(_ progress: RetentionProgress) { self.progress = Self.encode(progress) }
}

extension JobStore {
    /// Starts a pass of retention if the last one ended long enough ago.
    ///
    /// - Parameters:
    ///   - seconds: The time that must pass since the last pass.
    ///   - now: The current time.
    /// - Returns: Whether this call started it.
    /// - Throws: ``StoreError``.
    package func beginRetention(after seconds: Int64, now: Instant) async throws(StoreError) -> Bool {
        guard let latest = try await latestRun(.retention) else {
            var run = Job(id: JobID.make(.retention), kind: .retention, begunAt: now, request: "{}")
            run.keep(RetentionProgress())
            return try await begin(run)
        }
        guard latest.state != .running else { return false }
        // A time in the future was written while the clock was ahead.
        if latest.updatedAt <= now, now.seconds(since: latest.updatedAt) < seconds { return false }
        return try await replace(latest.left(.running, now: now)) != nil
    }
}
