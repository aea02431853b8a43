package import Billing
package import Storage

/// What is done without anybody asking for it, and when: decisions only.
package struct UpkeepHabits: Sendable, Equatable {
    /// How long no event may have come before undelivered ones are asked for at the start; 0 for never.
    package var catchUpAfterSeconds: Int64
    /// How long after one reconciliation the next one is due; 0 for never.
    package var reconcileEverySeconds: Int64
    /// How many days back one looks.
    package var reconciledDays: Int64

    package init(
        catchUpAfterSeconds: Int64 = 3600,
        reconcileEverySeconds: Int64 = 86_400,
        reconciledDays: Int64 = 3
    ) {
        self.catchUpAfterSeconds = catchUpAfterSeconds
        self.reconcileEverySeconds = reconcileEverySeconds
        self.reconciledDays = reconciledDays
    }

    /// Nothing is done by itself.
    package static let none = UpkeepHabits(catchUpAfterSeconds: 0, reconcileEverySeconds: 0)

    /// What was made an hour before the last event that came may have failed to come with it.
    private static let overlapSeconds: Int64 = 3600
    /// After a start Stripe's retries and the catching up come first.
    private static let firstReconciliationSeconds: Int64 = 600
    /// What has just happened may still be on its way.
    private static let settlingSeconds: Int64 = 900

    /// From when on undelivered events are to be asked for.
    ///
    /// - Parameters:
    ///   - lastEvent: The last that a webhook brought.
    ///   - now: The present.
    /// - Returns: `nil` when events have been coming; at most as long ago as Stripe remembers.
    package func catchUpFrom(lastEvent: EventEntry?, now: Instant) -> Instant? {
        guard catchUpAfterSeconds > 0 else { return nil }
        let horizon = now.adding(seconds: -Backfill.eventLifetimeSeconds)
        guard let lastEvent else { return horizon }
        guard now.seconds(since: lastEvent.receivedAt) > catchUpAfterSeconds else { return nil }
        // It may have been sent again for days: what was made after it may have come before.
        let made = min(lastEvent.created ?? lastEvent.receivedAt, lastEvent.receivedAt)
        return max(horizon, made.adding(seconds: -Self.overlapSeconds))
    }

    package var reconcilesByItself: Bool { reconcileEverySeconds > 0 }

    package func isReconciliationDue(last: Instant?, startedAt: Instant, now: Instant) -> Bool {
        guard reconcilesByItself else { return false }
        guard now.seconds(since: startedAt) >= Self.firstReconciliationSeconds else { return false }
        // One of the future was begun by a clock that ran ahead.
        guard let last, last <= now else { return true }
        return now.seconds(since: last) >= reconcileEverySeconds
    }

    package func reconciledPeriod(now: Instant) -> (from: Instant, through: Instant) {
        (
            now.adding(seconds: -reconciledDays * 86_400 - Self.settlingSeconds),
            now.adding(seconds: -Self.settlingSeconds)
        )
    }
}
