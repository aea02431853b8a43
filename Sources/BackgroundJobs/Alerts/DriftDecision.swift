import Billing
import JSON
import Storage

/// The alert for a completed reconciliation, and the earlier runs whose drift is still open.
struct DriftDecision: Sendable, Equatable {
    let alert: Alert?
    let standing: [AlertState.Reconciliations.Standing]

    /// The most runs with open drift that are kept.
    private static let remembered = 20

    /// - Parameters:
    ///   - run: The completed reconciliation.
    ///   - standing: Earlier runs whose drift was reported and is still open.
    ///   - formatter: Builds the alert.
    ///   - now: The alert's timestamp.
    init(
        of run: Job,
        standing: [AlertState.Reconciliations.Standing],
        by formatter: AlertFormatter,
        now: Instant
    ) {
        guard let comparison = run.reached?.comparison, let request = run.asked else {
            (alert, self.standing) = (nil, standing)
            return
        }
        let own = AlertState.Reconciliations.Standing(
            runID: run.id,
            account: request.parameters.account,
            from: request.from,
            through: request.through ?? run.createdAt
        )
        // A run that compared at least the same period replaces the earlier result. A run of a shorter or
        // later period does not: a row it did not compare may still differ.
        let covered = standing.filter {
            $0.account == own.account && own.from <= $0.from && own.through >= $0.through
        }
        let left = standing.filter { !covered.contains($0) && $0.runID != run.id }
        if comparison.remaining > 0 {
            alert = formatter.drifted(own, comparison, now: now)
            self.standing = Array((left + [own]).suffix(Self.remembered))
        } else {
            alert = covered.isEmpty ? nil : formatter.cleared(own, comparison, covered, now: now)
            self.standing = left
        }
    }
}

extension AlertFormatter {
    fileprivate func drifted(
        _ run: AlertState.Reconciliations.Standing,
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
            facts(run, comparison)
        )
    }

    fileprivate func cleared(
        _ run: AlertState.Reconciliations.Standing,
        _ comparison: Comparison,
        _ covered: [AlertState.Reconciliations.Standing],
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
            facts(run, comparison, clears: covered.map(\.runID))
        )
    }

    private func facts(
        _ run: AlertState.Reconciliations.Standing,
        _ comparison: Comparison,
        clears: [String]? = nil
    ) -> JSONMembers {
        var facts = JSONMembers()
        facts.add("run", run.runID)
        facts.add("account", run.account)
        facts.add("since", run.from.rfc3339)
        facts.add("until", run.through.rfc3339)
        facts.add("rows", comparison.rows)
        facts.add("found", comparison.driftCount)
        facts.add("repaired", comparison.repaired)
        facts.add("remaining", comparison.remaining)
        facts.add("unchecked", comparison.unchecked)
        // The first differences, without the differing values.
        facts.add(
            "drift",
            comparison.drift.prefix(AlertFormatter.namedAtMost).map { drift in
                var row = JSONMembers()
                row.add("kind", drift.kind)
                row.add("id", drift.id)
                row.add("type", drift.type)
                row.add("field", drift.field)
                return row
            }
        )
        facts.add("clears", clears)
        return facts
    }
}
