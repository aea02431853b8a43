import Billing
import Storage

/// Gets what was missed from Stripe: the events that nobody took, then every event, then what events no longer tell.
struct Backfill {
    let sitting: Sitting

    /// How long Stripe keeps events.
    static let eventLifetimeSeconds: Int64 = 30 * 86_400
    /// A day less, so that nothing is forgotten between looking at the events and looking at the objects.
    private static let objectAgeSeconds: Int64 = 29 * 86_400
    /// Clocks differ, and what has just happened may not be listed yet.
    private static let overlapSeconds: Int64 = 300

    /// Does the run from where it is to its end.
    func perform() async throws(Interruption) {
        if sitting.progress.lists.isEmpty {
            sitting.progress.lists = Self.lists(for: sitting.request, now: sitting.now)
            sitting.progress.probedAt = sitting.now
        }
        var walk = ListWalk(sitting, isKept: true) { page throws(Interruption) in
            try await sitting.record(page)
        }
        try await sitting.keep()
        try await walk.probe()
        sitting.progress.lists = Self.withoutRedundant(sitting.progress.lists)
        try checkBudget()
        try await walk.finish()
        try await topUp(&walk)
    }

    /// What has happened since the first pages were looked at.
    ///
    /// Only after a run was taken up again: while one goes on, webhooks come.
    private func topUp(_ walk: inout ListWalk) async throws(Interruption) {
        guard sitting.progress.sittings > 1, sitting.request.through == nil,
            let probedAt = sitting.progress.probedAt
        else { return }
        let from = probedAt.adding(seconds: -Self.overlapSeconds)
        sitting.progress.lists += Self.eventLists(
            isUndelivered: sitting.request.wish.isUndeliveredOnly,
            from: from,
            through: nil
        )
        try await walk.finish()
    }

    private func checkBudget() throws(Interruption) {
        let estimate = sitting.progress.estimatedRequests
        guard let most = sitting.request.maxRequests, estimate > most else { return }
        throw .needsWord(
            "It needs about \(estimate) requests to Stripe, which is more than \(most). Stripe lets an account read "
                + "at least \(ReadAllocation.monthlyMinimum) times a month. Give --yes, or --max-requests N."
        )
    }

    // MARK: Which lists

    /// The lists to walk down.
    ///
    /// - Parameters:
    ///   - request: What is asked.
    ///   - now: The present.
    /// - Returns: In the order of their urgency.
    static func lists(for request: UpkeepRequest, now: Instant) -> [ListProgress] {
        let eventsEnd = now.adding(seconds: -eventLifetimeSeconds)
        let objectsEnd = now.adding(seconds: -objectAgeSeconds)
        var lists: [ListProgress] = []
        if request.through.map({ $0 >= eventsEnd }) ?? true {
            let from = max(request.from, eventsEnd)
            lists += eventLists(isUndelivered: true, from: from, through: request.through)
            if !request.wish.isUndeliveredOnly {
                lists += eventLists(isUndelivered: false, from: from, through: request.through)
            }
        }
        if request.from < objectsEnd, !request.wish.isUndeliveredOnly {
            let through = min(request.through ?? objectsEnd, objectsEnd)
            // Whose a connected account's customers are, their metadata do not say.
            if request.wish.account == nil {
                // All of them: those who pay now may have been customers long before, and of some Stripe sends no event.
                lists.append(ListProgress(.customers, from: Instant(unixSeconds: 0), through: nil))
            }
            lists += ListProgress.Collection.objects.map {
                ListProgress($0, from: request.from, through: through)
            }
        }
        return lists
    }

    private static func eventLists(
        isUndelivered: Bool,
        from: Instant,
        through: Instant?
    ) -> [ListProgress] {
        EventFamily.groupedTypes.map {
            ListProgress(.events, types: $0, isUndelivered: isUndelivered, from: from, through: through)
        }
    }

    /// Without the lists of undelivered events where those are most of all there are: the list of all holds them too,
    /// and is to be walked down in any case.
    static func withoutRedundant(_ lists: [ListProgress]) -> [ListProgress] {
        lists.map { list in
            guard list.isUndelivered, list.state == .walking,
                let all = lists.first(where: { other in
                    other.collection == .events && !other.isUndelivered && other.types == list.types
                }),
                [.waiting, .walking].contains(all.state), list.pagesLeft * 2 >= all.pagesLeft
            else { return list }
            var skipped = list
            skipped.state = .skipped
            return skipped
        }
    }
}
