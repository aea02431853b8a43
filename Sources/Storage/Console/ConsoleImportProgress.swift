package import Billing
package import JSON

/// The progress of an import from Console's database: enough to continue after the process is killed at any point.
///
/// A pass reads all customers, and then the transactions that changed since the last pass.
package struct ConsoleImportProgress: Sendable, Equatable {
    package enum Stage: String, JSONEncodable, JSONDecodable, Sendable { case customers, payments, done }

    /// Whether the pass only counts what it would change.
    package let isDryRun: Bool
    /// Counted from 1.
    package var pass = 1
    package var stage = Stage.customers
    /// The last customer of the last page.
    package var lastCustomer: String?
    /// The last transaction of the last page.
    package var lastPayment: ConsolePlace?

    // The counts of this pass.
    package var customers = 0
    /// Customers whose users became known or changed.
    package var linked = 0
    /// Wallets that became known.
    package var wallets = 0
    /// Transactions that were read.
    package var payments = 0
    package var credits = 0
    package private(set) var problems = 0
    /// The first of what Console and this service say differently, or cannot be taken.
    package private(set) var firstProblems: [String] = []

    /// When the last completed pass began.
    package var begunAt: Instant?
    package var completedAt: Instant?
    /// The place from which the next pass reads transactions.
    package var completedThrough: ConsolePlace?

    package init(isDryRun: Bool) { self.isDryRun = isDryRun }

    private static let shownProblems = 20

    package mutating func add(problem: String) {
        problems += 1
        if firstProblems.count < Self.shownProblems { firstProblems.append(problem) }
    }

    /// The progress at the start of the next pass.
    ///
    /// - Parameter isFull: Whether to read all transactions again.
    /// - Returns: Progress that keeps only how far the last completed pass came.
    package func next(isFull: Bool) -> ConsoleImportProgress {
        var next = ConsoleImportProgress(isDryRun: isDryRun)
        next.pass = pass + 1
        next.completedAt = completedAt
        next.completedThrough = isFull ? nil : completedThrough
        next.lastPayment = next.completedThrough?.earlier
        return next
    }

    /// The seconds since the last completed pass; `nil` if there is none.
    package func lagSeconds(now: Instant) -> Int64? { completedAt.map { max(0, now.seconds(since: $0)) } }
}

extension ConsolePlace {
    /// Ten minutes before: a transaction that was open for longer than a pass commits rows with earlier times.
    fileprivate var earlier: ConsolePlace {
        ConsolePlace(
            changed: changed.subtractingClamped(600_000_000),
            id: "00000000-0000-0000-0000-000000000000"
        )
    }
}

extension ConsolePlace: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        changed = try json.decode("changed")
        id = try json.decode("id")
    }

    package func write(to json: inout JSONWriter) {
        json.member("changed", changed)
        json.member("id", id)
    }
}

extension ConsoleImportProgress: JSONObject, JSONDecodable {
    package init(_ json: JSONValue) throws(JSONFieldError) {
        isDryRun = try json.decode("isDryRun")
        pass = try json.decode("pass")
        stage = try json.decode("stage")
        lastCustomer = try json.decodeIfPresent("lastCustomer")
        lastPayment = try json.decodeIfPresent("lastPayment")
        customers = try json.decode("customers")
        linked = try json.decode("linked")
        wallets = try json.decode("wallets")
        payments = try json.decode("payments")
        credits = try json.decode("credits")
        problems = try json.decode("problems")
        firstProblems = try json.decode("firstProblems")
        begunAt = try json.decodeIfPresent("begunAt")
        completedAt = try json.decodeIfPresent("completedAt")
        completedThrough = try json.decodeIfPresent("completedThrough")
    }

    package func write(to json: inout JSONWriter) {
        json.member("begunAt", begunAt)
        json.member("completedAt", completedAt)
        json.member("completedThrough", completedThrough)
        json.member("credits", credits)
        json.member("customers", customers)
        json.member("firstProblems", firstProblems)
        json.member("isDryRun", isDryRun)
        json.member("lastCustomer", lastCustomer)
        json.member("lastPayment", lastPayment)
        json.member("linked", linked)
        json.member("pass", pass)
        json.member("payments", payments)
        json.member("problems", problems)
        json.member("stage", stage)
        json.member("wallets", wallets)
    }
}

extension Job {
    /// The progress of an import; `nil` for another kind of job, or JSON of a later version.
    package var importProgress: ConsoleImportProgress? {
        kind == .consoleImport ? Self.decode(progress) : nil
    }

    /// The id of the one import of each sort, which begins again and again.
    package static func importID(isDryRun: Bool) -> String {
        Kind.consoleImport.rawValue + (isDryRun ? "_dry_run" : "")
    }
}

extension JobStore {
    /// Makes the next pass of an import due; a pass that is under way goes on.
    ///
    /// - Parameters:
    ///   - isDryRun: Whether to count only.
    ///   - isFull: Whether to read all transactions again.
    ///   - now: The current time.
    /// - Returns: The job.
    /// - Throws: ``StoreError``.
    package func beginImport(isDryRun: Bool, isFull: Bool, now: Instant) async throws(StoreError) -> Job {
        let id = Job.importID(isDryRun: isDryRun)
        // Another process may begin or end a pass between the read and the write.
        for _ in 0..<8 {
            let latest = try await job(id: id)
            let reached = latest?.importProgress
            if let latest, reached != nil, latest.state.isUnderWay { return latest }
            var progress = reached ?? ConsoleImportProgress(isDryRun: isDryRun)
            // A failed pass continues where it stopped.
            if progress.stage == .done || isFull && reached != nil {
                progress = progress.next(isFull: isFull)
            }
            var job =
                latest?.left(.waiting, dueAt: now, now: now)
                ?? Job(id: id, kind: .consoleImport, dueAt: now, createdAt: now)
            job.keep(progress)
            if latest == nil {
                if try await add(job) { return job }
            } else if let begun = try await replace(job) {
                return begun
            }
        }
        throw StoreError(.busy, while: "beginning an import")
    }
}
