import Billing
import Storage

/// Finds payments at risk in the event log.
struct RiskWatch: Sendable {
    let store: any Store
    let formatter: AlertFormatter
    let now: @Sendable () -> Instant

    private static let page = 500
    /// The most pages read at one look; on the first look they are the newest of the log.
    private static let pagesAtMost = 100
    /// The most such alerts that may wait to be sent; the log keeps the others.
    private static let waitingAtMost = 100
    /// The most events read of one object, newest first.
    ///
    /// None is expected to have more.
    private static let eventsOfAnObject = 100
    private static let kinds: Set<ObjectKind> = [.dispute, .earlyFraudWarning, .review]

    /// An object and its events since the last look.
    private struct News {
        let reference: ObjectReference
        let account: String?
        var events: Set<EventKey> = []
    }

    /// The state of an object according to some of its events.
    private struct Known {
        let account: String?
        var record: ObjectRecord?
        var inquiryAnswers: Int64 = 0

        init(account: String?) { self.account = account }

        mutating func add(_ shown: ObjectRecord) {
            record = record?.merging(shown) ?? shown
            if case .dispute(let dispute) = shown.snapshot?.object, dispute.isInquiry {
                inquiryAnswers = max(inquiryAnswers, dispute.submissions ?? 0)
            }
        }

        func risk(at time: Instant) -> PaymentRisk? {
            record?.snapshot.flatMap {
                PaymentRisk($0, account: account, inquiryAnswers: inquiryAnswers, at: time)
            }
        }
    }

    func find(_ look: inout AlertLook) async throws(StoreError) {
        guard look.pending(.disputes, .fraudWarnings, .reviews) < Self.waitingAtMost else { return }
        let (news, through) = try await news(since: look.state.risksReadThrough)
        for object in news { try await evaluate(object, &look) }
        look.state.risksReadThrough = through
    }

    // MARK: New events

    private func news(since seen: String?) async throws(StoreError) -> (news: [News], through: String?) {
        var (news, through): ([News], String?) = ([], seen)
        var query = EventQuery(limit: Self.page, endingBefore: seen)
        for _ in 0..<Self.pagesAtMost {
            guard let page = try await store.entries(query) else {
                // The log was replaced (another database, or a restored one) and lacks that entry: start
                // over.
                return try await self.news(since: nil)
            }
            // Each page is newest first.
            for entry in page.elements.reversed() { Self.add(entry, to: &news) }
            if seen == nil {
                through = through ?? page.elements.first?.key.text
                query.startingAfter = page.elements.last?.key.text
            } else {
                through = page.elements.first?.key.text ?? through
                query.endingBefore = through
                if news.count >= Self.waitingAtMost { break }
            }
            if !page.hasMore { break }
        }
        return (news, through)
    }

    private static func add(_ entry: EventEntry, to news: inout [News]) {
        guard entry.disposition == .projected, let id = entry.objectID,
            let kind = EventFamily.objectKind(of: entry.type), kinds.contains(kind)
        else { return }
        let reference = ObjectReference(kind, id)
        let known = news.firstIndex { $0.reference == reference && $0.account == entry.account }
        if known == nil { news.append(News(reference: reference, account: entry.account)) }
        news[known ?? news.count - 1].events.insert(entry.key)
    }

    // MARK: Changes of an object

    private func evaluate(_ news: News, _ look: inout AlertLook) async throws(StoreError) {
        var before: PaymentRisk?
        var known = Known(account: news.account)
        for logged in try await events(of: news) {
            let shown = logged.event?.records(receivedAt: logged.entry.receivedAt)
                .first { $0.reference == news.reference }
            guard let shown else { continue }
            known.add(shown)
            if !news.events.contains(logged.entry.key) { before = known.risk(at: logged.entry.receivedAt) }
        }
        guard let object = known.record?.snapshot?.object else { return }
        let decision = RiskDecision(before: before, after: known.risk(at: now()))
        if var superseded = decision.superseded {
            let isWithdrawn = look.withdraw(formatter.alertID(superseded))
            if !isWithdrawn, decision.begun == nil {
                try await complete(&superseded)
                look.append(formatter.resolvedRiskAlert(superseded, object, now: now()))
            }
        }
        if var begun = decision.begun {
            try await complete(&begun)
            look.append(formatter.riskAlert(begun, now: now()))
        }
    }

    private func complete(_ risk: inout PaymentRisk) async throws(StoreError) {
        let payments = try await store.payments(of: [risk.reference], account: risk.account)
        risk.complete(from: payments.flatMap(\.self))
    }

    /// The object's events in the log, oldest first, up to the newest of the news.
    private func events(of news: News) async throws(StoreError) -> [StoredEvent] {
        let query = EventQuery(objectID: news.reference.id, limit: Self.eventsOfAnObject)
        let entries = (try await store.entries(query)?.elements ?? [])
            .drop(while: { !news.events.contains($0.key) })
            .filter { $0.account == news.account && $0.disposition == .projected }
        var events: [StoredEvent] = []
        for entry in entries.reversed() {
            let renderings = try await store.renderings(of: entry.id)
            events += renderings.filter { $0.entry.key == entry.key }
        }
        return events
    }
}
