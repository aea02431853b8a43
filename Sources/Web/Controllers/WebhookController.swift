import Billing
import HTTPTypes
import Hummingbird
import Logging
import Storage
import Webhooks

/// `POST /v1/stripe-webhook`: verifies, then parses, then records; the answer is 200 only once the event is
/// durable.
struct WebhookController: Sendable {
    let log: any EventLog
    let instruments: WebInstruments
    let maxBodyBytes: Int

    func addRoutes(to routes: Routes) {
        routes.post("/v1/stripe-webhook", cost: .free, use: receive)
    }

    @Sendable
    private func receive(_ request: Request, _ context: AppContext) async throws -> Response {
        let began = ContinuousClock.now
        let outcome: RecordOutcome
        do {
            outcome = try await accept(request, context)
        } catch let error as APIError {
            instruments.failedDelivery(error == .noRoom ? .bodiesInFlight : .refused)
            throw error
        }
        instruments.delivered(outcome, in: began.duration(to: .now))
        return JSONBody.response(Receipt(outcome: outcome.rawValue))
    }

    private func accept(_ request: Request, _ context: AppContext) async throws -> RecordOutcome {
        let setting = "WEBHOOK_MAX_BODY_BYTES"
        try request.refuseLength(over: maxBodyBytes, setting: setting)
        let signature = request.headers[values: .stripeSignature].joined(separator: ",")
        do throws(SignatureError) {
            let header = try SignatureHeader(parsing: signature)
            guard !header.candidates.isEmpty else { throw .noMatchingSignature }
        } catch {
            // Checked before the body is read: a body that cannot be genuine is not worth the memory.
            throw refusal(error, context, headers: request.isSmall ? [:] : [.connection: "close"])
        }
        let body = try await request.bytes(upTo: maxBodyBytes, context.bodies, setting: setting)
        let verified: VerifiedPayload
        do throws(SignatureError) {
            verified = try context.secrets.verify(body, header: signature, now: context.now)
        } catch {
            throw refusal(error, context)
        }
        let event: Event
        do {
            event = try verified.event()
        } catch {
            context.logger.warning("delivery refused", metadata: ["code": "payload_invalid"])
            throw APIError(.badRequest, .invalidRequest, code: "payload_invalid", error.reason)
        }
        let delivered = DeliveredEvent(
            event: event,
            payload: verified.bytes,
            receivedAt: context.now,
            source: .webhook
        )
        let outcome: RecordOutcome
        do {
            outcome = try await log.record(delivered)
        } catch {
            instruments.failedDelivery(.notStored)
            throw error
        }
        context.logger.info(
            "\(outcome.rawValue)",
            metadata: ["event": "\(event.id)", "type": "\(event.type)"].merging(
                event.quarantineMetadata,
                uniquingKeysWith: { first, _ in first }
            )
        )
        return outcome
    }

    private func refusal(
        _ error: SignatureError,
        _ context: AppContext,
        headers: HTTPFields = [:]
    ) -> APIError {
        context.logger.warning("delivery refused", metadata: ["code": "\(error.code)"])
        return APIError(
            .badRequest,
            .invalidRequest,
            code: error.code,
            "\(error)".asSentence,
            headers: headers
        )
    }

    private struct Receipt: Encodable {
        let received = true
        let outcome: String
    }
}

extension Event {
    fileprivate var quarantineMetadata: Logger.Metadata {
        guard case .unreadable(let reason, _) = content else { return [:] }
        return ["reason": "\(reason)"]
    }
}

extension String {
    /// Turns `no signature …` into `No signature ….`.
    fileprivate var asSentence: String { prefix(1).uppercased() + dropFirst() + "." }
}
