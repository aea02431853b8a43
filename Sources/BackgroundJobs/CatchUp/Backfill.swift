import Billing
import Storage

/// Fetches missed data from Stripe: first undelivered events, then all events, then objects older than
/// Stripe's events.
struct Backfill {
    let session: RunSession

    /// How long Stripe lists events: 30 days.
    static let eventLifetimeSeconds: Int64 = 30 * 86_400
    /// One day less than the events' lifetime, so that no object falls between the list of events and the
    /// list of objects during the run.
    private static let objectAgeSeconds: Int64 = 29 * 86_400
    /// How far the lists overlap: clocks differ, and Stripe may list an event late.
    private static let overlapSeconds: Int64 = 300

    /// Continues the job from its stored progress to its end.
    func perform() async throws(Interruption) {
        let isResumed = !session.progress.lists.isEmpty
        if !isResumed {
            session.progress.lists = Self.lists(for: session.request, now: session.now)
            session.progress.probedAt = session.now
        }
        var walk = ListCrawler(session, isKept: true) { page throws(Interruption) in
            try await session.record(page)
        }
        try await session.keep()
        try await walk.probe()
        session.progress.lists = Self.withoutRedundant(session.progress.lists)
        try checkBudget()
        try await walk.finish()
        if isResumed { try await topUp(&walk) }
    }

    /// Lists the events that happened since the first pages were read.
    ///
    /// Needed only after an interruption: webhooks deliver new events while the service runs.
    private func topUp(_ walk: inout ListCrawler) async throws(Interruption) {
        guard session.request.through == nil, let probedAt = session.progress.probedAt else { return }
        let from = probedAt.adding(seconds: -Self.overlapSeconds)
        session.progress.lists += Self.eventLists(
            isUndelivered: session.request.parameters.isUndeliveredOnly,
            from: from,
            through: nil
        )
        try await walk.finish()
    }

    private func checkBudget() throws(Interruption) {
        let estimate = session.progress.estimatedRequests
        guard let most = session.request.maxRequests, estimate > most else { return }
        throw .needsWord(
            "It needs about \(estimate) requests to Stripe, which is more than \(most). Stripe lets an account read "
                + "at least \(ReadAllocation.monthlyMinimum) times a month. Give --yes, or --max-requests N."
        )
    }

    // MARK: Which lists

    /// The lists to read.
    ///
    /// - Parameters:
    ///   - request: The period and options.
    ///   - now: The current time, from which Stripe's 30 days count.
    /// - Returns: The lists, most urgent first.
    static func lists(for request: JobRequest, now: Instant) -> [ListProgress] {
        let eventsEnd = now.adding(seconds: -eventLifetimeSeconds)
        let objectsEnd = now.adding(seconds: -objectAgeSeconds)
        var lists: [ListProgress] = []
        if request.through.map({ $0 >= eventsEnd }) ?? true {
            let from = max(request.from, eventsEnd)
            lists += eventLists(isUndelivered: true, from: from, through: request.through)
            if !request.parameters.isUndeliveredOnly {
                lists += eventLists(isUndelivered: false, from: from, through: request.through)
            }
        }
        if request.from < objectsEnd, !request.parameters.isUndeliveredOnly {
            let through = min(request.through ?? objectsEnd, objectsEnd)
            // The metadata of a connected account's customers do not name our users.
            if request.parameters.account == nil {
                // All customers, not only those of the period: a customer who pays now may be years old, and
                // Stripe sends no event for some.
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

    /// Skips a list of undelivered events if it has at least half the pages of the list of all events: that
    /// list is read in any case and contains them.
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
