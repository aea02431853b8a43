import Billing
import Hummingbird
import Logging
import Storage
import Webhooks

/// `POST /v1/stripe-webhook`: verify, then parse, then record; 200 only when the event is durable.
struct WebhookController: Sendable {
    let log: any EventLog
    let instruments: WebInstruments
    let maxBodyBytes: Int

    func addRoutes(to routes: inout Routes) {
        routes.post("/v1/stripe-webhook", use: receive)
    }

    @Sendable
    private func receive(_ request: Request, _ context: AppContext) async throws -> Response {
        let began = ContinuousClock.now
        let outcome: RecordOutcome
        do {
            let body = try await request.bytes(upTo: maxBodyBytes, setting: "WEBHOOK_MAX_BODY_BYTES")
            let signature = request.headers[values: .stripeSignature]
            outcome = try await accept(
                body,
                signature: signature.isEmpty ? nil : signature.joined(separator: ","),
                context: context
            )
        } catch let error as APIError {
            instruments.refusedDelivery()
            throw error
        }
        instruments.delivered(outcome, in: began.duration(to: .now))
        return JSONBody.response(Receipt(outcome: outcome.rawValue))
    }

    private func accept(
        _ body: [UInt8],
        signature: String?,
        context: AppContext
    ) async throws -> RecordOutcome {
        let verified: VerifiedPayload
        do {
            verified = try context.secrets.verify(body, header: signature, now: context.now)
        } catch {
            context.logger.warning("delivery refused", metadata: ["code": "\(error.code)"])
            throw APIError(.badRequest, .invalidRequest, code: error.code, "\(error)".asSentence)
        }
        let event: Event
        do {
            event = try EventParser.parse(verified)
        } catch {
            context.logger.warning("delivery refused", metadata: ["code": "payload_invalid"])
            throw APIError(.badRequest, .invalidRequest, code: "payload_invalid", error.reason)
        }
        let outcome = try await log.record(
            DeliveredEvent(event: event, payload: verified.bytes, receivedAt: context.now, source: .webhook)
        )
        context.logger.info(
            "\(outcome.rawValue)",
            metadata: ["event": "\(event.id)", "type": "\(event.type)"].merging(
                event.quarantineMetadata,
                uniquingKeysWith: { first, _ in first }
            )
        )
        return outcome
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
