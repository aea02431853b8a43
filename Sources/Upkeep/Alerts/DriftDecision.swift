import Billing
import Storage

/// The alert for a completed reconciliation, and the earlier runs whose drift is still open.
struct DriftDecision: Sendable, Equatable {
    let alert: Alert?
    let standing: [AlertJournal.Reconciliations.Standing]

    /// The most runs with open drift that are kept.
    private static let remembered = 20

    /// - Parameters:
    ///   - run: The completed reconciliation.
    ///   - standing: Earlier runs whose drift was reported and is still open.
    ///   - author: Builds the alert.
    ///   - now: The alert's timestamp.
    init(
        of run: UpkeepRun,
        standing: [AlertJournal.Reconciliations.Standing],
        by author: AlertAuthor,
        now: Instant
    ) {
        guard let comparison = run.reached?.comparison, let request = run.asked else {
            (alert, self.standing) = (nil, standing)
            return
        }
        let own = AlertJournal.Reconciliations.Standing(
            runID: run.id,
            account: request.wish.account,
            from: request.from,
            through: request.through ?? run.begunAt
        )
        // A run that compared at least the same period replaces the earlier result. A run of a shorter or
        // later period does not: a row it did not compare may still differ.
        let covered = standing.filter {
            $0.account == own.account && own.from <= $0.from && own.through >= $0.through
        }
        let left = standing.filter { !covered.contains($0) && $0.runID != run.id }
        if comparison.remaining > 0 {
            alert = author.drifted(own, comparison, now: now)
            self.standing = Array((left + [own]).suffix(Self.remembered))
        } else {
            alert = covered.isEmpty ? nil : author.cleared(own, comparison, covered, now: now)
            self.standing = left
        }
    }
}

extension AlertAuthor {
    fileprivate func drifted(
        _ run: AlertJournal.Reconciliations.Standing,
        _ comparison: Comparison,
        now: Instant
    ) -> Alert {
        let isOne = comparison.remaining == 1
        return alert(
            .reconciliationDrifted,
            about: [run.runID],
            now: now,
            Words(
                summary: "\(comparison.remaining) \(isOne ? "difference" : "differences") between the "
                    + "transactions here and Stripe's.",
                nextStep:
                    "Run `console-billing reconcile --since \(run.from.rfc3339)` to see both sides, and the "
                    + "same with --fix to repair what can be repaired.",
                section: .drift
            ),
            DriftFacts(run, comparison)
        )
    }

    fileprivate func cleared(
        _ run: AlertJournal.Reconciliations.Standing,
        _ comparison: Comparison,
        _ covered: [AlertJournal.Reconciliations.Standing],
        now: Instant
    ) -> Alert {
        alert(
            .reconciliationCleared,
            about: [run.runID] + covered.map(\.runID),
            now: now,
            Words(
                summary: "The transactions here and Stripe's agree again.",
                nextStep: "No action is needed.",
                section: .drift
            ),
            DriftFacts(run, comparison, clears: covered.map(\.runID))
        )
    }
}

private struct DriftFacts: Encodable {
    struct Row: Encodable {
        let kind: String
        let id: String
        let type: String
        let field: String?
    }

    let run: String
    let account: String?
    let since: String
    let until: String
    let rows: Int
    let found: Int
    let mended: Int
    let remaining: Int
    let unchecked: Int
    /// The first differences, without the differing values.
    let drift: [Row]
    let clears: [String]?

    init(
        _ run: AlertJournal.Reconciliations.Standing,
        _ comparison: Comparison,
        clears: [String]? = nil
    ) {
        self.run = run.runID
        account = run.account
        since = run.from.rfc3339
        until = run.through.rfc3339
        rows = comparison.rows
        found = comparison.driftCount
        mended = comparison.mended
        remaining = comparison.remaining
        unchecked = comparison.unchecked
        drift = comparison.drift.prefix(AlertAuthor.namedAtMost).map {
            Row(kind: $0.kind.rawValue, id: $0.id, type: $0.type, field: $0.field)
        }
        self.clears = clears
    }
}
