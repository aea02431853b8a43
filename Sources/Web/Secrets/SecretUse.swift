package import Billing
import Synchronization

/// How often one secret was of use since the process started, counted from any thread at once.
package final class SecretUse: Sendable {
    private let uses = Atomic(0)
    private let signatures = Atomic(0)
    /// Seconds since 1970; the earliest there is for never.
    private let lastUsed = Atomic(Int64.min)

    package init() {}

    /// It verified what somebody brought, or let somebody in.
    func use(at now: Instant) {
        uses.wrappingAdd(1, ordering: .relaxed)
        lastUsed.store(now.unixSeconds, ordering: .relaxed)
    }

    /// It signed a link or a session.
    func sign() { signatures.wrappingAdd(1, ordering: .relaxed) }

    package var count: Int { uses.load(ordering: .relaxed) }
    package var signatureCount: Int { signatures.load(ordering: .relaxed) }

    /// `nil` for one that was never used.
    package var lastUsedAt: Instant? {
        let seconds = lastUsed.load(ordering: .relaxed)
        return seconds == .min ? nil : Instant(unixSeconds: seconds)
    }
}
