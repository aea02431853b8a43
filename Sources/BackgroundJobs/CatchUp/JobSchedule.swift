package import Billing
package import Storage

/// The schedule of catch-ups and reconciliations; only decides, does no work.
package struct JobSchedule: Sendable, Equatable {
    /// How long without an event before a start fetches undelivered ones, in seconds; 0 turns it off.
    package var catchUpAfterSeconds: Int64
    /// Seconds from one reconciliation to the next; 0 turns it off.
    package var reconcileEverySeconds: Int64
    /// How many days back a scheduled reconciliation looks.
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

    /// Nothing is scheduled.
    package static let none = JobSchedule(catchUpAfterSeconds: 0, reconcileEverySeconds: 0)

    /// Starts the catch-up an hour before the last event: events made shortly before it may be missing too.
    private static let overlapSeconds: Int64 = 3600
    /// The first reconciliation waits this long after a start, for Stripe's retries and the catch-up.
    private static let firstReconciliationSeconds: Int64 = 600
    /// Objects younger than this are not compared: their events may be on their way.
    private static let settlingSeconds: Int64 = 900

    /// The time from which to fetch undelivered events.
    ///
    /// - Parameters:
    ///   - lastEvent: The last event that a webhook delivered.
    ///   - now: The current time.
    /// - Returns: `nil` when events arrived recently; at most 30 days ago, which is how long Stripe lists
    ///   events.
    package func catchUpFrom(lastEvent: EventEntry?, now: Instant) -> Instant? {
        guard catchUpAfterSeconds > 0 else { return nil }
        let horizon = now.adding(seconds: -Backfill.eventLifetimeSeconds)
        guard let lastEvent else { return horizon }
        guard now.seconds(since: lastEvent.receivedAt) > catchUpAfterSeconds else { return nil }
        // Stripe may have retried the event for days: newer events may have arrived before it.
        let made = min(lastEvent.created ?? lastEvent.receivedAt, lastEvent.receivedAt)
        return max(horizon, made.adding(seconds: -Self.overlapSeconds))
    }

    var reconcilesByItself: Bool { reconcileEverySeconds > 0 }

    package func isReconciliationDue(last: Instant?, startedAt: Instant, now: Instant) -> Bool {
        guard reconcilesByItself else { return false }
        guard now.seconds(since: startedAt) >= Self.firstReconciliationSeconds else { return false }
        // A start in the future was written while the clock ran ahead.
        guard let last, last <= now else { return true }
        return now.seconds(since: last) >= reconcileEverySeconds
    }

    func reconciledPeriod(now: Instant) -> (from: Instant, through: Instant) {
        (
            now.adding(seconds: -reconciledDays * 86_400 - Self.settlingSeconds),
            now.adding(seconds: -Self.settlingSeconds)
        )
    }
}
