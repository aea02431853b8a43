import Billing
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Storage
import Webhooks

/// `POST /v1/stripe-webhook`: verify, then parse, then record; 200 only when the event is durable.
struct WebhookController: Sendable {
    let verifier: SignatureVerifier
    let log: any EventLog
    let maxBodyBytes: Int

    func addRoutes(to routes: inout Routes) {
        routes.post("/v1/stripe-webhook", use: receive)
    }

    @Sendable
    private func receive(_ request: Request, _ context: AppContext) async throws -> Response {
        let body = try await body(of: request)
        let signature = request.headers[values: .stripeSignature]
        let outcome = try await accept(
            body,
            signature: signature.isEmpty ? nil : signature.joined(separator: ","),
            context: context
        )
        return JSONBody.response(Receipt(outcome: outcome.rawValue))
    }

    private func accept(
        _ body: [UInt8],
        signature: String?,
        context: AppContext
    ) async throws -> RecordOutcome {
        let verified: VerifiedPayload
        do {
            verified = try verifier.verify(body, header: signature, now: context.now)
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

    /// The raw bytes, whatever the content type says.
    private func body(of request: Request) async throws -> [UInt8] {
        let tooLarge = APIError(
            .contentTooLarge,
            .invalidRequest,
            code: "body_too_large",
            "The body is over the limit of \(maxBodyBytes) bytes (WEBHOOK_MAX_BODY_BYTES).",
            headers: [.connection: "close"]
        )
        // A length that is no Int is one beyond 2^63: the parser lets nothing else through.
        if let length = request.headers[.contentLength], Int(length).map({ $0 > maxBodyBytes }) ?? true {
            throw tooLarge
        }
        do {
            let buffer = try await request.body.collect(upTo: maxBodyBytes)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch is HTTPParserError {
            throw APIError.malformed
        }
    }

    private struct Receipt: Encodable {
        let received = true
        let outcome: String
    }
}

extension Event {
    fileprivate var quarantineMetadata: Logger.Metadata {
        guard case .unreadable(let reason) = content else { return [:] }
        return ["reason": "\(reason)"]
    }
}

extension String {
    /// Turns `no signature …` into `No signature ….`.
    fileprivate var asSentence: String { prefix(1).uppercased() + dropFirst() + "." }
}
