package import Billing
package import Storage
package import StripeAPI

/// The work of a ``JobRunner`` on the jobs of one kind, or of some kinds that must not run at the same time.
package protocol JobWorker: Sendable {
    /// The kinds, the most urgent first.
    var kinds: [Job.Kind] { get }

    /// For how many seconds no other runner may take a job, unless the lease is renewed.
    var leaseSeconds: Int64 { get }

    /// The longest that a job waits or is held, in seconds: a later time was stored while the clock was ahead.
    var longestWait: Int64 { get }

    /// The most jobs that are taken at once, and then worked on one after the other.
    var batchSize: Int { get }

    /// The time between two looks for due jobs.
    var pause: Duration { get }

    /// Adds the jobs that a start of the service requires; called until it succeeds.
    func start() async throws(StoreError)

    /// Adds the jobs that begin by themselves; called when no job is due.
    ///
    /// - Parameter startedAt: When the runner started.
    /// - Throws: ``StoreError``.
    func plan(startedAt: Instant) async throws(StoreError)

    /// Works on a job until it ends, or until it must be left.
    ///
    /// - Parameter execution: Holds the job.
    /// - Returns: How the job ended.
    /// - Throws: ``Interruption``: the runner reports a failure of the store, gives the job back when the
    ///   process stops, and writes nothing when another runner holds the job.
    func perform(_ execution: JobExecution) async throws(Interruption) -> JobOutcome
}

extension JobWorker {
    package var batchSize: Int { 1 }
    package var pause: Duration { .seconds(1) }

    package func start() async throws(StoreError) {}
    package func plan(startedAt: Instant) async throws(StoreError) {}
}

/// How the work on a job ended.
package enum JobOutcome: Sendable, Equatable {
    /// Done; the job is due again at that time, or never.
    case completed(againAt: Instant? = nil)
    /// Done; the job is deleted.
    case removed
    /// Not done yet; the job is due again.
    case retry(at: Instant, reason: String)
    /// An operator must confirm; the reason says what.
    case paused(reason: String)
    /// The job is due again at that time, or never.
    case failed(reason: String, againAt: Instant? = nil)
    /// The process is stopping: the job is due at once, and the attempt does not count.
    case stopped
}

/// Why the work on a job stops before its end.
package enum Interruption: Error {
    /// The process is stopping.
    case stopped
    /// Another runner holds the job, or an operator cancelled it.
    case leaseLost
    case store(StoreError)
    /// An operator must confirm; the text says what.
    case needsWord(String)
    case keyRefused(StripeAPIError)
    case stripeUnavailable(StripeAPIError)
    case source(UsageSourceError)
    case calendar(CalendarFault)
    /// Another version of console-billing wrote the job.
    case unreadable
}
