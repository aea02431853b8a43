import Billing
import Storage
import StripeAPI

/// Compares the rows of a period with Stripe's lists, and repairs differences by recording events.
///
/// The expected rows come from the same projection, run over the stored payment merged with what Stripe lists
/// now. So a failed first attempt, the remainder of a partial capture or a refund of last month's charge is
/// no difference.
struct Reconciliation {
    let session: RunSession

    /// The most rows that are checked with single requests because Stripe's lists lack them.
    static let maximumSingleChecks = 200
    /// The wait before differences are compared again: a webhook may be on its way.
    private static let secondLook = Duration.seconds(3)

    func perform() async throws(Interruption) {
        // The comparison only reads, so an interrupted run starts over.
        session.progress.lists = ListProgress.Collection.objects.map {
            ListProgress($0, from: session.request.from, through: session.request.through)
        }
        session.progress.problems = []
        session.progress.comparison = nil
        let state = ReconciliationState(session)
        var walk = ListCrawler(session, isKept: true) { page throws(Interruption) in
            try await state.take(page)
        }
        try await session.keep()
        try await walk.probe()
        let estimate = session.progress.estimatedRequests
        if let most = session.request.maxRequests, estimate > most {
            throw .needsWord(
                "It needs about \(estimate) requests to Stripe, which is more than \(most). Stripe lets an account "
                    + "read at least \(ReadAllocation.monthlyMinimum) times a month. Give --yes, or --max-requests N."
            )
        }
        try await walk.finish()

        var found = try await state.compare()
        if !found.drift.isEmpty {
            try await session.rest(Self.secondLook)
            found = try await state.compare()
        }
        var result = Comparison()
        result.rows = found.rows
        result.driftCount = found.drift.count
        result.drift = Array(found.drift.prefix(Comparison.maximumShown))
        if session.request.parameters.repairs, !found.drift.isEmpty {
            try await state.repair(found)
            let after = try await state.compare()
            result.repaired = max(0, found.drift.count - after.drift.count)
            result.drift = Array(
                (after.drift.isEmpty ? found.drift : after.drift).prefix(Comparison.maximumShown)
            )
        }
        result.unchecked = state.unchecked
        if state.unchecked > 0 {
            session.progress.note(
                "\(state.unchecked) rows that Stripe does not list were not asked for one by one: "
                    + "reconcile a shorter period"
            )
        }
        session.progress.comparison = result
    }
}
