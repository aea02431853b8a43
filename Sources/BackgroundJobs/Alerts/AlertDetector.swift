import Billing
import FoundationEssentials
import JSON
import Storage
import StripeAPI

/// Finds reasons for alerts: in the event log and, when no webhook arrives, in Stripe's list of events.
struct AlertDetector: Sendable {
    let store: any Store
    /// `nil` without a key.
    ///
    /// Missed webhooks cannot be detected then.
    let stripe: StripeClient?
    /// How long without a webhook before Stripe is asked; 0 turns the check off.
    let silenceAfterSeconds: Int64
    /// In dollars; zero for never.
    let balanceDrift: ExactAmount
    let formatter: AlertFormatter
    let now: @Sendable () -> Instant

    /// How many entries one page of the log and one page of Stripe's list hold.
    private static let page = 100
    private static let listed = 20
    /// The most pages of quarantined events that are counted for one alert.
    private static let pagesAtMost = 100
    private static let driftsAtMost = 10

    /// Adds the alerts that are due now.
    func find(_ look: inout AlertLook) async throws(StoreError) {
        try await findQuarantined(&look)
        try await findDrift(&look)
        try await BalanceWatch(store: store, threshold: balanceDrift, formatter: formatter, now: now).find(
            &look
        )
        try await RiskWatch(store: store, formatter: formatter, now: now).find(&look)
    }

    // MARK: Quarantine

    private func findQuarantined(_ look: inout AlertLook) async throws(StoreError) {
        guard QuarantineDecision.mayLook(look, now: now()) else { return }
        let found = try await quarantined(since: look.state.quarantine.lastSentEvent)
        // All entries found repeat events that an earlier alert reported in another API version.
        if found.count == 0, let newest = found.newest { look.state.quarantine.lastSentEvent = newest }
        let decision = QuarantineDecision(look.state.quarantine, found, by: formatter, now: now())
        guard case .tell(let alert, let watch) = decision else { return }
        look.state.quarantine = watch
        look.append(alert)
    }

    /// The quarantined events recorded after the entry `told`; all of them if it is `nil`.
    private func quarantined(since told: String?) async throws(StoreError) -> QuarantineFinding {
        var entries: [EventEntry] = []
        var query = EventQuery(disposition: .quarantined, limit: Self.page, endingBefore: told)
        for _ in 0..<Self.pagesAtMost {
            guard let page = try await store.entries(query) else {
                // The log was replaced (another database, or a restored one) and lacks that entry: start
                // over.
                return try await quarantined(since: nil)
            }
            // Each page is newest first.
            entries = told == nil ? page.elements.reversed() + entries : entries + page.elements.reversed()
            guard page.hasMore else { return try await finding(entries, since: told, isMore: false) }
            if told == nil {
                query.startingAfter = page.elements.last?.key.text
            } else {
                query.endingBefore = page.elements.first?.key.text
            }
        }
        // With a cursor, the pages left hold newer events, which the next alert reports. Without one they
        // hold older events, which no alert lists.
        return try await finding(entries, since: told, isMore: told == nil)
    }

    /// Lists each event once, and skips events of which an earlier API version was already reported.
    private func finding(
        _ entries: [EventEntry],
        since told: String?,
        isMore: Bool
    ) async throws(StoreError) -> QuarantineFinding {
        var seen: Set<String> = []
        var events: [EventEntry] = []
        for entry in entries where seen.insert(entry.id).inserted {
            if told != nil {
                let first = try await store.renderings(of: entry.id)
                    .first { $0.entry.disposition == .quarantined }
                guard first?.entry.key == entry.key else { continue }
            }
            events.append(entry)
        }
        return QuarantineFinding(events, newest: entries.last, isMore: isMore)
    }

    // MARK: Drift

    private func findDrift(_ look: inout AlertLook) async throws(StoreError) {
        // Enough alerts are waiting already; the log keeps the other runs for a later look.
        guard look.pending(.reconciliation) < Self.driftsAtMost,
            let latest = try await store.latestJob(.reconciliation)
        else { return }
        // The log has no index by type, so it is read only when the latest run or its state changed.
        let news = "\(latest.id) \(latest.state.rawValue)"
        guard news != look.state.reconciliations.seen else { return }
        for id in try await completedRuns(&look.state.reconciliations, latest: latest) {
            guard let run = try await store.job(id: id) else { continue }
            let decision = DriftDecision(
                of: run,
                standing: look.state.reconciliations.standing,
                by: formatter,
                now: now()
            )
            look.state.reconciliations.standing = decision.standing
            if let alert = decision.alert { look.append(alert) }
        }
        look.state.reconciliations.seen = news
    }

