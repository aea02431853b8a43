import Billing
import HTTPClient
import Logging
import Storage

/// Which events are passed on, and one attempt to do so.
extension ForwardWorker {
    /// - Returns: The receiver's answer; `nil` for an event that is not passed on.
    func answer(
        to event: StoredEvent?,
        of target: ForwardTarget
    ) async throws(Interruption) -> ForwardAnswer? {
        guard let event, isStripesOwn(event) else { return nil }
        let first = try await asked { () async throws(StoreError) in
            try await store.renderings(of: event.entry.id).first
        }
        // Another endpoint of ours got it in another API version: Stripe would send one of them.
        guard first?.sequence == event.sequence else { return nil }
        guard let body = event.payload else {
            logger.error(
                "event not passed on: its body is gone",
                metadata: ["receiver": "\(target.jobID)", "event": "\(event.entry.id)"]
            )
            return .bodyGone
        }
        let now = runtime.now()
        do throws(TransportError) {
            let response = try await transport.send(target.request(body, now: now))
            return ForwardAnswer(.success(response), now: now.unixSeconds)
        } catch {
            return ForwardAnswer(.failure(error), now: now.unixSeconds)
        }
    }

    /// Whether the receiver's own endpoint at Stripe would get the event.
    private func isStripesOwn(_ event: StoredEvent) -> Bool {
        let entry = event.entry
        if OwnEvent.isOwn(entry) || livemode.map({ $0 != entry.livemode }) ?? false { return false }
        // A connected account decides what stands in its events, and the receiver would take them for ours.
        if entry.account != nil { return false }
        // An endpoint gets either snapshots or thin events: <https://docs.stripe.com/event-destinations>.
        if case .thin? = event.event?.content { return false }
        return true
    }

    func events(after sequence: Int64, limit: Int) async throws(Interruption) -> [StoredEvent] {
        try await asked { () async throws(StoreError) in
            try await store.events(after: sequence, limit: limit)
        }
    }

    private func asked<Value: Sendable>(
        _ question: () async throws(StoreError) -> Value
    ) async throws(Interruption) -> Value {
        do {
            return try await question()
        } catch {
            throw .store(error)
        }
    }
}
