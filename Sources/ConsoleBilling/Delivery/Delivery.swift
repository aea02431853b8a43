import Billing
import Foundation
import HTTPClient
import JSON
import StripeAPI
import Webhooks

/// One post of one event, and its result.
struct Delivery: Sendable {
    enum Result: Sendable, Equatable {
        /// - Parameters:
        ///   - remark: The outcome or error code in the response.
        ///   - retryAfter: The `Retry-After` header, unparsed.
        case answered(status: Int, remark: String?, retryAfter: String?)
        case unanswered(TransportError)
    }

    let eventID: String
    let eventType: String
    let result: Result
    let duration: Duration

    var status: Int? {
        guard case .answered(let status, _, _) = result else { return nil }
        return status
    }

    var isAccepted: Bool { status.map { 200...299 ~= $0 } ?? false }
}

/// Signs events and posts them, as Stripe does.
struct EventSender: Sendable {
    let transport: any HTTPTransport
    let target: ServerAddress
    let signer: PayloadSigner
    var clock: @Sendable () -> Instant = { .now }

    func deliver(_ event: EventBody) async -> Delivery {
        let request = TransportRequest(
            .post(event.bytes),
            url: target.description,
            headers: [
                TransportHeader("Accept", "*/*; q=0.5, application/xml"),
                TransportHeader("Cache-Control", "no-cache"),
                TransportHeader("Content-Type", "application/json; charset=utf-8"),
                TransportHeader("Stripe-Signature", signer.header(for: event.bytes, at: clock())),
            ],
            // The timeout of the Stripe CLI; Stripe does not publish its own.
            limits: TransportLimits(totalTimeout: .seconds(30), maxBodyBytes: 1 << 20)
        )
        let start = ContinuousClock.now
        let result: Delivery.Result
        do {
            let response = try await transport.send(request)
            result = .answered(
                status: response.status,
                remark: Self.remark(in: response.body),
                retryAfter: response.headers["Retry-After"]
            )
        } catch {
            result = .unanswered(error)
        }
        return Delivery(
            eventID: event.id,
            eventType: event.type,
            result: result,
            duration: start.duration(to: .now)
        )
    }

    private static func remark(in body: [UInt8]) -> String? {
        let remark = try? JSONValue.read(body) { $0.string("outcome") ?? $0["error"]?.string("code") }
        return remark.map { printable(String($0.prefix(80))) }
    }
}

extension EventSender {
    /// Sends the events of a plan; with a concurrency of 1, each after the response to the previous one.
    func deliver(
        _ plan: SendPlan,
        willSend: @escaping @Sendable (EventBody) -> Void = { _ in },
        didFinish: @escaping @Sendable (Delivery) -> Void = { _ in }
    ) async -> DeliveryReport {
        let start = ContinuousClock.now
        var report = DeliveryReport()
        await withTaskGroup(of: Delivery.self) { group in
            for (place, index) in plan.order.enumerated() {
                if place >= plan.concurrency, let delivery = await group.next() { report.add(delivery) }
                let event = plan.events[index]
                let due = plan.rate.map { start + .seconds(Double(place) / $0) }
                group.addTask {
                    if let due { try? await Task.sleep(until: due, clock: .continuous) }
                    willSend(event)
                    let delivery = await deliver(event)
                    didFinish(delivery)
                    return delivery
                }
            }
            for await delivery in group { report.add(delivery) }
        }
        report.elapsed = start.duration(to: .now)
        return report
    }
}
