import Billing
import Storage

/// What was listed enters by the one way there is.
extension Sitting {
    /// Records what a page shows, all of it durable when this returns.
    func record(_ page: ListedPage) async throws(Interruption) {
        guard let kind = page.kind else { return try await record(events: page) }
        let snapshots = page.objects.map {
            ListedSnapshot(kind, $0, shownAt: page.shownAt, apiVersion: context.apiVersion)
        }
        try await record(snapshots)
    }

    /// Records those that say something the log does not say.
    func record(_ snapshots: [ListedSnapshot]) async throws(Interruption) {
        let known = try await known(about: snapshots.map(\.reference))
        let context = context
        var deliveries: [DeliveredEvent] = []
        for snapshot in snapshots {
            guard snapshot.isNews(to: known) else {
                progress.unchanged += 1
                continue
            }
            if let delivery = snapshot.delivery(in: context, known: known) {
                deliveries.append(delivery)
            } else {
                progress.note("\(snapshot.reference.kind.rawValue) \(snapshot.reference.id) cannot be read")
            }
        }
        count(try await record(deliveries))
    }

    private func record(events page: ListedPage) async throws(Interruption) {
        var deliveries: [DeliveredEvent] = []
        for listed in page.objects {
            if let delivery = delivery(ofEvent: listed) {
                deliveries.append(delivery)
            } else {
                progress.note("the event \(listed.id) cannot be read")
            }
        }
        var outcomes = try await record(deliveries)
        for (index, delivery) in deliveries.enumerated() where outcomes[index] == .recorded {
            // An endpoint was told it, in another version than Stripe lists: it was not missed.
            if try await isToldInAnother(delivery.event.key) { outcomes[index] = .duplicate }
        }
        count(outcomes)
    }

    private func isToldInAnother(_ key: EventKey) async throws(Interruption) -> Bool {
        do {
            return try await store.renderings(of: key.id).contains { $0.entry.key != key }
        } catch {
            throw .store(error)
        }
    }

    /// The event in the bytes that Stripe listed.
    ///
    /// Of a connected account it is listed on behalf of, Stripe need not repeat which that is; a webhook says it, and
    /// so must the log.
    private func delivery(ofEvent listed: ListedObject) -> DeliveredEvent? {
        guard let event = try? EventCoding.decode(listed.bytes) else { return nil }
        guard let account, event.account == nil, let quoted = FetchedObject.quoted(account),
            let brace = listed.bytes.firstIndex(of: UInt8(ascii: "{"))
        else {
            return DeliveredEvent(event: event, payload: listed.bytes, receivedAt: now, source: .api)
        }
        // The first of two members of a name is the one that is read, so that a null further on is no matter.
        let payload =
            Array(listed.bytes[...brace]) + Array(#""account":\#(quoted),"#.utf8)
            + listed.bytes[(brace + 1)...]
        return (try? EventCoding.decode(payload)).map {
            DeliveredEvent(event: $0, payload: payload, receivedAt: now, source: .api)
        }
    }

    private func count(_ outcomes: [RecordOutcome]) {
        for outcome in outcomes {
            switch outcome {
            case .recorded: progress.recorded += 1
            case .duplicate: progress.duplicates += 1
            case .quarantined: progress.quarantined += 1
            }
        }
    }

    /// Records events side by side, so that they share a sync.
    ///
    /// - Returns: What became of each.
    func record(_ deliveries: [DeliveredEvent]) async throws(Interruption) -> [RecordOutcome] {
        var outcomes = [RecordOutcome?](repeating: nil, count: deliveries.count)
        var rest = Array(deliveries.indices)
        // When deliveries crowd the store, those that Stripe waits for go first.
        for attempt in 1...8 where !rest.isEmpty {
            if attempt > 1 { try await self.rest(.milliseconds(250)) }
            let results = await Self.results(of: rest.map { deliveries[$0] }, in: store)
            for (index, result) in zip(rest, results) {
                switch result {
                case .success(let outcome): outcomes[index] = outcome
                case .failure(let error) where error.code == .busy && attempt < 8: continue
                case .failure(let error): throw .store(error)
                }
            }
            rest = rest.filter { outcomes[$0] == nil }
        }
        return outcomes.compactMap(\.self)
    }

    private static func results(
        of deliveries: [DeliveredEvent],
        in store: any Store
    ) async -> [Result<RecordOutcome, StoreError>] {
        await withTaskGroup(of: (Int, Result<RecordOutcome, StoreError>).self) { group in
            for (index, delivery) in deliveries.enumerated() {
                group.addTask {
                    do throws(StoreError) {
                        return (index, .success(try await store.record(delivery)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var results = [Result<RecordOutcome, StoreError>?](repeating: nil, count: deliveries.count)
            for await (index, result) in group { results[index] = result }
            return results.compactMap(\.self)
        }
    }

    /// All that is known of the payments of some objects.
    func known(
        about references: [ObjectReference]
    ) async throws(Interruption) -> KnownObjectsOfList {
        do {
            let payments = try await store.payments(of: references, account: account)
            let records = Dictionary(payments.joined().map { ($0.reference, $0) }) { $0.merging($1) }
            let ids = Set(records.keys.map(\.id))
            return KnownObjectsOfList(
                records: records,
                erased: try await store.marked(among: ids, account: account)
            )
        } catch {
            throw .store(error)
        }
    }
}
