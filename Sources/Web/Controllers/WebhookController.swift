import Billing
import HTTPTypes
import HummingbirdCore
import JSON
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import Storage
import Traces
import Webhooks

/// `POST /v1/stripe-webhook`: verifies, then parses, then records; the answer is 200 only once the event is
/// durable.
///
/// ``DeliveryHandler`` calls it on the event loop, so no function of it waits.
package struct WebhookController: Sendable {
    package static let path = "/v1/stripe-webhook"

    let log: any EventLog
    let secrets: SecretStore
    let bodies: BodyBudget
    let maxBodyBytes: Int
    let clock: @Sendable () -> Instant
    let instruments: WebInstruments
    let logger: Logger
    private let date = CurrentDate()

    init(
        log: any EventLog,
        secrets: SecretStore,
        bodies: BodyBudget,
        maxBodyBytes: Int,
        clock: @escaping @Sendable () -> Instant,
        instruments: WebInstruments,
        logger: Logger
    ) {
        self.log = log
        self.secrets = secrets
        self.bodies = bodies
        self.maxBodyBytes = maxBodyBytes
        self.clock = clock
        self.instruments = instruments
        self.logger = logger
    }

    /// Whether a request is a delivery: a `POST` to a target that the router would take for ``path``.
    func takes(_ head: HTTPRequestHead) -> Bool {
        guard head.method == .POST else { return false }
        if head.uri == Self.path || head.uri.hasPrefix(Self.path + "?") { return true }
        // The absolute form, and slashes too many. These are the steps of Hummingbird.
        guard let request = try? HTTPRequest(head, secure: false, splitCookie: false) else { return false }
        let path = URI(request.path ?? "").path
        return path.split(separator: "/") == Self.path.split(separator: "/")
    }

    // MARK: The request

    /// Reads the header of a delivery, before its body: a body that cannot be genuine is not worth the memory.
    func begin(_ head: HTTPRequestHead, from peer: SocketAddress?) -> Delivery {
        let headers = head.headers
        let address = NetworkAddress(of: peer, forwardedFor: headers[values: .forwardedFor].last)
        let length = headers[values: .contentLength]
        let trace = TraceContext.continuing(headers[values: .traceParent], headers[values: .traceState])
        var delivery = Delivery(
            receivedAt: clock(),
            scope: TraceScope(trace, requestID: RequestID.make()),
            secrets: secrets.active,
            announcedLength: length.isEmpty ? nil : length.joined(separator: ", "),
            body: ArrivingBody(
                limit: maxBodyBytes,
                setting: "WEBHOOK_MAX_BODY_BYTES",
                BodyShare(budget: bodies, address: address)
            )
        )
        do throws(APIError) {
            try delivery.body.refuse(length: delivery.announcedLength)
            delivery.signature = try signature(headers[values: .stripeSignature], delivery)
        } catch {
            delivery.refusal = error
        }
        return delivery
    }

    private func signature(_ lines: [String], _ delivery: Delivery) throws(APIError) -> SignatureHeader {
        do throws(SignatureError) {
            let header = try SignatureHeader(parsing: lines.joined(separator: ","))
            guard !header.candidates.isEmpty else { throw .noMatchingSignature }
            return header
        } catch {
            // The connection stays open for a body up to 64 KiB, which is read and ignored after the answer.
            let length = delivery.announcedLength.flatMap { Int($0) }
            let isSmall = length.map { $0 <= 64 << 10 } ?? false
            throw Self.refusal(error, headers: isSmall ? [:] : [.connection: "close"])
        }
    }

    /// Verifies and parses the body of a delivery.
    func event(of delivery: Delivery) throws(APIError) -> IncomingEvent {
        guard let signature = delivery.signature else { throw Self.refusal(.missingHeader) }
        let verified: VerifiedPayload
        do throws(SignatureError) {
            let body = delivery.body.bytes
            verified = try delivery.secrets.verify(body, signature, now: delivery.receivedAt)
        } catch {
            throw Self.refusal(error)
        }
        let event: Event
        do throws(PayloadError) {
            event = try verified.event()
        } catch {
            throw APIError(.badRequest, "payload_invalid", error.reason)
        }
        return IncomingEvent(
            event,
            payload: verified.bytes,
            receivedAt: delivery.receivedAt,
            source: .webhook
        )
    }

    private static func refusal(_ error: SignatureError, headers: HTTPFields = [:]) -> APIError {
        APIError(.badRequest, error.code, "\(error)".asSentence, headers: headers)
    }

    // MARK: The answer

    /// Counts and logs the result of a delivery, and makes the answer.
    func answer(to delivery: Delivery, _ result: DeliveryResult) -> DeliveryAnswer {
        let duration = delivery.began.duration(to: .now)
        var answer: DeliveryAnswer
        switch result {
        case .recorded(.success(let outcome)):
            instruments.delivered(outcome, in: duration)
            answer = DeliveryAnswer.acknowledgement(of: outcome)
        case .recorded(.failure):
            instruments.failedDelivery(.notStored)
            answer = DeliveryAnswer(.storeUnavailable, requestID: delivery.requestID)
        case .refused(let error):
            instruments.failedDelivery(error == .noRoom ? .bodiesInFlight : .refused)
            answer = DeliveryAnswer(error, requestID: delivery.requestID)
        }
        answer.addFields(requestID: delivery.requestID, date: date.text)
        let status = Int(answer.head.status.code)
        instruments.answered("POST", route: Self.path, status: status)
        log(delivery, result, status, duration)
        return answer
    }

    private func log(_ delivery: Delivery, _ result: DeliveryResult, _ status: Int, _ duration: Duration) {
        let level: Logger.Level = status >= 500 ? .error : status >= 400 ? .warning : .info
        guard logger.logLevel <= level else { return }
        var metadata = delivery.scope.metadata
        metadata["status"] = "\(status)"
        metadata["milliseconds"] = "\(duration / .milliseconds(1))"
        if let event = delivery.event {
            metadata["event"] = "\(event.event.id)"
            metadata["type"] = "\(event.event.type)"
            if let object = event.objectID { metadata["object"] = "\(object)" }
            if let reason = event.reason { metadata["reason"] = "\(reason)" }
        }
        let message: String
        switch result {
        case .recorded(.success(let outcome)):
            message = outcome.rawValue
        case .recorded(.failure(let error)):
            message = APIError.storeUnavailable.code
            metadata["error"] = "\(error)"
        case .refused(.noRoom):
            message = APIError.noRoom.code
            metadata.merge(delivery.body.share.metadata(announced: delivery.announcedLength)) { $1 }
        case .refused(let error):
            message = "delivery refused"
            metadata["code"] = "\(error.code)"
        }
        logger.log(level: level, "\(message)", metadata: metadata)
    }
}

