/// Generates unique ids for runs.
package enum JobID {
    /// `bf_…` for a backfill, `rc_…` for a reconciliation, `us_…` for a usage sync, `al_…` for alerts, `rt_…`
    /// for retention.
    package static func make(_ kind: Job.Kind) -> String {
        switch kind {
        case .backfill: make(prefix: "bf_")
        case .reconciliation: make(prefix: "rc_")
        case .usageSync: make(prefix: "us_")
        case .alerts: make(prefix: "al_")
        case .retention: make(prefix: "rt_")
        }
    }

    package static func make(prefix: String) -> String {
        prefix + String(UInt64.random(in: .min ... .max), radix: 36)
            + String(UInt64.random(in: .min ... .max), radix: 36)
    }
}
