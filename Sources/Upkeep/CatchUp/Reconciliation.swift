import Billing
import Storage
import StripeAPI

/// Compares the rows of a period with Stripe's lists, and repairs differences by recording events.
///
/// The expected rows come from the same projection, run over the stored payment merged with what Stripe lists
/// now. So a failed first attempt, the remainder of a partial capture or a refund of last month's charge is
/// no difference.
struct Reconciliation {
    let sitting: Sitting

    /// The most rows that are checked with single requests because Stripe's lists lack them.
    static let maximumSingleChecks = 200
    /// The wait before differences are compared again: a webhook may be on its way.
    private static let secondLook = Duration.seconds(3)

    func perform() async throws(Interruption) {
        // The comparison only reads, so an interrupted run starts over.
        sitting.progress.lists = ListProgress.Collection.objects.map {
            ListProgress($0, from: sitting.request.from, through: sitting.request.through)
        }
        sitting.progress.problems = []
        sitting.progress.comparison = nil
        let findings = Findings(sitting)
        var walk = ListWalk(sitting, isKept: true) { page throws(Interruption) in
            try await findings.take(page)
        }
        try await sitting.keep()
        try await walk.probe()
        let estimate = sitting.progress.estimatedRequests
        if let most = sitting.request.maxRequests, estimate > most {
            throw .needsWord(
                "It needs about \(estimate) requests to Stripe, which is more than \(most). Stripe lets an account "
                    + "read at least \(ReadAllocation.monthlyMinimum) times a month. Give --yes, or --max-requests N."
            )
        }
        try await walk.finish()

        var found = try await findings.compare()
        if !found.drift.isEmpty {
            try await sitting.rest(Self.secondLook)
            found = try await findings.compare()
        }
        var result = Comparison()
        result.rows = found.rows
        result.driftCount = found.drift.count
        result.drift = Array(found.drift.prefix(Comparison.maximumShown))
        if sitting.request.wish.mends, !found.drift.isEmpty {
            try await findings.mend(found)
            let after = try await findings.compare()
            result.mended = max(0, found.drift.count - after.drift.count)
            result.drift = Array(
                (after.drift.isEmpty ? found.drift : after.drift).prefix(Comparison.maximumShown)
            )
        }
        result.unchecked = findings.unchecked
        if findings.unchecked > 0 {
            sitting.progress.note(
                "\(findings.unchecked) rows that Stripe does not list were not asked for one by one: "
                    + "reconcile a shorter period"
            )
        }
        sitting.progress.comparison = result
    }
}
