/// Generates unique ids.
package enum JobID {
    /// `bf_…` for a backfill, `rc_…` for a reconciliation.
    package static func make(_ kind: Job.Kind) -> String { make(prefix: kind == .backfill ? "bf_" : "rc_") }

    package static func make(prefix: String) -> String {
        prefix + String(UInt64.random(in: .min ... .max), radix: 36)
            + String(UInt64.random(in: .min ... .max), radix: 36)
    }
}
