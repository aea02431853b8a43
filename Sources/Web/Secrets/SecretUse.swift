import Billing
import Synchronization

/// How often one secret was used since the process started; safe to update from any thread.
final class SecretUse: Sendable {
    private let uses = Atomic(0)
    private let signatures = Atomic(0)
    /// Seconds since 1970; `Int64.min` if the secret was never used.
    private let lastUsed = Atomic(Int64.min)

    init() {}

    /// Counts a verified signature or an accepted key.
    func use(at now: Instant) {
        uses.wrappingAdd(1, ordering: .relaxed)
        lastUsed.store(now.unixSeconds, ordering: .relaxed)
    }

    /// Counts a signature of a link or a session.
    func sign() { signatures.wrappingAdd(1, ordering: .relaxed) }

    var count: Int { uses.load(ordering: .relaxed) }
    var signatureCount: Int { signatures.load(ordering: .relaxed) }

    /// `nil` if the secret was never used.
    var lastUsedAt: Instant? {
        let seconds = lastUsed.load(ordering: .relaxed)
        return seconds == .min ? nil : Instant(unixSeconds: seconds)
    }
}
