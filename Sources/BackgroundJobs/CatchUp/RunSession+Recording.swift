import Billing
import JSON
import Storage

/// Recording of listed events and objects, through the same log as webhooks.
extension RunSession {
    /// Records a page's events or objects; all are durable when this returns.
    func record(_ page: ListedPage) async throws(Interruption) {
        guard let kind = page.kind else { return try await record(events: page) }
        let snapshots = page.objects.map {
            ListedSnapshot(kind, $0, observedAt: page.observedAt, apiVersion: context.apiVersion)
        }
        try await record(snapshots)
    }

    /// Records the objects that hold something the log lacks.
    func record(_ snapshots: [ListedSnapshot]) async throws(Interruption) {
        let known = try await known(about: snapshots.map(\.reference))
        let context = context
        var deliveries: [IncomingEvent] = []
        for snapshot in snapshots {
            guard snapshot.addsInformation(to: known) else {
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
        var deliveries: [IncomingEvent] = []
        for listed in page.objects {
            if let delivery = delivery(ofEvent: listed) {
                deliveries.append(delivery)
            } else {
                progress.note("the event \(listed.id) cannot be read")
            }
        }
        var outcomes = try await record(deliveries)
        for (index, delivery) in deliveries.enumerated() where outcomes[index] == .recorded {
            // A webhook delivered this event in another API version, so it was not missed.
            if try await isRecordedInAnotherVersion(delivery.event.key) { outcomes[index] = .duplicate }
        }
        count(outcomes)
    }

    private func isRecordedInAnotherVersion(_ key: EventKey) async throws(Interruption) -> Bool {
        do {
            return try await store.renderings(of: key.id).contains { $0.entry.key != key }
        } catch {
            throw .store(error)
        }
    }

    /// Makes a delivery from a listed event; `nil` if it cannot be read.
    ///
    /// A list requested on behalf of a connected account may omit the `account` field. Webhooks include it,
    /// so the field is added here.
    private func delivery(ofEvent listed: ListedObject) -> IncomingEvent? {
        let asListed = try? IncomingEvent(parsing: listed.bytes, receivedAt: now, source: .api)
        guard let account, let asListed, asListed.event.account == nil,
            let brace = listed.bytes.firstIndex(of: UInt8(ascii: "{"))
        else { return asListed }
        // If a name occurs twice in the JSON, the first is read: a later `"account": null` does no harm.
        let payload =
            Array(listed.bytes[...brace]) + Array(#""account":\#(JSONWriter.text(of: account)),"#.utf8)
            + listed.bytes[(brace + 1)...]
        return try? IncomingEvent(parsing: payload, receivedAt: now, source: .api)
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

    /// Records events concurrently, so that they share one commit to disk.
    ///
    /// - Returns: The outcome of each, in the same order.
    func record(_ deliveries: [IncomingEvent]) async throws(Interruption) -> [RecordOutcome] {
        var outcomes = [RecordOutcome?](repeating: nil, count: deliveries.count)
        var rest = Array(deliveries.indices)
        // When the store is busy, webhook deliveries go first and the rest is retried.
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
        of deliveries: [IncomingEvent],
        in store: any Store
    ) async -> [Result<RecordOutcome, StoreError>] {
        await withTaskGroup(of: (Int, Result<RecordOutcome, StoreError>).self) { group in
            for (index, delivery) in deliveries.enumerated() {
                group.addTask {
                    let result: Result<RecordOutcome, StoreError>
                    do throws(StoreError) {
                        result = .success(try await store.record(delivery))
                    } catch {
                        result = .failure(error)
                    }
                    // No `await` within the tuple: the optimizer then overwrites the parts known before it
                    // (https://github.com/swiftlang/swift/pull/91911).
                    return (index, result)
                }
            }
            var results = [Result<RecordOutcome, StoreError>?](repeating: nil, count: deliveries.count)
            for await (index, result) in group { results[index] = result }
            return results.compactMap(\.self)
        }
    }

    /// The stored state of the payments that contain the objects.
    func known(
        about references: [ObjectReference]
    ) async throws(Interruption) -> SnapshotsOfList {
        do {
            let payments = try await store.payments(of: references, account: account)
            let records = Dictionary(payments.joined().map { ($0.reference, $0) }) { $0.merging($1) }
            let ids = Set(records.keys.map(\.id))
            return SnapshotsOfList(
                records: records,
                erased: try await store.marked(among: ids, account: account)
            )
        } catch {
            throw .store(error)
        }
    }
}