extension DeliveryAnswer {
    /// The answer to a delivery whose event is durable.
    fileprivate static func acknowledgement(of outcome: RecordOutcome) -> DeliveryAnswer {
        switch outcome {
        case .recorded: recorded
        case .duplicate: duplicate
        case .quarantined: quarantined
        }
    }

    private static let recorded = DeliveryAnswer(.recorded)
    private static let duplicate = DeliveryAnswer(.duplicate)
    private static let quarantined = DeliveryAnswer(.quarantined)

    private init(_ outcome: RecordOutcome) {
        let json = JSONWriter.object { json in
            json.member("outcome", outcome.rawValue)
            json.member("received", true)
        }
        self.init(.ok, JSONBody.fields, ByteBuffer(bytes: json))
    }
}

extension String {
    /// Turns `no signature …` into `No signature ….`.
    fileprivate var asSentence: String { prefix(1).uppercased() + dropFirst() + "." }
}

extension HTTPHeaders {
    /// The values of a field, one for each line.
    ///
    /// `canonicalForm` would split a signature at its commas.
    /// The values without the white space around them, which NIO's parser leaves behind a value
    /// (RFC 9112, section 5.1).
    fileprivate subscript(values name: HTTPField.Name) -> [String] {
        self[name.rawName].map { value in
            func isSpace(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
            guard isSpace(value.utf8.first) || isSpace(value.utf8.last) else { return value }
            let text = value.utf8.drop { isSpace($0) }
            let end = text.lastIndex { !isSpace($0) }.map { text.index(after: $0) } ?? text.startIndex
            return String(decoding: text[..<end], as: UTF8.self)
        }
    }
}