    /// The runs completed since the last look, oldest first.
    ///
    /// The log holds one event for each.
    private func completedRuns(
        _ watch: inout AlertState.Reconciliations,
        latest: Job
    ) async throws(StoreError) -> [String] {
        var ids: [String] = []
        while let begin = watch.readThrough {
            let page = try await store.entries(
                EventQuery(type: OwnEvent.completionType, limit: Self.page, endingBefore: begin)
            )
            guard let page, let newest = page.elements.first?.id else { break }
            ids += page.elements.reversed().compactMap { OwnEvent.runID(ofCompletion: $0.id) }
            watch.readThrough = newest
            if !page.hasMore { break }
        }
        guard latest.state == .completed else { return ids }
        let told = OwnEvent.completionID(ofRun: latest.id)
        if watch.readThrough != told {
            watch.readThrough = told
            ids.append(latest.id)
        }
        return ids
    }

    // MARK: Silence

    /// Asks Stripe whether it lists events that did not arrive; takes as long as Stripe's answers.
    ///
    /// - Returns: The error if Stripe could not be asked.
    func listen(_ look: inout AlertLook) async throws(StoreError) -> StripeAPIError? {
        let wait = look.state.silence.lookAgainAt.seconds(since: now())
        guard silenceAfterSeconds > 0, let stripe, wait <= 0 || wait > silenceAfterSeconds else { return nil }
        let last = try await store.entries(EventQuery(source: .webhook, limit: 1))?.elements.first
        let decision = SilenceDecision(
            look.state.silence,
            last: last,
            after: silenceAfterSeconds,
            by: formatter,
            now: now()
        )
        switch decision {
        case .wait(let until): look.state.silence.lookAgainAt = until
        case .resumed(let alert):
            look.state.silence.incident = nil
            look.state.silence.lookAgainAt = now()
            look.append(alert)
        case .ask(let since, let through):
            let lists: [StripePage]
            do throws(StripeAPIError) {
                lists = try await listed(stripe, since: since, through: through)
            } catch {
                let seconds = AlertState.Silence.retrySeconds(after: silenceAfterSeconds)
                look.state.silence.lookAgainAt = now().adding(seconds: seconds)
                return error
            }
            let alert = look.state.silence.update(
                try await missedEvents(of: lists),
                last: last,
                after: silenceAfterSeconds,
                by: formatter,
                now: now()
            )
            if let alert { look.append(alert) }
        }
        return nil
    }

    /// The newest events that Stripe lists in the period, of the types that our endpoint is registered for.
    private func listed(
        _ stripe: StripeClient,
        since: Instant,
        through: Instant
    ) async throws(StripeAPIError) -> [StripePage] {
        let lists = StripeListing.events(
            ofTypes: EventFamily.projectedTypes,
            created: CreatedRange(from: since.unixSeconds, through: through.unixSeconds)
        )
        var pages: [StripePage] = []
        for list in lists { pages.append(try await stripe.page(of: list, StripePaging(limit: Self.listed))) }
        return pages
    }

    private func missedEvents(of pages: [StripePage]) async throws(StoreError) -> MissedEvents {
        var missedEvents = MissedEvents()
        for page in pages {
            var isAllNew = !page.ids.isEmpty
            for (id, bytes) in zip(page.ids, page.objects) {
                guard try await store.entry(id: id) == nil else {
                    isAllNew = false
                    continue
                }
                let event = try? JSONValue.read(bytes) {
                    MissedEvents.Event(
                        id: id,
                        type: $0.string("type") ?? "",
                        created: $0.integer("created").map(Instant.init(unixSeconds:))
                    )
                }
                if let event { missedEvents.add(event) }
            }
            if isAllNew, page.hasMore { missedEvents.isMore = true }
        }
        return missedEvents
    }
}
