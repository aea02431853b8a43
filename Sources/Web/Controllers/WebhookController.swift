import Billing
import HTTPTypes
import Hummingbird
import JSON
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
        } catch let error as StoreError {
            instruments.failedDelivery(.notStored)
            throw error
        }
        instruments.delivered(outcome, in: began.duration(to: .now))
        return JSONBody.response { json in
            json.member("outcome", outcome.rawValue)
            json.member("received", true)
        }
    }

    private func accept(_ request: Request, _ context: AppContext) async throws -> RecordOutcome {
        let setting = "WEBHOOK_MAX_BODY_BYTES"
        try request.refuseLength(over: maxBodyBytes, setting: setting)
        let header = try signature(of: request, context)
        let body = try await request.bytes(upTo: maxBodyBytes, context.bodies, setting: setting)
        let event = try event(in: body, signedBy: header, context)
        let outcome = try await log.record(event)
        var metadata: Logger.Metadata = ["event": "\(event.event.id)", "type": "\(event.event.type)"]
        if let object = event.objectID { metadata["object"] = "\(object)" }
        if let reason = event.reason { metadata["reason"] = "\(reason)" }
        context.logger.info("\(outcome.rawValue)", metadata: metadata)
        return outcome
    }

    /// The header, before the body is read: a body that cannot be genuine is not worth the memory.
    private func signature(of request: Request, _ context: AppContext) throws -> SignatureHeader {
        let text = request.headers[values: .stripeSignature].joined(separator: ",")
        do throws(SignatureError) {
            let header = try SignatureHeader(parsing: text)
            guard !header.candidates.isEmpty else { throw .noMatchingSignature }
            return header
        } catch {
            let headers: HTTPFields = request.isSmall ? [:] : [.connection: "close"]
            throw refusal(error.code, "\(error)".asSentence, context, headers: headers)
        }
    }

    private func event(
        in body: [UInt8],
        signedBy header: SignatureHeader,
        _ context: AppContext
    ) throws -> IncomingEvent {
        do {
            let verified = try context.secrets.verify(body, header, now: context.now)
            return IncomingEvent(
                try verified.event(),
                payload: verified.bytes,
                receivedAt: context.now,
                source: .webhook
            )
        } catch let error as SignatureError {
            throw refusal(error.code, "\(error)".asSentence, context)
        } catch let error as PayloadError {
            throw refusal("payload_invalid", error.reason, context)
        }
    }

    private func refusal(
        _ code: String,
        _ message: String,
        _ context: AppContext,
        headers: HTTPFields = [:]
    ) -> APIError {
        context.logger.warning("delivery refused", metadata: ["code": "\(code)"])
        return APIError(.badRequest, code, message, headers: headers)
    }
}

extension String {
    /// Turns `no signature …` into `No signature ….`.
    fileprivate var asSentence: String { prefix(1).uppercased() + dropFirst() + "." }
}
